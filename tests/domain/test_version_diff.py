"""Version diff: applying it to the one content gives the other; keys only for who may see them."""

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.canonical_json import canonical
from domain.documents import NOTHING, Document
from domain.problem_content import (
    Solution,
    SolutionVisibility,
    Statement,
    StatementFormat,
    VersionContent,
    WrittenRule,
)
from domain.version_diff import Change, ChangeKind, changes, version_diff

texts = st.text("abц .'\\[]", max_size=4)
documents = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-1, 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def applied(before: Any, found: list[Change]) -> Any:
    """What the changes make of a document, one after another."""
    holder = {"root": copy.deepcopy(before)}
    for steps, kind, _, after in found:
        way: list[Any]
        last: Any
        *way, last = ("root", *steps)
        place: Any = holder
        for step in way:
            place = place[step]
        if kind is ChangeKind.REMOVED:
            del place[last]
        elif isinstance(place, list) and kind is ChangeKind.ADDED:
            place.insert(last, after)
        else:
            place[last] = after
    return holder["root"]


@given(documents, documents)
def test_applying_the_changes_gives_the_other(before: Any, after: Any):
    assert canonical(applied(before, list(changes(before, after)))) == canonical(after)


@given(documents, documents)
def test_the_way_back_undoes_the_way(before: Any, after: Any):
    forth, back = list(changes(before, after)), list(changes(after, before))
    undone = {
        ChangeKind.ADDED: ChangeKind.REMOVED,
        ChangeKind.REMOVED: ChangeKind.ADDED,
        ChangeKind.CHANGED: ChangeKind.CHANGED,
    }
    assert {(one.path, undone[one.kind]) for one in forth} == {(one.path, one.kind) for one in back}


@given(documents)
def test_nothing_differs_from_itself(document: Any):
    assert list(changes(document, copy.deepcopy(document))) == []


@given(st.dictionaries(texts, documents, max_size=6), st.randoms())
def test_the_order_of_names_never_matters(document: dict[str, Any], random: Any):
    names = list(document)
    random.shuffle(names)
    shuffled = {name: document[name] for name in names}
    empty: dict[str, Any] = {}
    assert list(changes(empty, shuffled)) == list(changes(empty, document))
    assert list(changes(document, shuffled)) == []


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": True}, [("$.a", "changed", 1, True)]),
        ({"a": None}, {}, [("$.a", "removed", None, None)]),
        ({}, {"a": None}, [("$.a", "added", None, None)]),
        ([1, 2, 3], [1], [("$[2]", "removed", 3, None), ("$[1]", "removed", 2, None)]),
        ([1], [2, 3], [("$[0]", "changed", 1, 2), ("$[1]", "added", None, 3)]),
        ({"a": [1]}, {"a": {"b": 1}}, [("$.a", "changed", [1], {"b": 1})]),
        ({"x y": 1, "it's": 2}, {}, [(r"$['it\'s']", "removed", 2, None)]),
        ({"b": 1, "a": {"c": 1}}, {"b": 2, "a": {"c": 2}}, [("$.a.c", "changed", 1, 2)]),
    ],
)
def test_a_change_says_where_and_what(
    before: Any, after: Any, found: list[tuple[str, str, Any, Any]]
):
    told = [(one.path, one.kind.value, one.before, one.after) for one in changes(before, after)]
    assert told[: len(found)] == found
    assert bool(told) is bool(found)


# --- versions -------------------------------------------------------------------------------------


def written(value: Any) -> Document:
    return Document(msgspec.json.encode(value))


def content(number: int, **more: Any) -> VersionContent:
    return VersionContent(
        statement=Statement(format=StatementFormat.MARKDOWN, body=written({"text": f"S{number}"})),
        answer_schema=written({"type": "numeric_with_tolerance", "tolerance": number}),
        metadata=written({"source": "book"}),
        key=written({"value": f"CANARY{number}"}),
        rules=(
            WrittenRule(
                rule_id=f"id{number}",
                method="auto",
                rule=written({"secret": f"CANARY{number}"}),
                scoring_rule=written({"maxScore": 1}),
                version=number,
            ),
        ),
        solutions=(
            Solution(
                solution_id=f"id{number}",
                format=StatementFormat.MARKDOWN,
                body=written({"text": f"CANARY{number}"}),
                visibility=SolutionVisibility.SHOW,
            ),
        ),
        **more,
    )


def test_keys_rules_and_solutions_are_only_in_the_diff_for_who_may_see_them():
    open_to_all = version_diff(content(1), content(2), keys=False)
    assert [one.path for one in open_to_all] == [
        "$.answerSchema.tolerance",
        "$.statement.body.text",
    ]
    assert "CANARY" not in repr(open_to_all)
    everything = version_diff(content(1), content(2), keys=True)
    assert [one.path for one in everything] == [
        "$.answerKey.value",
        "$.answerSchema.tolerance",
        "$.checkingRules[0].rule.secret",
        "$.solutions[0].body.text",
        "$.statement.body.text",
    ]


def test_what_was_missing_is_added():
    bare = msgspec.structs.replace(content(1), key=NOTHING, rules=())
    assert [(one.path, one.kind.value) for one in version_diff(bare, content(1), keys=True)] == [
        ("$.answerKey", "added"),
        ("$.checkingRules[0]", "added"),
    ]
    assert version_diff(bare, content(1), keys=False) == []


def test_a_copy_differs_in_nothing_though_its_ids_do():
    first = content(1)
    [rule] = first.rules
    copied = msgspec.structs.replace(
        first, rules=(msgspec.structs.replace(rule, rule_id="other", version=5),)
    )
    assert version_diff(first, copied, keys=True) == []
