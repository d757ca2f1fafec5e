"""The data folder as an operator sees it: repaired at start, kept by one process at a time."""

import json
from pathlib import Path

import pytest

from tests.contract.papers import paper
from tests.contract.server import Server, lay_out, publish, put_exam
from tests.contract.student import Student, answer, eventually

pytestmark = pytest.mark.ci  # every test starts servers of its own


def sets(data: Path, user_id: str) -> dict[str, list[str]]:
    manifest = json.loads((data / "manifest.json").read_bytes())
    found: dict[str, list[str]] = manifest["users"].get(user_id, {})
    return found


def test_E36_E39_E42_a_start_makes_bundle_manifest_and_progress_agree_again(tmp_path: Path):
    data = tmp_path / "data"
    lay_out(data, [paper("algebra"), paper("geometry")], {"algebra": True, "geometry": True})
    with Server(data, login="open") as server, Student(server.base) as student:
        student.sign_in("ann")
        attempt_id = student.started("algebra")
        student.save(attempt_id, answer("q1", "A"))
        path = data / student.submit(attempt_id).json()["outputPath"]
        student.started("geometry")
        wanted = {"active": ["geometry"], "finished": ["algebra"]}
        eventually(lambda: sets(data, "ann") == wanted)
    kept = {one: one.read_bytes() for one in (path, data / "progress/ann.json")}
    for one in kept:
        one.unlink()
    manifest = json.loads((data / "manifest.json").read_bytes())
    manifest["users"]["ann"] = {"active": [], "finished": [], "note": "left-handed"}
    manifest["exams"] = [{**entry, "published": False} for entry in manifest["exams"]]
    (data / "manifest.json").write_text(json.dumps(manifest))
    with Server(data, login="open") as server, Student(server.base) as student:
        student.sign_in("ann")
        assert student.get("/api/exams").json() == []  # what the operator said while it was down
        eventually(lambda: sets(data, "ann") == {**wanted, "note": "left-handed"})
        assert student.submit(attempt_id).status_code == 200
        assert path.read_bytes() == kept[path]
        assert student.progress()["finished"] == ["algebra"]


def test_E12_a_broken_attempt_file_stops_nothing_and_is_written_anew(tmp_path: Path):
    data = tmp_path / "data"
    lay_out(data, [paper("algebra")], {"algebra": True})
    with Server(data, login="open") as server, Student(server.base) as student:
        student.sign_in("ann")
        attempt_id = student.started("algebra")
        student.save(attempt_id, answer("q1", "A"))
        file = data / "attempts/ann/algebra" / f"{attempt_id}.json"
        eventually(file.exists)
    file.write_text('{"attemptId": ')
    (file.parent / "stranger.json").write_text("no JSON")
    with Server(data, login="open") as server, Student(server.base) as student:
        student.sign_in("ann")
        resumed = student.start("algebra")
        assert (resumed.status_code, resumed.json()["attemptId"]) == (200, attempt_id)
        student.save(attempt_id, answer("q2", ["A"]))
        body = student.attempt(attempt_id).json()
        eventually(lambda: file.read_bytes().startswith(b'{"attemptId":"'))
        eventually(lambda: json.loads(file.read_bytes()) == body)
        assert (file.parent / "stranger.json").read_text() == "no JSON"


def test_E50_another_process_keeps_the_files_when_the_keeper_is_killed(tmp_path: Path):
    data = tmp_path / "data"
    lay_out(data, [paper("algebra")], {"algebra": True})
    keeper = Server(data, login="open")
    with keeper, Server(data, login="open") as other, Student(other.base) as student:
        student.sign_in("ann")
        keeper.kill()
        put_exam(data, paper("late"))
        publish(data, {"late": True})
        eventually(lambda: student.get("/api/exams/late").status_code == 200, 12)
        attempt_id = student.started("late")
        file = data / "attempts/ann/late" / f"{attempt_id}.json"
        eventually(file.exists)
        eventually(lambda: sets(data, "ann") == {"active": ["late"], "finished": []})


def test_A16_an_import_in_one_process_is_seen_in_another(tmp_path: Path):
    data = tmp_path / "data"
    lay_out(data, [], {})
    with (
        Server(data, login="open") as one,
        Server(data, login="open") as other,
        Student(other.base) as staff,
        Student(one.base) as student,
    ):
        staff.sign_in("office", "staff")
        assert staff.post("/api/admin/exams", json=paper("late")).status_code == 201
        assert staff.post("/api/admin/exams/late/publish").status_code == 200
        student.sign_in("ann")
        eventually(lambda: student.get("/api/exams/late").status_code == 200, 2)
        assert [exam["examId"] for exam in student.get("/api/exams").json()] == ["late"]
        manifest = data / "manifest.json"
        entry = {"examId": "late", "published": True}
        eventually(lambda: json.loads(manifest.read_bytes())["exams"] == [entry])


def test_A16_without_file_views_an_exam_lives_in_the_log_alone(
    tmp_path: Path,
):
    data = tmp_path / "data"
    settings = {"login": "open", "file_views": "off", "show_answers_after_finish": "true"}
    with Server(data, **settings) as server, Student(server.base) as staff:
        staff.sign_in("office", "staff")
        assert staff.post("/api/admin/exams", json=paper("late")).status_code == 201
        [row] = staff.get("/api/admin/exams").json()
        assert (row["valid"], row["problems"], row["published"]) == (True, [], False)
        assert staff.post("/api/admin/exams/late/publish").status_code == 200
        attempt_id = staff.started("late")
        staff.submit(attempt_id)
        bundle = staff.get(f"/api/admin/attempts/{attempt_id}/output").json()
        assert bundle["exam"] == paper("late")
        with Student(server.base) as student:  # A14: the setting, where the exam says nothing
            student.sign_in("ann")
            own = student.started("late")
            student.submit(own)
            assert student.get(f"/api/attempts/{own}/output").json()["exam"] == paper("late")
    assert not (data / "input").exists()
