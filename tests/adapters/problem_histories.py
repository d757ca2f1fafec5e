"""Random commands for problems, versions and variants, each with the key of its aggregate."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from domain.kernel import Command
from domain.problem import (
    ArchiveProblem,
    CreateProblem,
    EditProblem,
    NoteVersionStatus,
    PublishProblem,
    RestoreProblem,
    RetireProblem,
    ReturnProblemToDraft,
    SourceDomain,
    SourceRef,
    SubmitProblemForReview,
    TakeVersionNumber,
    VersionStanding,
)
from domain.problem_variant import (
    CreateVariant,
    EditVariantSettings,
    GenerateVariant,
    MarkEquivalent,
)
from domain.problem_version import (
    AddSolution,
    DraftVersion,
    EditVersion,
    PublishVersion,
    RetireVersion,
    ReturnVersionToDraft,
    SetAnswerKey,
    SubmitVersionForReview,
)
from tests.domain.problem_world import NOW, READY, content, raw, solution, statement

PROBLEMS = st.sampled_from(["p1", "p2"])
VERSIONS = st.sampled_from(["v1", "v2"])
VARIANTS = st.sampled_from(["x1", "x2"])
WORDS = st.text(max_size=5)
REF = SourceRef(domain=SourceDomain.LMS, type="task", id="17")


def _with_key(keys: st.SearchStrategy[str], made: Callable[..., Command], *parts: Any) -> Any:
    return keys.flatmap(lambda key: st.tuples(st.just(key), st.builds(made, st.just(key), *parts)))


def _create(key: str, code: str) -> Command:
    return CreateProblem(problem_id=key, code=code, subject_key="x", source_ref=REF)


def _draft(key: str, problem_id: str, ready: bool) -> Command:
    parts = READY if ready else content(answer_schema=raw({"type": "free_text"}))
    return DraftVersion(version_id=key, problem_id=problem_id, version=1, content=parts)


def _generate(key: str) -> Command:
    return GenerateVariant(
        variant_id=key,
        problem_id="p1",
        key=key,
        version_id="v1",
        generator="template",
        generator_version="1",
        seed=7,
        params=raw({"a": 3}),
        recipe=raw({}),
        statement_hash="0" * 64,
    )


_PROBLEM_COMMANDS = st.sampled_from(
    [
        SubmitProblemForReview(),
        ReturnProblemToDraft(comment="no"),
        PublishProblem(),
        RetireProblem(reason="x"),
        ArchiveProblem(),
        RestoreProblem(),
        EditProblem(default_difficulty="hard", source_ref=None),
        EditProblem(code="B-2", default_difficulty=None),
        TakeVersionNumber(version_id="v1", content=READY),
        NoteVersionStatus(n=1, status=VersionStanding.PUBLISHED, now=NOW),
    ]
)
_VERSION_COMMANDS = st.sampled_from(
    [
        EditVersion(statement=statement("other"), metadata=raw({"a": 1})),
        EditVersion(answer_schema=raw({"type": "free_text"}), visibility=raw({"a": 1})),
        SetAnswerKey(key=raw({"value": 5})),
        AddSolution(solution=solution()),
        SubmitVersionForReview(),
        ReturnVersionToDraft(comment="no"),
        PublishVersion(now=NOW),
        RetireVersion(reason="x", now=NOW),
    ]
)
_VARIANT_COMMANDS = st.sampled_from(
    [EditVariantSettings(settings=raw({"n": 1})), MarkEquivalent(other="x9")]
)

PROBLEM_COMMANDS_FOR_KEYS: st.SearchStrategy[tuple[str, Command]] = st.one_of(
    _with_key(PROBLEMS, _create, WORDS),
    st.tuples(PROBLEMS, _PROBLEM_COMMANDS),
    _with_key(
        VERSIONS, lambda key, of, ready: _draft(key, of, ready=ready), PROBLEMS, st.booleans()
    ),
    st.tuples(VERSIONS, _VERSION_COMMANDS),
    _with_key(
        VARIANTS,
        lambda key, name: CreateVariant(variant_id=key, problem_id="p1", key=name, version_id="v1"),
        WORDS,
    ),
    _with_key(VARIANTS, _generate),
    st.tuples(VARIANTS, _VARIANT_COMMANDS),
)
