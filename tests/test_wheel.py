"""The installed package: a wheel carries what the program reads besides its own code."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.ci
def test_a_wheel_carries_what_the_demo_serves_and_the_exam_page(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=100)
    [wheel] = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    page = {f"adapters/demo/exam-client/{path.name}" for path in _files("examples/exam-client")}
    demo = {f"adapters/demo/{path.name}" for path in _files("src/adapters/demo")}
    assert len(page) > 8
    assert {"adapters/demo/problems.jsonl", "adapters/demo/bank-walk.sh"} < demo
    assert page | demo <= names
    served = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(served)
    found = subprocess.run(
        [sys.executable, "-c", _LIST], cwd=served, check=True, capture_output=True, text=True
    )
    assert "main.js" in found.stdout
    assert str(served) in found.stdout


_LIST = """
import sys
sys.path.insert(0, ".")
from adapters.http import exam_client
print(exam_client.__file__, *exam_client.client_files(exam_client.Login.OPEN))
"""


def _files(folder: str) -> list[Path]:
    return [path for path in (ROOT / folder).iterdir() if path.is_file()]
