"""docs/bank.md is true: its blocks run, one after another, against a real server."""

import json
import os
import re
import subprocess
from pathlib import Path

from tests.contract.caller import BANK, Caller
from tests.contract.server import Server

PAGE = (Path(__file__).parents[1] / "docs" / "bank.md").read_text(encoding="utf-8")


def test_the_walk_leads_from_a_draft_to_a_published_problem(tmp_path: Path):
    blocks = re.findall(r"<!-- walk -->\n```sh\n(.*?)```", PAGE, re.DOTALL)
    with Server(tmp_path / "data") as server:
        roles = ("author", "moderator", "publisher", "keys", "learner", "checker")
        caller = Caller(server, *roles, subject="ada")
        token = caller.headers["authorization"].split()[1]
        ran = subprocess.run(
            ["bash", "-c", "set -eu\n" + "\n".join(f"{block}\necho" for block in blocks)],
            cwd=tmp_path,
            env={**os.environ, "BANK": server.base + BANK, "TOKEN": token},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        caller.close()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    answers = [json.loads(f"{{{part}") for part in re.split(r"\n?{(?=\"data\")", ran.stdout)[1:]]
    failures = [answer["error"]["code"] for answer in answers if "error" in answer]
    assert failures == ["VERSION_IMMUTABLE", "ANSWER_SCHEMA_MISMATCH"]
    told = [one["data"] for one in answers if "isCorrect" in str(one)]
    assert [one["isCorrect"] for one in told] == [True, False, True]
    assert "45 m/s" in told[1]["text"]
    [evidence] = [one["data"] for one in answers if "signal" in str(one)]
    assert [(one["signal"], one["score"]) for one in evidence] == [("solved", 2)]
    [listed] = answers[-1]["data"]
    assert (listed["status"], listed["subjectKey"]) == ("published", "physics")
    assert answers[-1]["meta"]["total"] == 1
