"""Every registered command with a way to get it accepted.

A new command needs a line in `WAYS`: what has to be done, from an empty log on, until it is
accepted and leads to an event, by itself or as a follow-up of a policy. One that never leads to an
event belongs into `SILENT`.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from adapters.ledger import Step
from domain.accommodation import SetAccommodation
from domain.exam import (
    ExtendExam,
    ImportExam,
    PublishExam,
    ReleaseResults,
    ReportExamMissing,
    SetExamWindow,
    UnpublishExam,
)
from domain.exam_attempt import (
    AccommodateAttempt,
    AllowExtension,
    ExpireAttempt,
    ExtendAttempt,
    SaveAnswers,
    StartAttempt,
    SubmitAttempt,
    VoidAttempt,
)
from domain.exam_slot import ClaimSlot, ReleaseSlot
from domain.exam_user import ChangePassword, RegisterUser, SignIn, SignOut
from domain.installation_settings import ChangeSettings
from domain.kernel import Command
from domain.problem import (
    ArchiveProblem,
    ConfirmProblem,
    CreateProblem,
    EditProblem,
    NoteVersionStatus,
    PublishProblem,
    RestoreProblem,
    RetireProblem,
    ReturnProblemToDraft,
    SubmitProblemForReview,
    TakeVariantKey,
    TakeVersionNumber,
)
from domain.problem_variant import (
    CreateVariant,
    EditVariantSettings,
    GenerateVariant,
    MarkEquivalent,
    UnmarkEquivalent,
)
from domain.problem_version import (
    AddCheckingRule,
    AddSolution,
    DraftVersion,
    EditSolution,
    EditVersion,
    PublishVersion,
    RemoveSolution,
    RetireVersion,
    ReturnVersionToDraft,
    ReviseCheckingRule,
    SetAnswerKey,
    SetAuthorTests,
    SubmitVersionForReview,
)
from domain.reservation import Release, Reserve
from domain.time_limit import Allowance, ExamExtension, StartWindow
from tests.adapters.accepted_checking import CHECKING_WAYS
from tests.adapters.accepted_content import CONTENT_SILENT, CONTENT_WAYS
from tests.adapters.histories import AT, LATE, LIMIT, document, extend, save, start, submit
from tests.domain.problem_world import (
    NOW,
    READY,
    author_test,
    raw,
    rule,
    solution,
    statement,
)

SECRET: Final = "SECRET-5d1c"
"""Stands in answers, keys, solutions, names and comments, of which the audit log tells nothing."""

_EXTENSION = ExamExtension(extension_id="x1", minutes=5, at=AT, reason="fire drill")


def _attempt(command: Command, attempt_id: str = "a1") -> Step:
    return Step(f"attempt-{attempt_id}", command)


def _exam(command: Command) -> Step:
    return Step("exam-e1", command)


def _user(command: Command) -> Step:
    return Step("exam_user-u1", command)


def _problem(command: Command) -> Step:
    return Step("problem-p1", command)


def _version(command: Command) -> Step:
    return Step("problem_version-v1", command)


def _variant(command: Command, variant_id: str = "x1") -> Step:
    return Step(f"problem_variant-{variant_id}", command)


def _made(variant_id: str) -> CreateVariant:
    return CreateVariant(variant_id=variant_id, problem_id="p1", key=variant_id, version_id="v1")


_STARTED = [_attempt(start("a1"))]
_LIMITED = [_attempt(start("a1", limit=LIMIT))]
_SUBMITTED = [*_STARTED, _attempt(save(SECRET)), _attempt(submit())]
_IMPORTED = [_exam(ImportExam(exam_id="e1", document=document("e1", SECRET)))]
_OPENED = [*_IMPORTED, _exam(PublishExam())]
_REGISTERED = [_user(RegisterUser(user_id="u1", username=SECRET, email=SECRET))]
_CREATED = [_problem(CreateProblem(problem_id="p1", code="A-1", subject_key="mathematics"))]
_DRAFTED = [*_CREATED, _problem(TakeVersionNumber(version_id="v1", content=READY))]
_REVIEWED = [*_DRAFTED, _version(SubmitVersionForReview())]
_PUBLISHED = [*_REVIEWED, _version(PublishVersion(now=NOW))]
_IN_REVIEW = [*_DRAFTED, _problem(SubmitProblemForReview(comment=SECRET))]
_SOLVED = [*_DRAFTED, _version(AddSolution(solution=solution(body=raw({"text": SECRET}))))]
_VARIED = [*_DRAFTED, *(_problem(TakeVariantKey(variant=_made(one))) for one in ("x1", "x2"))]
_EQUAL = [*_VARIED, _variant(MarkEquivalent(other="x2", basis=SECRET))]
_GENERATED = GenerateVariant(
    variant_id="x3",
    problem_id="p1",
    key="x3",
    version_id="v1",
    generator="template",
    generator_version="1",
    seed=SECRET,
    params=raw({"a": SECRET}),
    recipe=raw({}),
    statement_hash="0" * 64,
)
_RULED = AddCheckingRule(rule=rule("r2", "manual", rubric=raw({"say": SECRET})))

WAYS: Final[Mapping[type[Command], Sequence[Step]]] = {
    StartAttempt: _STARTED,
    SaveAnswers: [*_STARTED, _attempt(save(SECRET))],
    SubmitAttempt: _SUBMITTED,
    VoidAttempt: [*_STARTED, _attempt(VoidAttempt(reason="ill", now=AT))],
    ExpireAttempt: [*_LIMITED, _attempt(ExpireAttempt(document=document("e1"), now=LATE))],
    ExtendAttempt: [*_LIMITED, _attempt(extend(5))],
    AllowExtension: [*_LIMITED, _attempt(AllowExtension(extension=_EXTENSION))],
    AccommodateAttempt: [
        *_LIMITED,
        _attempt(AccommodateAttempt(allowance=Allowance(minutes=5), reason=SECRET, now=AT)),
    ],
    ImportExam: [*_IMPORTED, _exam(ImportExam(exam_id="e1", document=document("e1", "Other")))],
    ReportExamMissing: [*_IMPORTED, _exam(ReportExamMissing(problem=SECRET))],
    PublishExam: _OPENED,
    UnpublishExam: [*_OPENED, _exam(UnpublishExam())],
    SetExamWindow: [*_IMPORTED, _exam(SetExamWindow(window=StartWindow(opens_at=AT)))],
    ExtendExam: [*_IMPORTED, _exam(ExtendExam(extension=_EXTENSION))],
    ReleaseResults: [*_IMPORTED, _exam(ReleaseResults())],
    SetAccommodation: [
        Step(
            "accommodation-u1",
            SetAccommodation(user_id="u1", factor="1.25", minutes=0, reason=SECRET, now=AT),
        )
    ],
    ClaimSlot: _STARTED,
    ReleaseSlot: _SUBMITTED,
    RegisterUser: _REGISTERED,
    ChangePassword: [*_REGISTERED, _user(ChangePassword())],
    SignIn: [_user(SignIn(user_id="u1", register=True)), _user(SignIn(user_id="u1"))],
    SignOut: [*_REGISTERED, _user(SignOut())],
    ChangeSettings: [
        Step(
            "settings-installation",
            ChangeSettings(changes={"maxBodyMb": 3, "repeatedDifficultyThreshold": 4}),
        )
    ],
    CreateProblem: _CREATED,
    EditProblem: [*_CREATED, _problem(EditProblem(code="B-2", default_difficulty="hard"))],
    SubmitProblemForReview: _IN_REVIEW,
    ReturnProblemToDraft: [*_IN_REVIEW, _problem(ReturnProblemToDraft(comment=SECRET))],
    PublishProblem: [
        *_PUBLISHED,
        _problem(SubmitProblemForReview()),
        _problem(PublishProblem()),
    ],
    RetireProblem: [
        *_PUBLISHED,
        _problem(SubmitProblemForReview()),
        _problem(PublishProblem()),
        _problem(RetireProblem(reason=SECRET)),
    ],
    ArchiveProblem: [*_CREATED, _problem(ArchiveProblem(reason=SECRET))],
    RestoreProblem: [*_CREATED, _problem(ArchiveProblem()), _problem(RestoreProblem())],
    TakeVersionNumber: _DRAFTED,
    NoteVersionStatus: _PUBLISHED,
    TakeVariantKey: _VARIED,
    DraftVersion: _DRAFTED,
    EditVersion: [*_DRAFTED, _version(EditVersion(statement=statement(SECRET)))],
    SetAnswerKey: [*_DRAFTED, _version(SetAnswerKey(key=raw({"value": 5, "note": SECRET})))],
    AddCheckingRule: [*_DRAFTED, _version(_RULED)],
    ReviseCheckingRule: [
        *_DRAFTED,
        _version(ReviseCheckingRule(rule_id="r1", scoring_rule=raw({"maxScore": 2}))),
    ],
    AddSolution: _SOLVED,
    EditSolution: [
        *_SOLVED,
        _version(EditSolution(solution_id="s1", body=raw({"text": [SECRET]}))),
    ],
    RemoveSolution: [*_SOLVED, _version(RemoveSolution(solution_id="s1"))],
    SetAuthorTests: [*_DRAFTED, _version(SetAuthorTests(tests=(author_test(SECRET),)))],
    SubmitVersionForReview: _REVIEWED,
    ReturnVersionToDraft: [*_REVIEWED, _version(ReturnVersionToDraft(comment=SECRET))],
    PublishVersion: _PUBLISHED,
    RetireVersion: [*_PUBLISHED, _version(RetireVersion(reason=SECRET, now=NOW))],
    CreateVariant: _VARIED,
    GenerateVariant: [*_DRAFTED, _problem(TakeVariantKey(variant=_GENERATED))],
    EditVariantSettings: [*_VARIED, _variant(EditVariantSettings(settings=raw({"n": SECRET})))],
    MarkEquivalent: _EQUAL,
    UnmarkEquivalent: [*_EQUAL, _variant(UnmarkEquivalent(other="x2"))],
    **CONTENT_WAYS,
    **CHECKING_WAYS,
    Reserve: [Step("username-ann", Reserve(owner="u1"))],
    Release: [Step("username-ann", Reserve(owner="u1")), Step("username-ann", Release(owner="u1"))],
}

SILENT: Final = CONTENT_SILENT | frozenset({ConfirmProblem})
"""They only refuse: accepted, they change nothing, so there is nothing to tell of."""
