"""Policies: what must happen in the same transaction because something else did."""

from collections.abc import Sequence
from typing import Any

import msgspec

from domain.attempt import (
    Attempt,
    AttemptFinished,
    AttemptKind,
    AttemptStarted,
    AttemptVoided,
)
from domain.check_policies import check_follow_ups
from domain.content_policies import CONTENT_POLICIES
from domain.exam_attempt import StartAttempt
from domain.exam_slot import ClaimSlot, ReleaseSlot, SlotOutcome, exam_slot, slot_key
from domain.follow_up import FollowUp
from domain.kernel import Command, Event
from domain.problem import (
    ConfirmProblem,
    NoteVersionStatus,
    Problem,
    ProblemCreated,
    ProblemEdited,
    ProblemRetired,
    TakeVariantKey,
    TakeVersionNumber,
    VariantKeyTaken,
    VersionNumberTaken,
    VersionStanding,
    VersionStatusNoted,
    code_key,
    problem,
)
from domain.problem_variant import (
    MarkEquivalent,
    ProblemVariant,
    UnmarkEquivalent,
    VariantEquivalenceMarked,
    VariantEquivalenceUnmarked,
    problem_variant,
)
from domain.problem_version import (
    DraftVersion,
    ProblemVersion,
    ProblemVersionPublished,
    ProblemVersionRetired,
    PublishVersion,
    RetireVersion,
    problem_version,
)
from domain.reservation import NameKind, Release, Reserve, problem_code


def follow_ups(command: Command, state: Any, event: Event) -> Sequence[FollowUp]:
    """What follows from `event`, which `command` caused and which led to `state`."""
    match event, command, state:
        case AttemptStarted(), StartAttempt(slot=policy), Attempt():
            claim = ClaimSlot(attempt_id=event.attempt_id, policy=policy)
            return [FollowUp(_slot(state), claim)]
        case AttemptFinished(), _, Attempt():
            release = ReleaseSlot(attempt_id=state.attempt_id, outcome=SlotOutcome.FINISHED)
            return [FollowUp(_slot(state), release)]
        case AttemptVoided(), _, Attempt(kind=AttemptKind.EXAM):
            void = ReleaseSlot(attempt_id=state.attempt_id, outcome=SlotOutcome.VOID)
            return [FollowUp(_slot(state), void)]
        case ProblemCreated(code=code), _, Problem():
            return [_taken(code, state)]
        case ProblemEdited(), _, Problem(former_code=str(former)):
            if code_key(former) == code_key(state.code):
                return []
            give_back = Release(owner=state.problem_id)
            return [_taken(state.code, state), FollowUp(_code(former), give_back)]
        case ProblemRetired(replacement=str(other)), _, _:
            return [FollowUp(problem.stream(other), ConfirmProblem())]
        case VersionNumberTaken(n=n), TakeVersionNumber(), Problem():
            draft = DraftVersion(
                version_id=command.version_id,
                problem_id=state.problem_id,
                version=n,
                content=command.content,
                copied_from=command.copied_from,
            )
            return [FollowUp(problem_version.stream(command.version_id), draft)]
        case VariantKeyTaken(key=key, variant_id=variant_id), TakeVariantKey(variant=variant), _:
            made = msgspec.structs.replace(variant, key=key)
            return [FollowUp(problem_variant.stream(variant_id), made)]
        case ProblemVersionPublished(), PublishVersion(), ProblemVersion():
            note = NoteVersionStatus(
                n=state.version,
                status=VersionStanding.PUBLISHED,
                retire_previous=command.retire_previous,
                now=command.now,
            )
            return [FollowUp(problem.stream(state.problem_id), note)]
        case ProblemVersionRetired(retired_at=at), _, ProblemVersion():
            note = NoteVersionStatus(n=state.version, status=VersionStanding.RETIRED, now=at)
            return [FollowUp(problem.stream(state.problem_id), note)]
        case VersionStatusNoted(n=n), NoteVersionStatus(retire_previous=True), Problem():
            retire = RetireVersion(
                reason=f"version {n} is published", now=command.now, replaced=True
            )
            return [
                FollowUp(problem_version.stream(state.versions[other - 1]), retire)
                for other in sorted(state.published - {n})
            ]
        case VariantEquivalenceMarked(other=other, basis=basis), _, ProblemVariant():
            mark = MarkEquivalent(other=state.variant_id, basis=basis, in_return=True)
            return [FollowUp(problem_variant.stream(other), mark)]
        case VariantEquivalenceUnmarked(other=other), _, ProblemVariant():
            unmark = UnmarkEquivalent(other=state.variant_id)
            return [FollowUp(problem_variant.stream(other), unmark)]
        case _:
            content = CONTENT_POLICIES.get(type(event))
            if content is not None:
                return content(event, state)
            return check_follow_ups(command, state, event)


def _code(code: str) -> str:
    return problem_code.stream(code_key(code))


def _taken(code: str, state: Problem) -> FollowUp:
    reserve = Reserve(owner=state.problem_id, of=NameKind.PROBLEM_CODE)
    return FollowUp(_code(code), reserve)


def _slot(state: Attempt) -> str:
    return exam_slot.stream(slot_key(state.subject.id, state.learner.id))
