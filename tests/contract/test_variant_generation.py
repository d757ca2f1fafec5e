"""Generated variants over HTTP: drawn by a seed, made again, bounded (C1.26, C1.29, B-23, B-24)."""

import json
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from domain.canonical_json import content_hash
from tests.contract.caller import Caller, data_of, failure_of
from tests.contract.variant_world import CONSTRAINTS, PARAMS, STATEMENT, TEMPLATE, Made, published

CallerMaker = Callable[..., Caller]


@pytest.fixture
def admin(as_: CallerMaker) -> Caller:
    return as_("admin")


@pytest.fixture
def made(admin: Caller) -> Made:
    return published(admin)


def test_C126_generated_variants_say_how_they_were_generated(admin: Caller, made: Made):
    answer = admin.post(f"{made.variants}/generate", json=made.order(3, keyPrefix="S-"))
    variants = data_of(answer, 201)
    assert [variant["key"] for variant in variants] == ["S-1", "S-2", "S-3"]
    for number, variant in enumerate(variants, 1):
        settings = variant["settings"]
        assert settings["generator"] == "template"
        assert settings["generatorVersion"] == "1"
        assert settings["seed"] == 42
        assert set(settings["params"]) == {"a", "b", "x"}
        assert settings["recipe"] == {
            "params": PARAMS,
            "constraints": CONSTRAINTS,
            "hidden": ["x"],
        } | ({"number": number} if number > 1 else {})
        a, b = settings["params"]["a"], settings["params"]["b"]
        text = rf"Solve $\frac{{{{a}}}}{{2}} + {a}x = {b}$."
        statement = {**STATEMENT, "body": {"text": text}}
        assert settings["statementHash"] == content_hash(statement)
        content = data_of(admin.get(f"/problem-variants/{variant['id']}/content"))
        assert content["statement"] == statement
        assert content["answerSchema"] == TEMPLATE["answerSchema"]
        assert content["answerKey"] == {"value": str(settings["params"]["x"])}
        locked = admin.patch(f"/problem-variants/{variant['id']}", json={"settings": {}})
        assert failure_of(locked) == (409, "VARIANT_SETTINGS_LOCKED")


def test_C126_without_a_seed_one_is_made_up_and_without_a_prefix_keys_go_on(
    admin: Caller, made: Made
):
    first, second = (
        data_of(admin.post(f"{made.variants}/generate", json=order), 201)
        for order in (made.order(2, seed=None), made.order(9, seed=None))
    )
    assert [variant["key"] for variant in first] == ["v1", "v2"]
    assert [variant["key"] for variant in second] == [f"v{number}" for number in range(3, 12)]
    seeds = {variant["settings"]["seed"] for variant in first + second}
    assert len(seeds) == 2
    assert all(isinstance(seed, int) for seed in seeds)
    by_key = admin.get(made.variants, params={"sort": "key"}).json()["data"]
    assert [variant["key"] for variant in by_key] == [f"v{number}" for number in range(1, 12)]
    page = admin.get(made.variants, params={"page": 2, "perPage": 4, "sort": "-key"}).json()
    assert [variant["key"] for variant in page["data"]] == ["v7", "v6", "v5", "v4"]
    assert page["meta"] == {"page": 2, "perPage": 4, "total": 11, "totalPages": 3}


def test_C126_twenty_at_once_without_a_prefix_are_all_kept(admin: Caller, made: Made):
    with ThreadPoolExecutor(20) as pool:
        answers = list(
            pool.map(
                lambda seed: admin.post(f"{made.variants}/generate", json=made.order(3, seed=seed)),
                range(20),
            )
        )
    assert {answer.status_code for answer in answers} == {201}
    keys = {variant["key"] for answer in answers for variant in data_of(answer, 201)}
    assert keys == {f"v{number}" for number in range(1, 61)}


def test_B24_the_same_seed_makes_the_same_and_reproduce_proves_it(admin: Caller, made: Made):
    orders = [made.order(5, keyPrefix=prefix, seed="term 2") for prefix in "ab"]
    one, other = (
        data_of(admin.post(f"{made.variants}/generate", json=order), 201) for order in orders
    )
    assert [variant["settings"] for variant in one] == [variant["settings"] for variant in other]
    for variant in one:
        answer = data_of(admin.post(f"/problem-variants/{variant['id']}/reproduce"))
        assert answer == {"same": True, "statementHash": variant["settings"]["statementHash"]}
    by_hand = data_of(
        admin.post(made.variants, json={"key": "hand", "problemVersionId": made.version}), 201
    )
    refused = admin.post(f"/problem-variants/{by_hand['id']}/reproduce")
    assert failure_of(refused) == (422, "VARIANT_NOT_GENERATED")


def test_B24_a_draft_that_has_changed_since_is_found_out(admin: Caller):
    problem = data_of(admin.post("/problems", json={"subjectKey": "mathematics"}), 201)["id"]
    version = data_of(admin.post(f"/problems/{problem}/versions", json=TEMPLATE), 201)["id"]
    draft = Made(problem, version)
    [variant] = data_of(admin.post(f"{draft.variants}/generate", json=draft.order()), 201)
    path = f"/problem-variants/{variant['id']}/reproduce"
    assert data_of(admin.post(path))["same"] is True
    for text, outcome in (("{@a@}x = {@b@}", (200, False)), ("{@c@}", (422, None))):
        statement = {"format": "markdown", "body": {"text": text}}
        data_of(admin.patch(f"/problem-versions/{version}", json={"statement": statement}))
        answer = admin.post(path)
        assert answer.status_code == outcome[0], answer.text
        assert (answer.json()["data"] or {}).get("same") is outcome[1]


def test_B23_generation_and_equivalence_leave_the_published_version_as_it_was(
    admin: Caller, made: Made
):
    path = f"/problem-versions/{made.version}"
    places = ("", "/answer-key", "/checking-rules", "/solutions")
    before = [admin.get(path + place) for place in places]
    one, other = data_of(admin.post(f"{made.variants}/generate", json=made.order(2)), 201)
    marked = admin.post(
        f"/problem-variants/{one['id']}/mark-equivalent", json={"otherVariantId": other["id"]}
    )
    assert marked.is_success
    assert admin.post(f"/problem-variants/{one['id']}/reproduce").is_success
    after = [admin.get(path + place) for place in places]
    assert [answer.content for answer in after] == [answer.content for answer in before]
    assert after[0].headers["etag"] == before[0].headers["etag"]


def test_B05_a_generation_sent_again_makes_nothing_more(admin: Caller, made: Made):
    headers = {"idempotency-key": str(uuid.uuid4())}
    order = made.order(3, seed=None)
    first, again = (
        admin.post(f"{made.variants}/generate", json=order, headers=headers) for _ in range(2)
    )
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    assert admin.get(made.variants).json()["meta"]["total"] == 3


@pytest.mark.parametrize(
    ("change", "path", "message"),
    [
        ({"generator": "sympy"}, "generator", "there is only 'template'"),
        ({"params": {"a": {"min": 9, "max": 1}}}, "params.a.max", "must not be below min"),
        ({"params": {"a": {"expr": "1/"}}}, "params.a.expr", "(character 3)"),
        ({"constraints": ["b > 20"]}, "constraints[0]", "`b > 20` does not hold in 1000 of 1000"),
        ({"constraints": ["b > 20", "q = 1"]}, "constraints[1]", "no parameter is called 'q'"),
        ({"params": {"a": {"choices": [1]}}, "constraints": []}, "statement.body.text", "'b'"),
        (
            {"params": {"a": {"choices": [1]}, "b": {"choices": [1]}}, "constraints": []},
            "answerKey.value",
            "no parameter is called 'x'",
        ),
        (
            {"params": {**PARAMS, "x": {"choices": ["many"]}}},
            "answerKey.value",
            "no number, with a = ",
        ),
        (
            {"params": {name: {"choices": [3]} for name in "abx"}, "count": 2},
            "count",
            "there are only 1 different variants",
        ),
    ],
)
def test_C126_what_cannot_be_generated_says_why_and_where(
    admin: Caller, made: Made, change: Mapping[str, Any], path: str, message: str
):
    answer = admin.post(f"{made.variants}/generate", json=made.order(**change))
    assert failure_of(answer) == (422, "GENERATOR_INVALID")
    error = answer.json()["error"]
    assert error["details"]["path"] == path
    assert error["message"].startswith(f"{path}: ")
    assert message in error["message"]
    assert admin.get(made.variants).json()["meta"]["total"] == 0


@pytest.mark.parametrize(
    "change",
    [
        {"count": 0},
        {"count": 201},
        {"count": "3"},
        {"count": True},
        {"params": []},
        {"params": None},
        {"constraints": "a > 1"},
        {"constraints": ["a > 1"] * 51},
        {"constraints": [""]},
        {"seed": 1.5},
        {"seed": 2**53},
        {"seed": "x" * 201},
        {"seed": []},
        {"keyPrefix": ""},
        {"keyPrefix": "x" * 101},
        {"id": "mine"},
        {"problemVersionId": "no id"},
    ],
    ids=lambda change: json.dumps(change)[:40],
)
def test_B10_an_order_of_another_shape_is_400(admin: Caller, made: Made, change: Mapping[str, Any]):
    answer = admin.post(f"{made.variants}/generate", json={**made.order(), **change})
    assert failure_of(answer) == (400, "VALIDATION_ERROR")


def test_a_hostile_order_is_refused_soon_and_others_are_served_meanwhile(admin: Caller, made: Made):
    bomb = " and ".join(["(a + b)^9 != factorial(80)"] * 30)[:1000].rpartition(" and ")[0]
    params = {f"p{number}": {"min": 1, "max": 10**6} for number in range(47)} | dict(PARAMS)
    order = made.order(200, params=params, constraints=[bomb] * 49 + ["a > 9"])
    with ThreadPoolExecutor(1) as pool:
        hostile = pool.submit(admin.post, f"{made.variants}/generate", json=order)
        while not hostile.done():
            asked = admin.get(f"/problems/{made.problem}/variants")
            assert asked.elapsed.total_seconds() < 1
    assert failure_of(hostile.result()) == (422, "GENERATOR_INVALID")
    assert hostile.result().elapsed.total_seconds() < 5
