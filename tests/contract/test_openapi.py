"""The OpenAPI document: complete, named after the commands, and its examples run."""

import json
from typing import Any

import httpx
import pytest

from tests.contract.server import Server
from tests.contract.student import Student

OPERATIONS = {
    "GetAttempt",
    "GetCsrfToken",
    "GetExam",
    "GetHealth",
    "GetMyProgress",
    "ListExams",
    "SaveAnswers",
    "SignIn",
    "SignOut",
    "StartAttempt",
    "SubmitAttempt",
    "WhoAmI",
}


@pytest.fixture
def document(server: Server) -> dict[str, Any]:
    body: dict[str, Any] = httpx.get(f"{server.base}/schema").json()
    return body


def operations(document: dict[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    return {
        operation["operationId"]: (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_every_operation_is_named_after_its_command_or_query(document: dict[str, Any]):
    assert set(operations(document)) == OPERATIONS


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
        [content] = operation["requestBody"]["content"].values()
        examples = _examples(document, content["schema"])
        assert examples
        for example in examples:
            response = student.request(method, url, json=example)
            assert response.is_success, (name, example, response.text)
            assert str(response.status_code) in operation["responses"]


def _examples(document: dict[str, Any], schema: dict[str, Any]) -> list[Any]:
    found = list(schema.get("examples", []))
    for part in [schema, *schema.get("allOf", [])]:
        if "$ref" in part:
            name = part["$ref"].rpartition("/")[2]
            found += document["components"]["schemas"][name].get("examples", [])
    return found
