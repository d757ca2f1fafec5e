"""The demo: it says where to look, and there is an exam page there."""

import re
import socket
import subprocess
import sys

import httpx

from tests.contract.student import eventually


def test_the_demo_names_the_exam_page_and_serves_it(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "app", "demo", "--port", str(port), "--data", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        eventually(lambda: _answers(port), seconds=30)
    finally:
        process.terminate()
        said, _ = process.communicate(timeout=20)
    found = re.findall(rf"http://127\.0\.0\.1:{port}(/demo/|/api/docs)", said)
    assert found == ["/demo/", "/api/docs"]


def _answers(port: int) -> bool:
    try:
        pages = [httpx.get(f"http://127.0.0.1:{port}{path}") for path in ("/demo/", "/api/docs")]
    except httpx.TransportError:
        return False
    assert [page.headers["content-type"] for page in pages] == ["text/html; charset=utf-8"] * 2
    return True
