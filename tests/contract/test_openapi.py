"""The OpenAPI document: complete, named after the commands, and its examples run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.server import Server
from tests.contract.student import Student

OPERATIONS = {
    "ExchangeToken",
    "ExportResults",
    "ExtendAttempt",
    "ExtendExam",
    "GetAccommodation",
    "GetAttempt",
    "GetAttemptAt",
    "GetAttemptHistory",
    "GetBundle",
    "GetCsrfToken",
    "GetExam",
    "GetExamWindow",
    "GetHealth",
    "GetMyProgress",
    "GetResult",
    "GetWrittenBundle",
    "ImportExam",
    "ListAttempts",
    "ListExams",
    "ListMyAttempts",
    "ListResults",
    "ListStaffExams",
    "PublishExam",
    "RegisterUser",
    "ReleaseResults",
    "SaveAnswers",
    "SetAccommodation",
    "SetExamWindow",
    "SignIn",
    "SignOut",
    "StartAttempt",
    "SubmitAttempt",
    "UnpublishExam",
    "VoidAttempt",
    "WhoAmI",
}

OPEN = {"/api/auth/csrf", "/api/auth/login", "/api/auth/register", "/api/healthz"}


@pytest.fixture
def document(server: Server) -> dict[str, Any]:
    body: dict[str, Any] = httpx.get(f"{server.base}/api/openapi.json").json()
    return body


def operations(document: dict[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    return {
        operation["operationId"]: (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_every_operation_is_named_after_its_command_or_query(document: dict[str, Any]):
    assert set(operations(document)) == OPERATIONS


def test_every_operation_tells_its_errors_and_shows_its_bodies(document: dict[str, Any]):
    for name, (method, path, operation) in operations(document).items():
        statuses = set(operation["responses"])
        assert any(status >= "400" for status in statuses), name
        assert (path in OPEN) or "401" in statuses, name
        assert ("403" in statuses) or (method == "get" and "/admin/" not in path), name
        assert operation["summary"], name
        for content in operation.get("requestBody", {}).get("content", {}).items():
            kind, body = content
            assert kind != "application/json" or _examples(document, body["schema"]), name


def test_every_error_has_the_one_shape(document: dict[str, Any]):
    for _, _, operation in operations(document).values():
        for status, reply in operation["responses"].items():
            if int(status) >= 400:
                [content] = reply["content"].values()
                assert content["schema"] == {"$ref": "#/components/schemas/ErrorBody"}


def test_every_reference_leads_somewhere(document: dict[str, Any]):
    names = set(document["components"]["schemas"])
    text = json.dumps(document)
    referred = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert referred <= names


def test_optional_fields_are_absent_not_null_and_answers_are_closed(document: dict[str, Any]):
    assert '"null"' not in json.dumps(document["components"]["schemas"])
    attempt = document["components"]["schemas"]["AttemptBody"]
    assert attempt["additionalProperties"] is False
    assert "submittedAt" not in attempt["required"]


def test_the_examples_of_every_body_are_accepted(document: dict[str, Any], student: Student):
    attempt_id = student.started("algebra")
    for name in ("SaveAnswers", "StartAttempt", "SubmitAttempt"):
        method, path, operation = operations(document)[name]
        url = path.replace("{attemptId}", attempt_id).replace("{examId}", "algebra")
        for example in _examples_of(document, operation):
            known = int(student.attempt(attempt_id).headers["etag"].strip('"'))
            sent = example | ({"baseRevision": known} if "baseRevision" in example else {})
            response = student.request(method, url, json=sent)
            assert response.is_success, (name, sent, response.text)
            assert str(response.status_code) in operation["responses"]


def test_the_examples_of_staffs_bodies_are_accepted(
    document: dict[str, Any], office: Server, at_office: Callable[..., Student]
):
    student, staff = at_office(), at_office("staff")
    for name in ("ImportExam", "VoidAttempt"):
        method, path, operation = operations(document)[name]
        for example in _examples_of(document, operation):
            url = path.replace("{attemptId}", student.start("algebra").json()["attemptId"])
            response = staff.request(method, url, json=example)
            assert response.is_success, (name, example, response.text)
            assert str(response.status_code) in operation["responses"]


def test_the_example_of_a_registration_is_accepted(document: dict[str, Any], tmp_path: Path):
    method, path, operation = operations(document)["RegisterUser"]
    with Server(tmp_path / "data") as server, Student(server.base) as visitor:
        visitor.get("/api/auth/csrf")
        example = _examples_of(document, operation)[0]
        assert visitor.request(method, path, json=example).status_code == 201


def _examples_of(document: dict[str, Any], operation: dict[str, Any]) -> list[Any]:
    found = _examples(document, operation["requestBody"]["content"]["application/json"]["schema"])
    assert found
    return found


def _examples(document: dict[str, Any], schema: dict[str, Any]) -> list[Any]:
    found = list(schema.get("examples", []))
    for part in [schema, *schema.get("allOf", [])]:
        if "$ref" in part:
            name = part["$ref"].rpartition("/")[2]
            found += document["components"]["schemas"][name].get("examples", [])
    return found
