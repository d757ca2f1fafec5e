"""Real servers, shared by all tests of a worker; every test has users of its own."""

import itertools
import json
from collections.abc import Callable, Iterator

import pytest

from tests.contract.caller import Caller
from tests.contract.papers import marked_paper, paper
from tests.contract.server import Server, lay_out
from tests.contract.student import Student

ORIGIN = "https://exams.example.org"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Everything as it is by default, but anybody may sign in."""
    data = tmp_path_factory.mktemp("open") / "data"
    exams = [paper(name) for name in ("algebra", "geometry", "draft", "forgotten", "empty")]
    exams[-1]["sections"] = []
    published = {"algebra": True, "geometry": True, "draft": False, "marked": True, "empty": True}
    lay_out(data, [*exams, marked_paper("marked")], {**published, "no-file": True, "broken": True})
    (data / "input" / "broken.json").write_text("{", encoding="utf-8")
    with Server(data, login="open") as started:
        yield started


@pytest.fixture(scope="session")
def lenient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """What a configuration may allow, allowed."""
    data = tmp_path_factory.mktemp("lenient") / "data"
    lay_out(data, [paper("algebra")], {"algebra": True})
    with Server(
        data,
        login="open",
        retake_policy="allow",
        max_active_attempts="3",
        exam_delivery="verbatim",
    ) as started:
        yield started


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose exams tests import, publish and break."""
    data = tmp_path_factory.mktemp("office") / "data"
    shown = paper("shown", metadata={"version": "1", "showAnswersAfterFinish": True})
    lay_out(data, [paper("algebra"), shown], {"algebra": True, "shown": True})
    with Server(data, login="open", cors_origins=f"{ORIGIN},http://localhost:4200") as started:
        yield started


@pytest.fixture
def at_office(office: Server) -> Iterator[Callable[..., Student]]:
    """Makes people at the office's server, signed in."""
    made: list[Student] = []

    def make(*roles: str) -> Student:
        person = Student(office.base)
        made.append(person)
        return person.sign_in(f"office-{next(_numbers)}", *roles)

    yield make
    for person in made:
        person.close()


@pytest.fixture(scope="session")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Sign-in by password, the default."""
    data = tmp_path_factory.mktemp("closed") / "data"
    lay_out(data, [paper("algebra")], {"algebra": True})
    with Server(data) as started:
        started.add_user("Ada", "correct horse")
        started.add_user("Grace", "battery staple", staff=True)
        yield started


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose callers show bearer tokens; nothing is in it but what tests make."""
    with Server(tmp_path_factory.mktemp("bank") / "data") as started:
        yield started


@pytest.fixture
def as_(bank: Server) -> Iterator[Callable[..., Caller]]:
    """Makes callers of the bank: `as_("author", "keys", subject="ann")`."""
    made: list[Caller] = []

    def make(*roles: str, **more: str) -> Caller:
        caller = Caller(bank, *roles, **({"subject": f"caller-{next(_numbers)}"} | more))
        made.append(caller)
        return caller

    yield make
    for caller in made:
        caller.close()


@pytest.fixture
def newcomer(server: Server) -> Iterator[Callable[..., Student]]:
    """Makes students who have done nothing yet, signed in."""
    made: list[Student] = []

    def make(*roles: str) -> Student:
        student = Student(server.base)
        made.append(student)
        return student.sign_in(f"student-{next(_numbers)}", *roles)

    yield make
    for student in made:
        student.close()


@pytest.fixture
def student(newcomer: Callable[..., Student]) -> Student:
    return newcomer()


@pytest.fixture
def staff(newcomer: Callable[..., Student]) -> Student:
    return newcomer("staff")


@pytest.fixture
def free_student(lenient: Server) -> Iterator[Student]:
    """A student of the lenient server."""
    with Student(lenient.base) as student:
        student.sign_in(f"free-{next(_numbers)}")
        yield student


@pytest.fixture
def bundle_of(server: Server) -> Callable[[str], dict[str, object]]:
    """Reads the bundle at an output path."""

    def read(output_path: str) -> dict[str, object]:
        body: dict[str, object] = json.loads((server.data / output_path).read_bytes())
        return body

    return read
