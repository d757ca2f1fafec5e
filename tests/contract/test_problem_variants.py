"""Variants over HTTP: by hand, equivalent, who sees what (C1.25, C1.27, C1.28, B-22, B-25)."""

import json
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from adapters.http.facades import FacadeName, document
from adapters.http.openapi_page import examples_of
from tests.contract.caller import BANK, Caller, data_of, failure_of
from tests.contract.json_schema import misfits
from tests.contract.variant_world import TEMPLATE, Made, published

CallerMaker = Callable[..., Caller]


@pytest.fixture
def admin(as_: CallerMaker) -> Caller:
    return as_("admin")


@pytest.fixture
def made(admin: Caller) -> Made:
    return published(admin)


# --- by hand --------------------------------------------------------------------------------------


def test_C125_a_variant_is_made_by_hand_and_listed(admin: Caller, made: Made):
    body = {"key": "A", "problemVersionId": made.version, "settings": {"shuffle": True}}
    answer = admin.post(made.variants, json=body)
    variant = data_of(answer, 201)
    assert variant == {
        "id": variant["id"],
        "problemId": made.problem,
        "key": "A",
        "problemVersionId": made.version,
        "settings": {"shuffle": True},
    }
    plain = data_of(
        admin.post(made.variants, json={"key": "B", "problemVersionId": made.version}), 201
    )
    assert plain["settings"] == {}
    listed = admin.get(made.variants).json()
    assert listed["data"] == [variant, plain]
    assert listed["meta"] == {"page": 1, "perPage": 20, "total": 2, "totalPages": 1}
    assert data_of(admin.get(f"/problem-variants/{variant['id']}")) == variant


def test_C127_the_settings_of_one_made_by_hand_change(admin: Caller, made: Made):
    body = {"key": "A", "problemVersionId": made.version}
    created = admin.post(made.variants, json=body)
    path = f"/problem-variants/{data_of(created, 201)['id']}"
    changed = admin.patch(
        path, json={"settings": {"n": 2}}, headers={"if-match": created.headers["etag"]}
    )
    assert data_of(changed)["settings"] == {"n": 2}
    stale = admin.patch(
        path, json={"settings": {"n": 3}}, headers={"if-match": created.headers["etag"]}
    )
    assert failure_of(stale) == (412, "PRECONDITION_FAILED")
    wrong: tuple[Any, ...] = ([], "x", None, 7)
    for settings in wrong:
        answer = admin.patch(path, json={"settings": settings})
        assert failure_of(answer) == (400, "VALIDATION_ERROR")
    assert data_of(admin.get(path))["settings"] == {"n": 2}


def test_B22_a_key_is_taken_once_in_a_problem_and_again_in_another(admin: Caller, made: Made):
    other = published(admin)
    for where, status in ((made, 201), (made, 409), (other, 201)):
        answer = admin.post(where.variants, json={"key": "Same", "problemVersionId": where.version})
        assert answer.status_code == status, answer.text
    folded = admin.post(made.variants, json={"key": " same", "problemVersionId": made.version})
    assert failure_of(folded) == (409, "VARIANT_KEY_EXISTS")
    drawn = admin.post(f"{made.variants}/generate", json=made.order(3, keyPrefix="Same"))
    assert drawn.is_success
    again = admin.post(f"{made.variants}/generate", json=made.order(4, keyPrefix="same"))
    assert failure_of(again) == (409, "VARIANT_KEY_EXISTS")
    assert admin.get(made.variants).json()["meta"]["total"] == 4


def test_B22_thirty_at_once_with_the_same_key_make_one(admin: Caller, made: Made):
    body = {"key": "race", "problemVersionId": made.version}
    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda _: admin.post(made.variants, json=body), range(30)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] + [409] * 29
    assert admin.get(made.variants).json()["meta"]["total"] == 1


def test_B25_a_variant_is_of_a_version_of_its_own_problem(admin: Caller, made: Made):
    other = published(admin)
    for version in (other.version, str(uuid.uuid4())):
        by_hand = admin.post(made.variants, json={"key": "x", "problemVersionId": version})
        assert failure_of(by_hand) == (422, "VERSION_NOT_OF_PROBLEM")
        drawn = admin.post(f"{made.variants}/generate", json=made.order(problemVersionId=version))
        assert failure_of(drawn) == (422, "VERSION_NOT_OF_PROBLEM")
    assert admin.get(made.variants).json()["meta"]["total"] == 0


# --- equivalence ----------------------------------------------------------------------------------


def test_C128_equivalence_is_marked_and_taken_back_on_both(as_: CallerMaker, made: Made):
    admin, moderator = as_("admin"), as_("moderator")
    one, other = data_of(admin.post(f"{made.variants}/generate", json=made.order(2)), 201)
    mark = f"/problem-variants/{one['id']}/mark-equivalent"
    body = {"otherVariantId": other["id"], "basis": "the same roots"}
    marked = data_of(moderator.post(mark, json=body))
    assert marked["equivalents"] == [{"variantId": other["id"], "basis": "the same roots"}]
    read = data_of(moderator.get(f"/problem-variants/{other['id']}"))
    assert read["equivalents"] == [{"variantId": one["id"], "basis": "the same roots"}]
    rows = moderator.get(made.variants).json()["data"]
    assert [len(row["equivalents"]) for row in rows] == [1, 1]
    unmark = f"/problem-variants/{other['id']}/unmark-equivalent"
    assert "equivalents" not in data_of(moderator.post(unmark, json={"otherVariantId": one["id"]}))
    assert "equivalents" not in data_of(moderator.get(f"/problem-variants/{one['id']}"))


def test_C128_neither_itself_nor_nobody_is_another(admin: Caller, made: Made):
    [one] = data_of(admin.post(f"{made.variants}/generate", json=made.order()), 201)
    path = f"/problem-variants/{one['id']}/mark-equivalent"
    itself = admin.post(path, json={"otherVariantId": one["id"]})
    assert failure_of(itself) == (422, "VARIANT_SELF_EQUIVALENCE")
    nobody = admin.post(path, json={"otherVariantId": str(uuid.uuid4())})
    assert failure_of(nobody) == (422, "UNKNOWN_VARIANT")
    assert "equivalents" not in data_of(admin.get(f"/problem-variants/{one['id']}"))


# --- who may see what -----------------------------------------------------------------------------


def test_B102_what_tells_of_the_answer_is_for_callers_with_keys(as_: CallerMaker, made: Made):
    author, viewer, keeper = as_("author"), as_("viewer"), as_("viewer", "keys")
    [variant] = data_of(author.post(f"{made.variants}/generate", json=made.order()), 201)
    path = f"/problem-variants/{variant['id']}"
    assert "x" in variant["settings"]["params"]  # the author has just sent its formula
    for reader in (author, viewer):
        settings = data_of(reader.get(path))["settings"]
        assert set(settings["params"]) == {"a", "b"}
        assert "recipe" not in settings
        assert settings == reader.get(made.variants).json()["data"][0]["settings"]
        assert "answerKey" not in data_of(reader.get(f"{path}/content"))
    whole = data_of(keeper.get(path))["settings"]
    assert whole == variant["settings"]
    assert data_of(keeper.get(f"{path}/content"))["answerKey"] == {
        "value": str(whole["params"]["x"])
    }


def test_B102_an_error_in_a_key_is_told_to_callers_with_keys(as_: CallerMaker):
    secret = published(as_("admin"), key={"value": "{@x@} or canary-7f"})
    author, keeper = as_("author"), as_("author", "keys")
    answer = author.post(f"{secret.variants}/generate", json=secret.order())
    assert failure_of(answer) == (422, "GENERATOR_INVALID")
    assert answer.json()["error"]["details"] == {"path": "answerKey"}
    assert "x" not in answer.json()["error"]["message"].split()
    told = keeper.post(f"{secret.variants}/generate", json=secret.order())
    assert told.json()["error"]["details"] == {"path": "answerKey.value"}
    assert "no number" in told.json()["error"]["message"]


def test_what_is_not_there_is_404(admin: Caller, made: Made):
    for variant in (str(uuid.uuid4()), "no-id", made.problem):
        path = f"/problem-variants/{variant}"
        for method, url, body in (
            ("GET", path, None),
            ("GET", f"{path}/content", None),
            ("PATCH", path, {"settings": {}}),
            ("POST", f"{path}/reproduce", None),
            ("POST", f"{path}/mark-equivalent", {"otherVariantId": str(uuid.uuid4())}),
            ("POST", f"{path}/unmark-equivalent", {"otherVariantId": str(uuid.uuid4())}),
        ):
            answer = admin.request(method, url, json=body)
            assert failure_of(answer) == (404, "PROBLEM_VARIANT_NOT_FOUND"), (method, url)
    nowhere = made._replace(problem=str(uuid.uuid4()))
    for answer in (
        admin.get(nowhere.variants),
        admin.post(nowhere.variants, json={"key": "x", "problemVersionId": made.version}),
        admin.post(f"{nowhere.variants}/generate", json=made.order()),
    ):
        assert failure_of(answer) == (404, "PROBLEM_NOT_FOUND")


# --- the OpenAPI document -------------------------------------------------------------------------

DOCUMENT: dict[str, Any] = json.loads(document(FacadeName.BANK))
OPERATIONS = {
    operation["operationId"]: (method.upper(), path.removeprefix(BANK), operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    if "variant" in path.lower() or path.endswith("/diff")
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_examples_are_accepted_and_answers_are_as_declared(name: str, admin: Caller):
    template = {**TEMPLATE, "statement": {"format": "markdown", "body": {"text": "{@a@}"}}}
    made = published(admin, template, {"value": "{@a@}"})
    by_hand = {"key": "hand", "problemVersionId": made.version}
    variant = data_of(admin.post(made.variants, json=by_hand), 201)["id"]
    generated, other = data_of(
        admin.post(f"{made.variants}/generate", json=made.order(2, constraints=[])), 201
    )
    method, path, operation = OPERATIONS[name]
    url = path.format(
        problemId=made.problem,
        variantId=variant if name == "EditProblemVariant" else generated["id"],
        versionId=made.version,
    )
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json")
    bodies = [None] if schema is None else examples_of(DOCUMENT, schema["schema"])
    assert bodies, "no example"
    ids = {"problemVersionId": made.version, "otherVariantId": other["id"]}
    for body in bodies:
        sent = body and {name: ids.get(name, value) for name, value in body.items()}
        answer = admin.request(
            method, url, json=sent, params={"with": made.version} if "/diff" in url else None
        )
        assert answer.is_success, (sent, answer.text)
        declared = operation["responses"][str(answer.status_code)]["content"]
        assert misfits(answer.json(), declared["application/json"]["schema"], DOCUMENT) == []
