"""Every example of the OpenAPI document is sent to a server; its answers fit what it declares."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from adapters.http.facades import FacadeName
from tests.contract.json_schema import misfits
from tests.contract.operations import Operation, api_of, operations
from tests.contract.papers import paper
from tests.contract.server import Server, lay_out
from tests.contract.student import Student

FINISHED = {"GetBundle", "GetWrittenBundle", "GetResult"}  # what there is only after the end


OPERATIONS = [
    operation
    for operation in operations(FacadeName.EXAMS)
    if operation.name != "ExchangeToken"  # takes a bearer: test_bearers.py
]


@pytest.fixture(scope="module")
def timed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Anybody may sign in, and attempts have a deadline that can be extended."""
    data = tmp_path_factory.mktemp("timed") / "data"
    lay_out(data, [paper("algebra"), paper("geometry")], {"algebra": True, "geometry": True})
    with Server(data, login="open", deadline="enforce") as started:
        yield started


@pytest.fixture(scope="module")
def staff(timed: Server) -> Iterator[Student]:
    with Student(timed.base) as teacher:
        teacher.sign_in("teacher", "staff")
        assert teacher.post("/api/admin/exams/algebra/release-results", json={}).is_success
        yield teacher


@pytest.fixture
def with_passwords(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path / "data") as started:
        yield started


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_examples_are_accepted_and_answers_are_as_declared(
    operation: Operation, timed: Server, staff: Student
):
    bodies = [body for body in operation.bodies() if "password" not in (body or {})]
    assert bodies or operation.name == "RegisterUser", "no example"
    for number, body in enumerate(bodies):
        with Student(timed.base) as student:
            student.sign_in(f"{operation.name.lower()}-{number}")
            path = _path(operation, student)
            caller = staff if "/admin/" in path else student
            if number and operation.name == "ImportExam":
                path += "?replace=true"
            answer = caller.request(operation.method, path, json=body)
        assert answer.is_success, (body, answer.text)
        _fits(operation, answer)


@pytest.mark.parametrize("name", ["RegisterUser", "SignIn"])
def test_examples_with_a_password_are_accepted_too(name: str, with_passwords: Server):
    [operation] = [one for one in OPERATIONS if one.name == name]
    bodies = [body for body in operation.bodies() if "password" in body]
    assert bodies
    for body in bodies:
        if name == "SignIn":
            with_passwords.add_user(body["username"], body["password"])
        with Student(with_passwords.base) as student:
            student.get("/api/auth/csrf")
            answer = student.request(operation.method, operation.path, json=body)
        assert answer.is_success, (body, answer.text)
        _fits(operation, answer)


def _path(operation: Operation, student: Student) -> str:
    """The address, with an exam or an attempt for which the operation makes sense."""
    exam_id = "geometry" if "/admin/" in operation.path else "algebra"
    path = operation.path.replace("{examId}", exam_id).replace("{userId}", student.user_id)
    if "{attemptId}" in path:
        attempt_id = student.started("algebra")
        if operation.name in FINISHED:
            assert student.submit(attempt_id).is_success
        path = path.replace("{attemptId}", attempt_id)
    return path


def _fits(operation: Operation, answer: httpx.Response) -> None:
    declared = operation.declared["responses"][str(answer.status_code)]
    for name in declared.get("headers", {}):
        assert name in answer.headers or name == "X-Expires-At", name
    content = declared.get("content")
    if content is None:
        assert answer.content == b""
        return
    kind = answer.headers["content-type"].partition(";")[0]
    if kind == "application/json":
        assert operation.misfits(answer) == []
    else:
        assert kind in content


def test_an_answer_that_does_not_fit_is_noticed():
    schema = {"$ref": "#/components/schemas/AttemptBody"}
    found = misfits({"attemptId": 7, "colour": "red"}, schema, api_of(FacadeName.EXAMS))
    assert "$.attemptId: 7 is no string" in found
    assert "$.colour: not described" in found
    assert "$.examId: missing" in found
