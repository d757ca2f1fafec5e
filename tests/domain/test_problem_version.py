"""ProblemVersion: drafting, reviewing, publishing, and that nothing changes afterwards (B-14…)."""

import hashlib
from typing import Any

import pytest
from msgspec import Raw

from domain.answers.unfit import Unfit
from domain.documents import NOTHING, BadDocument
from domain.kernel import Command, RefusalKind
from domain.problem_content import (
    Asset,
    AssetType,
    Solution,
    SolutionKind,
    SolutionVisibility,
    Statement,
    StatementFormat,
    copied,
    hash_of,
    trial_hash,
)
from domain.problem_paper import (
    CheckingRuleMismatch,
    CheckingRuleNotFound,
    CheckingRuleRequired,
    RubricRequired,
    paper,
)
from domain.problem_version import (
    AddCheckingRule,
    AddSolution,
    AnswerKeySet,
    AnswerSchemaRequired,
    AuthorTestRun,
    AuthorTestsFailed,
    AuthorTestsNotRun,
    AuthorTestsSet,
    CheckingRuleAdded,
    CheckingRuleIdTaken,
    CheckingRuleRevised,
    DraftVersion,
    EditSolution,
    EditVersion,
    FailedTest,
    HintKeyExists,
    ProblemVersion,
    ProblemVersionDrafted,
    ProblemVersionEdited,
    ProblemVersionPublished,
    ProblemVersionRetired,
    ProblemVersionReturnedToDraft,
    ProblemVersionSubmittedForReview,
    PublishVersion,
    RemoveSolution,
    RetireVersion,
    ReturnVersionToDraft,
    ReviseCheckingRule,
    SetAnswerKey,
    SetAuthorTests,
    SolutionAdded,
    SolutionEdited,
    SolutionIdTaken,
    SolutionNotFound,
    SolutionRemoved,
    StatementRequired,
    SubmitVersionForReview,
    VersionIdTaken,
    VersionImmutable,
    VersionInReview,
    VersionNotFound,
    VersionStatus,
    problem_version,
)
from domain.transitions import InvalidTransition
from tests.domain.given import Scenario, given
from tests.domain.problem_world import (
    NOW,
    NUMBER,
    PROOF,
    READY,
    SCORING,
    author_test,
    content,
    raw,
    rule,
    solution,
    statement,
)


def draft(parts: Any = READY, copied_from: str | None = None) -> DraftVersion:
    return DraftVersion(
        version_id="v1", problem_id="p1", version=1, content=parts, copied_from=copied_from
    )


def drafted(parts: Any = READY) -> Scenario:
    return given(problem_version).when(draft(parts)).happens()


def in_review(parts: Any = READY) -> Scenario:
    return drafted(parts).when(SubmitVersionForReview()).happens()


PUBLISH = PublishVersion(now=NOW)
PUBLISHED = in_review().when(PUBLISH).happens()
RETIRED = PUBLISHED.when(RetireVersion(reason="x", now=NOW)).happens()


def named(command: Command) -> str:
    return type(command).__name__


EDITS: list[Command] = [
    EditVersion(statement=statement("other")),
    EditVersion(answer_schema=PROOF),
    EditVersion(metadata=raw({"a": 1})),
    EditVersion(visibility=raw({"a": 1})),
    EditVersion(),
    SetAnswerKey(key=raw({"value": 5})),
    AddCheckingRule(rule=rule("r2")),
    ReviseCheckingRule(rule_id="r1", method="manual"),
    ReviseCheckingRule(rule_id="r1", scoring_rule=raw({"maxScore": 9})),
    AddSolution(solution=solution()),
    EditSolution(solution_id="s1", body=raw({"text": "no"})),
    RemoveSolution(solution_id="s1"),
    SetAuthorTests(tests=(author_test(),)),
]


# --- drafting -----------------------------------------------------------------------------------


def test_a_draft_has_its_content_in_one_event_each():
    parts = content(
        key=raw({"value": 4}),
        rules=(rule(),),
        solutions=(solution(),),
        tests=(author_test(),),
        metadata=raw({"topic": "sums"}),
    )
    after = (
        given(problem_version)
        .when(draft(parts))
        .then(
            ProblemVersionDrafted(
                version_id="v1",
                problem_id="p1",
                version=1,
                statement=statement(),
                answer_schema=NUMBER,
                metadata=raw({"topic": "sums"}),
                visibility=raw({}),
            ),
            AnswerKeySet(key=raw({"value": 4})),
            CheckingRuleAdded(
                rule_id="r1", method="auto", rule=raw({}), scoring_rule=SCORING, version=1
            ),
            SolutionAdded(
                solution_id="s1",
                format=StatementFormat.MARKDOWN,
                body=raw({"text": "count"}),
                visibility=SolutionVisibility.HIDE,
            ),
            AuthorTestsSet(tests=(author_test(),)),
        )
    )
    assert after.state.content == parts
    assert after.state.status is VersionStatus.DRAFT
    after.when(draft(parts)).refused(VersionIdTaken)


def test_B14_a_version_needs_a_statement():
    refusal = given(problem_version).when(draft(content(statement=None))).refused(StatementRequired)
    assert (refusal.code, refusal.kind) == ("STATEMENT_REQUIRED", RefusalKind.INVALID)


@pytest.mark.parametrize("missing", [Raw(b"null"), Raw()])
def test_B15_a_version_needs_an_answer_schema(missing: Raw):
    refusal = (
        given(problem_version)
        .when(draft(content(answer_schema=missing)))
        .refused(AnswerSchemaRequired)
    )
    assert (refusal.code, refusal.kind) == ("ANSWER_SCHEMA_REQUIRED", RefusalKind.INVALID)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "riddle"},
        {},
        {"type": "single_choice"},
        {"type": "numeric_with_tolerance", "tolerance": "0.1"},
        {
            "type": "composite_answer",
            "parts": [{"type": "file_upload", "allowedTypes": ["pdf"], "maxSizeMb": "5"}],
        },
    ],
)
def test_B26_a_schema_of_another_form_is_refused(schema: dict[str, Any]):
    refusal = given(problem_version).when(draft(content(answer_schema=raw(schema)))).refused(Unfit)
    assert (refusal.code, refusal.kind) == ("ANSWER_SCHEMA_INVALID", RefusalKind.UNFIT)
    edit = EditVersion(answer_schema=raw(schema))
    assert drafted().when(edit).refused(Unfit).code == "ANSWER_SCHEMA_INVALID"


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"1e999", b'{"x":12345678901234567890}', b"{"])
def test_B16_a_body_is_an_object_that_can_be_hashed(body: bytes):
    bad = Statement(format=StatementFormat.MARKDOWN, body=Raw(body))
    refusal = given(problem_version).when(draft(content(statement=bad))).refused(BadDocument)
    assert refusal.code == "VALIDATION_ERROR"
    assert refusal.details["path"].startswith("statement.body")
    drafted().when(EditVersion(metadata=Raw(body))).refused(BadDocument)


def test_documents_keep_their_order_and_figures_but_no_doubled_name():
    given_schema = Raw(b'{ "unit" : "m", "tolerance": 0.10, "type":"numeric_with_tolerance" }')
    doubled = Raw(b'{"b": 1, "a": 2.50, "b": 3}')
    after = drafted(content(answer_schema=given_schema, metadata=doubled))
    kept = after.state.content
    assert bytes(kept.answer_schema) == (
        b'{"unit":"m","tolerance":0.10,"type":"numeric_with_tolerance"}'
    )
    assert bytes(kept.metadata) == b'{"b":3,"a":2.50}'


def test_C1_14_an_edit_stores_what_changed_and_nothing_if_nothing_did():
    after = drafted()
    more = Statement(
        format=StatementFormat.MARKDOWN,
        body=Raw(b'{"text": "look"}'),
        assets=(Asset(type=AssetType.IMAGE, url="a.png", metadata=Raw(b'{ "alt":"a" }')),),
    )
    edited = after.when(EditVersion(statement=more, metadata=raw({}))).events()
    [event] = edited
    assert isinstance(event, ProblemVersionEdited)
    assert event.metadata == NOTHING
    assert event.statement is not None
    assert event.statement.assets is not None
    assert bytes(event.statement.assets[0].metadata) == b'{"alt":"a"}'
    again = after.when(EditVersion(statement=more)).happens()
    again.when(EditVersion(statement=more)).nothing()
    assert again.state.content.answer_schema == NUMBER


def test_C1_22_a_key_fits_its_schema():
    after = drafted(content())
    after.when(SetAnswerKey(key=raw({"value": "4,0"}))).then(
        AnswerKeySet(key=raw({"value": "4,0"}))
    )
    refusal = after.when(SetAnswerKey(key=raw({"value": "four"}))).refused(Unfit)
    assert (refusal.code, refusal.details["path"]) == ("ANSWER_KEY_MISMATCH", "$.value")
    after.when(SetAnswerKey(key=raw([]))).refused(BadDocument)
    drafted().when(SetAnswerKey(key=raw({"value": 4}))).nothing()


@pytest.mark.parametrize(
    ("method", "scoring"),
    [
        ("luck", {"maxScore": 1}),
        ("auto", {"maxScore": 0}),
        ("auto", {"maxScore": "many"}),
        ("auto", {"maxScore": "2"}),
        ("auto", {"maxScore": 1, "hintPenalty": {"h": "0.5"}}),
        ("auto", {}),
        ("auto", {"maxScore": 1, "hintPenalty": {"h": -1}}),
    ],
)
def test_B38_a_checking_rule_has_a_method_and_a_score(method: str, scoring: dict[str, Any]):
    bad = rule("r2", method, scoring_rule=raw(scoring))
    refusal = drafted().when(AddCheckingRule(rule=bad)).refused(Unfit)
    assert (refusal.code, refusal.kind) == ("CHECKING_RULE_INVALID", RefusalKind.UNFIT)
    revise = ReviseCheckingRule(rule_id="r1", method=method, scoring_rule=raw(scoring))
    assert drafted().when(revise).refused(Unfit).code == "CHECKING_RULE_INVALID"


def test_C1_21_a_revised_rule_has_the_next_version():
    after = drafted()
    revise = ReviseCheckingRule(rule_id="r1", scoring_rule=raw({"maxScore": 2.50}))
    revised = CheckingRuleRevised(
        rule_id="r1", method="auto", rule=raw({}), scoring_rule=raw({"maxScore": 2.5}), version=2
    )
    later = after.when(revise).then(revised)
    later.when(revise).nothing()
    last = later.when(ReviseCheckingRule(rule_id="r1", rubric=raw({"a": 1}))).happens()
    assert last.state.content.rules[0].version == 3
    assert last.when(
        ReviseCheckingRule(rule_id="r1", rubric=NOTHING)
    ).happens().state.content.rules[0] == rule(scoring_rule=raw({"maxScore": 2.5}), version=4)
    after.when(ReviseCheckingRule(rule_id="r7")).refused(CheckingRuleNotFound)


def test_C1_23_solutions_and_hints_come_change_and_go():
    hint = solution("s2", kind=SolutionKind.HINT, hint_key="h1")
    after = drafted().when(AddSolution(solution=solution())).happens()
    after = after.when(AddSolution(solution=hint)).happens()
    twice = Solution(**{**_fields(hint), "solution_id": "s3"})
    after.when(AddSolution(solution=twice)).refused(HintKeyExists)
    edit = EditSolution(solution_id="s2", visibility=SolutionVisibility.SHOW)
    later = after.when(edit).then(
        SolutionEdited(**{**_fields(hint), "visibility": SolutionVisibility.SHOW})
    )
    later.when(edit).nothing()
    gone = later.when(RemoveSolution(solution_id="s1")).then(SolutionRemoved(solution_id="s1"))
    gone.when(RemoveSolution(solution_id="s1")).refused(SolutionNotFound)
    gone.when(EditSolution(solution_id="s1")).refused(SolutionNotFound)
    assert [one.solution_id for one in gone.state.content.solutions] == ["s2"]


def test_the_same_rule_or_solution_is_not_added_twice():
    drafted().when(AddCheckingRule(rule=rule("r1"))).refused(CheckingRuleIdTaken)
    after = drafted().when(AddSolution(solution=solution())).happens()
    after.when(AddSolution(solution=solution())).refused(SolutionIdTaken)


def test_decision14_only_a_hint_has_a_hint_key():
    for bad in (solution(kind=SolutionKind.HINT), solution(hint_key="h1")):
        drafted().when(AddSolution(solution=bad)).refused(BadDocument)


@pytest.mark.parametrize("expect", [(), ("maybe",)])
def test_author_tests_expect_known_outcomes(expect: tuple[str, ...]):
    test = author_test()
    bad = type(test)(answer=test.answer, expect=expect)
    refusal = drafted().when(SetAuthorTests(tests=(test, bad))).refused(BadDocument)
    assert refusal.details["path"] == "tests[1].expect"
    after = drafted().when(SetAuthorTests(tests=(test,))).happens()
    after.when(SetAuthorTests(tests=(test,))).nothing()
    assert after.when(SetAuthorTests(tests=())).happens().state.content.tests == ()


# --- review -------------------------------------------------------------------------------------


@pytest.mark.parametrize("edit", EDITS, ids=named)
def test_C1_14_nothing_changes_in_review(edit: Command):
    assert in_review().when(edit).refused(VersionInReview).code == "VERSION_IN_REVIEW"


def test_C1_15_what_does_not_fit_any_more_is_found_at_the_latest_at_submit():
    texts = raw({"type": "free_text"})
    after = drafted().when(EditVersion(answer_schema=texts)).happens()
    assert after.when(SubmitVersionForReview()).refused(Unfit).code == "ANSWER_KEY_MISMATCH"
    mended = after.when(SetAnswerKey(key=raw({"accepted": ["four"]}))).happens()
    mended.when(SubmitVersionForReview()).then(ProblemVersionSubmittedForReview())


def test_C1_16_a_version_goes_back_and_is_editable_again():
    back = in_review().when(ReturnVersionToDraft(comment="unclear"))
    after = back.then(ProblemVersionReturnedToDraft(comment="unclear"))
    after.when(EditVersion(statement=statement("clear"))).happens()


MOVES: dict[str, Command] = {
    "submit-for-review": SubmitVersionForReview(),
    "return-to-draft": ReturnVersionToDraft(comment="no"),
    "publish": PUBLISH,
    "retire": RetireVersion(reason="x", now=NOW),
}
AT = {
    "draft": (drafted(), {"submit-for-review"}),
    "review": (in_review(), {"return-to-draft", "publish"}),
    "published": (PUBLISHED, {"retire"}),
    "retired": (RETIRED, set[str]()),
}


@pytest.mark.parametrize("command", MOVES)
@pytest.mark.parametrize("status", AT)
def test_B19_only_the_transitions_of_the_lifecycle(status: str, command: str):
    before, allowed = AT[status]
    if command in allowed:
        assert before.when(MOVES[command]).happens().state.status != before.state.status
        return
    refusal = before.when(MOVES[command]).refused(InvalidTransition)
    assert refusal.details == {"from": status, "command": command, "allowed": sorted(allowed)}


@pytest.mark.parametrize("command", [*MOVES.values(), *EDITS], ids=named)
def test_a_command_for_no_version_finds_none(command: Command):
    given(problem_version).when(command).refused(VersionNotFound)


# --- publishing ---------------------------------------------------------------------------------


def test_B17_publishing_needs_a_checking_rule():
    before = in_review(content(key=raw({"value": 4})))
    before.when(PUBLISH).refused(CheckingRuleRequired)
    assert before.state.status is VersionStatus.REVIEW


def test_C1_17_a_published_version_names_its_rules_and_its_hash():
    in_review().when(PUBLISH).then(
        ProblemVersionPublished(
            published_at=NOW, content_hash=hash_of(READY), checking_rule_ids=("r1",)
        )
    )


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "proof", "rubricRequired": True},
        {"type": "manual_review_required", "rubricRequired": True},
        {
            "type": "composite_answer",
            "parts": [
                {"type": "numeric_with_tolerance"},
                {"type": "composite_answer", "parts": [{"type": "proof", "rubricRequired": True}]},
            ],
        },
    ],
)
def test_B21_what_a_person_judges_needs_a_rubric(schema: dict[str, Any]):
    key = raw({"parts": [{"value": 4}, {"parts": [{}]}]}) if "parts" in schema else NOTHING

    def ready(*rules: Any) -> Scenario:
        return in_review(content(answer_schema=raw(schema), key=key, rules=rules))

    rubric = raw({"points": ["idea"]})
    for bad in (
        rule(method="manual"),
        rule(method="auto", rubric=rubric),
        rule(method="external", rubric=rubric),
    ):
        ready(bad).when(PUBLISH).refused(RubricRequired)
    ready(rule(method="manual", rubric=rubric)).when(PUBLISH).happens()
    ready(rule("r1", "external"), rule("r2", "hybrid", rubric=rubric)).when(PUBLISH).happens()


def test_publishing_what_a_machine_judges_needs_a_key():
    for method in ("auto", "hybrid"):
        refusal = in_review(content(rules=(rule(method=method),))).when(PUBLISH).refused(Unfit)
        assert refusal.code == "ANSWER_KEY_MISMATCH"
    in_review(content(rules=(rule(method="manual"),))).when(PUBLISH).happens()
    essay = content(answer_schema=raw({"type": "free_text", "manualReview": True}), rules=(rule(),))
    in_review(essay).when(PUBLISH).happens()


def test_author_tests_must_have_been_run_on_this_very_content():
    parts = content(key=raw({"value": 4}), rules=(rule(),), tests=(author_test(),))
    before = in_review(parts)
    before.when(PUBLISH).refused(AuthorTestsNotRun)
    stale = AuthorTestRun(of=trial_hash(READY))
    before.when(PublishVersion(now=NOW, run=stale)).refused(AuthorTestsNotRun)
    failed = FailedTest(at=0, expect=("correct",), given="incorrect", note="a comma")
    run = AuthorTestRun(of=trial_hash(parts), failed=(failed,))
    refusal = before.when(PublishVersion(now=NOW, run=run)).refused(AuthorTestsFailed)
    [told] = refusal.details["failed"]
    assert told == {"at": 0, "expect": ("correct",), "given": "incorrect", "note": "a comma"}
    passed = PublishVersion(now=NOW, run=AuthorTestRun(of=trial_hash(parts)))
    assert before.when(passed).happens().state.status is VersionStatus.PUBLISHED


@pytest.mark.parametrize("edit", EDITS, ids=named)
@pytest.mark.parametrize("at", [PUBLISHED, RETIRED], ids=["published", "retired"])
def test_B18_B20_a_published_version_cannot_be_changed(at: Scenario, edit: Command):
    refusal = at.when(edit).refused(VersionImmutable)
    assert (refusal.code, refusal.kind) == ("VERSION_IMMUTABLE", RefusalKind.CONFLICT)


def test_C1_18_a_retired_version_stays_as_it_was():
    after = PUBLISHED.when(RetireVersion(reason="wrong", now=NOW)).then(
        ProblemVersionRetired(reason="wrong", retired_at=NOW)
    )
    assert after.state.content == PUBLISHED.state.content
    assert after.state.content_hash == PUBLISHED.state.content_hash
    after.when(RetireVersion(reason="x", now=NOW, replaced=True)).nothing()


# --- hashes, copies, papers ---------------------------------------------------------------------


def test_the_hash_is_of_what_learners_meet_and_not_of_ids_order_or_spelling():
    same = content(
        answer_schema=Raw(b'{"type":"numeric_with_tolerance"}'),
        key=Raw(b'{"value":4.0}'),
        rules=(rule("another", version=7),),
        tests=(author_test(),),
    )
    assert hash_of(same) == hash_of(READY)
    assert trial_hash(same) != trial_hash(READY)
    others = [
        content(statement=statement("3 + 3 = ?"), key=READY.key, rules=READY.rules),
        content(key=raw({"value": 5}), rules=READY.rules),
        content(key=READY.key, rules=(rule(rubric=raw({})),)),
        content(key=READY.key, rules=READY.rules, solutions=(solution(),)),
        content(key=READY.key, rules=READY.rules, metadata=raw({"a": 1})),
        content(key=READY.key, rules=READY.rules, visibility=raw({"a": 1})),
    ]
    assert len({hash_of(one) for one in [READY, *others]}) == 7


def test_the_hash_is_sha_256_of_this_very_text():
    text = (
        '{"answerKey":{"value":4},"answerSchema":{"type":"numeric_with_tolerance"},'
        '"checkingRules":[{"method":"auto","rule":{},"scoringRule":{"maxScore":1}}],'
        '"metadata":{},"solutions":[],'
        '"statement":{"body":{"text":"2 + 2 = ?"},"format":"markdown"},"visibility":{}}'
    )
    assert hash_of(READY) == hashlib.sha256(text.encode()).hexdigest()
    assert hash_of(READY).startswith("9e7e4c01d46d")


def test_C1_19_a_copy_has_ids_of_its_own_and_the_same_hash():
    parts = content(
        key=raw({"value": 4}), rules=(rule("r1", version=3), rule("r2")), solutions=(solution(),)
    )
    copy = copied(parts, ("r8", "r9", "s9"))
    assert [one.rule_id for one in copy.rules] == ["r8", "r9"]
    assert [one.version for one in copy.rules] == [1, 1]
    assert copy.solutions[0].solution_id == "s9"
    assert hash_of(copy) == hash_of(parts)


def test_C1_19_a_draft_whose_parts_do_not_fit_each_other_yet_can_be_copied():
    parts = content(key=raw({"accepted": ["four"]}))
    given(problem_version).when(draft(parts)).refused(Unfit)
    after = given(problem_version).when(draft(parts, copied_from="v0")).happens()
    assert after.state.copied_from == "v0"
    after.when(SubmitVersionForReview()).refused(Unfit)


def test_C1_24_the_first_rule_applies_unless_another_is_asked_for():
    parts = content(key=raw({"value": 4}), rules=(rule("r1"), rule("r2", "hybrid")))
    assert paper(parts).written.rule_id == "r1"
    assert paper(parts, "r2").checking.method == "hybrid"
    with pytest.raises(CheckingRuleMismatch):
        paper(parts, "r3")
    with pytest.raises(CheckingRuleRequired):
        paper(content(key=raw({"value": 4})))


def test_the_state_of_no_version_is_empty():
    assert problem_version.initial == ProblemVersion()


def _fields(one: Solution) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__struct_fields__}
