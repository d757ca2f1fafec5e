"""The one explicit map: which decider takes a command, which type an event's tag means."""

from typing import Any, Final

from domain.accommodation import AccommodationSet, SetAccommodation, accommodation
from domain.attempt import (
    AccommodateAttempt,
    AllowExtension,
    AnswersBranched,
    AnswersSaved,
    AttemptExtended,
    AttemptFinished,
    AttemptStarted,
    AttemptSubmitted,
    AttemptVoided,
    ExpireAttempt,
    ExtendAttempt,
    SaveAnswers,
    StartAttempt,
    SubmitAttempt,
    VoidAttempt,
    attempt,
)
from domain.exam import (
    ExamFileChanged,
    ExamFileMissing,
    ExamImported,
    ExamPublished,
    ExamTimeExtended,
    ExamUnpublished,
    ExamWindowSet,
    ExtendExam,
    ImportExam,
    PublishExam,
    ReleaseResults,
    ReportExamMissing,
    ResultsReleased,
    SetExamWindow,
    UnpublishExam,
    exam,
)
from domain.exam_slot import ClaimSlot, ReleaseSlot, SlotClaimed, SlotReleased, exam_slot
from domain.exam_user import (
    ChangePassword,
    PasswordChanged,
    RegisterUser,
    SignIn,
    SignOut,
    UserRegistered,
    UserSignedIn,
    UserSignedOut,
    exam_user,
)
from domain.kernel import Command, Decider, Event
from domain.reservation import Release, Released, Reserve, Reserved, email_address, username

DECIDERS: Final[dict[str, Decider[Any]]] = {
    decider.category: decider
    for decider in (attempt, exam, exam_slot, exam_user, username, email_address, accommodation)
}

COMMANDS: Final[dict[type[Command], Decider[Any]]] = {
    StartAttempt: attempt,
    SaveAnswers: attempt,
    SubmitAttempt: attempt,
    VoidAttempt: attempt,
    ExpireAttempt: attempt,
    ExtendAttempt: attempt,
    AllowExtension: attempt,
    AccommodateAttempt: attempt,
    ImportExam: exam,
    ReportExamMissing: exam,
    PublishExam: exam,
    UnpublishExam: exam,
    SetExamWindow: exam,
    ExtendExam: exam,
    ReleaseResults: exam,
    SetAccommodation: accommodation,
    ClaimSlot: exam_slot,
    ReleaseSlot: exam_slot,
    RegisterUser: exam_user,
    ChangePassword: exam_user,
    SignIn: exam_user,
    SignOut: exam_user,
    Reserve: username,
    Release: username,
}

# tag → type and the version of its payload's shape; older versions are lifted by domain/upcasts.py
EVENTS: Final[dict[str, type[Event]]] = {
    "attempt.started": AttemptStarted,
    "attempt.answers_saved": AnswersSaved,
    "attempt.answers_branched": AnswersBranched,
    "attempt.submitted": AttemptSubmitted,
    "attempt.finished": AttemptFinished,
    "attempt.voided": AttemptVoided,
    "attempt.extended": AttemptExtended,
    "exam.imported": ExamImported,
    "exam.file_changed": ExamFileChanged,
    "exam.file_missing": ExamFileMissing,
    "exam.published": ExamPublished,
    "exam.unpublished": ExamUnpublished,
    "exam.window_set": ExamWindowSet,
    "exam.time_extended": ExamTimeExtended,
    "exam.results_released": ResultsReleased,
    "accommodation.set": AccommodationSet,
    "exam_slot.claimed": SlotClaimed,
    "exam_slot.released": SlotReleased,
    "exam_user.registered": UserRegistered,
    "exam_user.signed_in": UserSignedIn,
    "exam_user.signed_out": UserSignedOut,
    "exam_user.password_changed": PasswordChanged,
    "reservation.reserved": Reserved,
    "reservation.released": Released,
}

TAGS: Final[dict[type[Event], str]] = {kind: tag for tag, kind in EVENTS.items()}

SCHEMAS: Final[dict[str, int]] = dict.fromkeys(EVENTS, 1)
"""The current payload version of each tag."""


def decider_of(stream: str) -> Decider[Any]:
    """The decider whose stream this is."""
    return DECIDERS[stream.partition("-")[0]]
