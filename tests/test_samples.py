"""The sample exams, where they are: imported, taken, submitted; the bundle holds the input."""

import json
from pathlib import Path

import pytest

from tests.contract.server import Server, lay_out
from tests.contract.student import Student, answer

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "exams"


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not here")
def test_E32_every_published_sample_is_taken_and_its_bundle_equals_the_input(tmp_path):
    manifest = json.loads((SAMPLES / "manifest.json").read_bytes())
    published = {entry["examId"]: entry["published"] for entry in manifest["exams"]}
    exams = [json.loads((SAMPLES / f"{exam_id}.json").read_bytes()) for exam_id in published]
    lay_out(tmp_path / "data", exams, published)
    with Server(tmp_path / "data", login="open") as server, Student(server.base) as student:
        student.sign_in("sam")
        listed = [entry["examId"] for entry in student.get("/api/exams").json()]
        assert sorted(listed) == sorted(one for one, flag in published.items() if flag)
        for exam in exams:
            if not published[exam["examId"]]:
                assert student.start(exam["examId"]).status_code == 423
                continue
            attempt_id = student.started(exam["examId"])
            questions = [q for section in exam["sections"] for q in section["questions"]]
            saved = student.save(
                attempt_id, *(answer(q["id"], q.get("answer", "text")) for q in questions)
            )
            assert saved.status_code == 200
            done = student.submit(attempt_id).json()
            bundle = json.loads((server.data / done["outputPath"]).read_bytes())
            assert bundle == {"exam": exam, "attempt": done["attempt"]}
        finished = student.progress()["exams"]
        assert {entry["percent"] for entry in finished} == {100.0}
