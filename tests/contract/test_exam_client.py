"""The reference exam page as files: types, a strict policy, no way out of its folder."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from adapters.http.exam_client import client_files
from adapters.settings import Login
from tests.contract.papers import paper
from tests.contract.server import Server, lay_out

FOLDER = Path(__file__).parents[2] / "examples" / "exam-client"


@pytest.fixture(scope="module")
def with_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("page") / "data"
    lay_out(data, [paper("algebra")], {"algebra": True})
    with Server(data, login="open", exam_page="true") as started:
        yield started


def test_the_page_is_there_only_where_it_is_asked_for(server: Server):
    for path in ("/demo", "/demo/", "/demo/main.js"):
        assert httpx.get(server.base + path).status_code == 404


def test_every_file_has_its_type_and_a_policy(with_page: Server):
    types = {
        ".html": "text/html; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".svg": "image/svg+xml",
    }
    names = [path.name for path in FOLDER.iterdir() if path.suffix in types]
    assert len(names) > 8
    for name in names:
        answer = httpx.get(f"{with_page.base}/demo/{name}")
        assert answer.headers["content-type"] == types[Path(name).suffix]
        assert answer.headers["x-content-type-options"] == "nosniff"
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in policy
        if name != "settings.json":
            assert answer.content == (FOLDER / name).read_bytes()
    assert httpx.get(f"{with_page.base}/demo/settings.json").json() == {"login": "open"}


def test_the_folder_and_its_page_have_one_address(with_page: Server):
    moved = httpx.get(f"{with_page.base}/demo")
    assert (moved.status_code, moved.headers["location"]) == (308, "/demo/")
    page = httpx.get(f"{with_page.base}/demo/")
    assert page.content == (FOLDER / "index.html").read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "/demo/README.md",
        "/demo/../markbook.sqlite3",
        "/demo/..%2f..%2fpyproject.toml",
        "/demo/%2e%2e/%2e%2e/pyproject.toml",
        "/demo//etc/passwd",
        "/demo/..\\..\\pyproject.toml",
        "/demo/main.js%00.css",
        "/demo/" + "a" * 5000,
    ],
)
def test_no_address_leads_out_of_the_folder(with_page: Server, path: str):
    with socket.create_connection(("127.0.0.1", with_page.port)) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert answer.split(b" ")[1] in {b"404", b"400"}


def test_the_files_need_nothing_from_elsewhere():
    for name, body in client_files(Login.OPEN).items():
        text = body.decode()
        found = set(re.findall(r"https?://[^\s\"')]+", text)) - {"http://www.w3.org/2000/svg"}
        assert not found, name
        assert "innerHTML" not in text
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=\"|style=\"", text), name


def test_what_a_module_imports_is_there():
    for path in FOLDER.glob("*.js"):
        for name in re.findall(r'from "\./([\w.]+)"', path.read_text(encoding="utf-8")):
            assert (FOLDER / name).is_file(), (path.name, name)
