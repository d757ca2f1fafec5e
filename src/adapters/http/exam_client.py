"""The reference exam client at `/demo`: the files of `examples/exam-client` and no others.

They are read once, at the start, and found by their name in a table, so no address leads anywhere
else. A wheel carries them as package data beside the example exams.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from litestar import Request, Router, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from adapters.http.pages import Page
from adapters.settings import Login

_PATH: Final = "/demo"
_PACKAGED: Final = Path(__file__).parents[1] / "demo" / "exam-client"
_CHECKED_OUT: Final = Path(__file__).parents[3] / "examples" / "exam-client"
_TYPES: Final[Mapping[str, bytes]] = {
    ".html": b"text/html; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".json": b"application/json",
    ".svg": b"image/svg+xml",
}
# Its own scripts and styles, its own server, and nothing else; no text ever becomes markup.
_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    b"require-trusted-types-for 'script'; trusted-types 'none'"
)
_FRESH: Final = ((b"cache-control", b"no-cache"),)


def client_files(login: Login) -> Mapping[str, bytes]:
    """The client's files by name; `settings.json` tells it how people sign in here."""
    folder = _PACKAGED if _PACKAGED.is_dir() else _CHECKED_OUT
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    files = {path.name: path.read_bytes() for path in found if path.suffix in _TYPES}
    return {**files, "settings.json": msgspec.json.encode({"login": login})}


def client_router(login: Login) -> Router:
    """The page and what it loads."""
    pages = {
        name: Page(body, _TYPES[Path(name).suffix], policy=_POLICY, headers=_FRESH)
        for name, body in client_files(login).items()
    }
    # Everything in the page is relative to the folder, so its address must end in a slash.
    folder = Page(
        b"",
        _TYPES[".html"],
        policy=_POLICY,
        status=308,
        headers=[(b"location", f"{_PATH}/".encode())],
    )

    @get(["/", "/{name:str}"], include_in_schema=False)
    async def client(
        request: Request[None, None, State], name: FromPath[str] = "index.html"
    ) -> Page:
        if request.scope["raw_path"] == _PATH.encode():
            return folder
        if name not in pages:
            raise NotFoundException
        return pages[name]

    return Router(path=_PATH, route_handlers=[client])
