"""ProblemUsage: registered once, frozen, released, one to a position (B-41, B-42, C2.13–C2.16)."""

from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.documents import BadDocument
from domain.kernel import Refused
from domain.problem import VersionNotOfProblem
from domain.problem_usage import (
    ContextDomain,
    DomainMismatch,
    RegisterUsage,
    ReleaseUsage,
    UsageContext,
    UsageIdTaken,
    UsageNotFound,
    UsageRegistered,
    UsageReleased,
    UsageStatus,
    position_key,
    problem_usage,
)
from domain.problem_version import (
    PublishVersion,
    RetireVersion,
    SubmitVersionForReview,
)
from domain.problem_version_use import VersionNotUsable
from domain.reservation import UsagePositionTaken
from tests.domain.given import given
from tests.domain.problem_world import NOW, READY, V1, World, raw, world_with_versions

LATER = "2026-01-06T09:00:00.000Z"
LESSON = UsageContext(domain=ContextDomain.LMS, type="lesson", id="l1", position=1)


def register(usage_id: str = "u1", **parts: Any) -> RegisterUsage:
    fields: dict[str, Any] = {
        "problem_id": "p1",
        "problem_version_id": "v1",
        "context": LESSON,
        **parts,
    }
    return RegisterUsage(usage_id=usage_id, now=NOW, **fields)


def stream(usage_id: str = "u1") -> str:
    return problem_usage.stream(usage_id)


RULE = raw({"maxScore": 2})
REGISTERED = UsageRegistered(
    usage_id="u1",
    problem_id="p1",
    problem_version_id="v1",
    context=LESSON,
    scoring_rule_snapshot=RULE,
    registered_at=NOW,
)


def test_C2_14_a_usage_is_registered_once_and_released_once():
    command = register(scoring_rule_snapshot=RULE)
    after = given(problem_usage).when(command).then(REGISTERED)
    after.when(command).refused(UsageIdTaken)
    release = ReleaseUsage(reason="over", now=LATER)
    released = after.when(release).then(UsageReleased(reason="over", released_at=LATER))
    released.when(release).nothing()
    assert (released.state.status, released.state.released_at) == (UsageStatus.RELEASED, LATER)
    given(problem_usage).when(release).refused(UsageNotFound)


def test_C2_14_a_service_speaks_only_for_its_own_domain():
    given(problem_usage).when(register(caller_domain="lms")).happens()
    refusal = (
        given(problem_usage).when(register(caller_domain="storefront")).refused(DomainMismatch)
    )
    assert (refusal.code, refusal.kind) == ("DOMAIN_MISMATCH", "forbidden")
    other = ReleaseUsage(caller_domain="storefront", now=LATER)
    given(problem_usage, REGISTERED).when(other).refused(DomainMismatch)
    given(problem_usage, REGISTERED).when(ReleaseUsage(caller_domain="lms", now=LATER)).happens()


@pytest.mark.parametrize("part", ["scoring_rule_snapshot", "visibility_policy"])
def test_C2_14_documents_are_objects(part):
    given(problem_usage).when(msgspec.structs.replace(register(), **{part: raw([1])})).refused(
        BadDocument
    )


def published() -> World:
    made = world_with_versions(READY)
    made.do(V1, SubmitVersionForReview())
    made.do(V1, PublishVersion(now=NOW))
    return made


def test_C2_14_only_published_versions_are_used_unless_the_usage_allows_others():
    made = world_with_versions(READY)
    with pytest.raises(VersionNotUsable) as caught:
        made.do(stream(), register())
    assert (caught.value.code, caught.value.kind) == ("VERSION_NOT_USABLE", "conflict")
    for policy in ({"allowUnpublished": "yes"}, {"allowUnpublished": 1}, {}):
        with pytest.raises(VersionNotUsable):
            made.do(stream(), register(visibility_policy=raw(policy)))
    made.do(stream(), register(visibility_policy=raw({"allowUnpublished": True})))
    with pytest.raises(VersionNotOfProblem):
        made.do(stream("u2"), register("u2", problem_version_id="v9"))
    nothing = register("u2", problem_id="", problem_version_id="v9")
    for told in (raw({}), raw({"allowUnpublished": True})):
        with pytest.raises(VersionNotUsable):
            made.do(stream("u2"), msgspec.structs.replace(nothing, visibility_policy=told))


def test_C2_14_a_retired_version_is_not_used_anew():
    made = published()
    made.do(stream(), register())
    made.do(V1, RetireVersion(reason="old", now=NOW))
    for policy in (raw(None), raw({"allowUnpublished": True})):
        with pytest.raises(VersionNotUsable):
            made.do(stream("u2"), register("u2", visibility_policy=policy))
    assert made.state(stream()).status is UsageStatus.ACTIVE


def test_B42_the_scoring_rule_is_the_copy_that_was_registered():
    made = published()
    made.do(stream(), register(scoring_rule_snapshot=raw({"maxScore": 3, "partialCredit": True})))
    made.do(V1, RetireVersion(reason="old", now=NOW))
    made.do(stream(), ReleaseUsage(now=LATER))
    assert made.state(stream()).scoring_rule_snapshot == raw({"maxScore": 3, "partialCredit": True})
    assert made.replayed(stream()) == made.state(stream())


def test_C2_14_a_usage_without_a_position_takes_none():
    made = published()
    nowhere = UsageContext(domain=ContextDomain.LMS, type="lesson", id="l1")
    made.do(stream(), register(context=nowhere))
    made.do(stream("u2"), register("u2", context=nowhere))
    made.do(stream(), ReleaseUsage(now=LATER))


def test_keys_of_positions_are_of_their_whole_context():
    contexts = [
        LESSON,
        UsageContext(domain=ContextDomain.MANUAL, type="lesson", id="l1", position=1),
        UsageContext(domain=ContextDomain.LMS, type="lessonl", id="1", position=1),
        UsageContext(domain=ContextDomain.LMS, type="lesson", id="l1", position=11),
        UsageContext(domain=ContextDomain.LMS, type="lesson", id="l11", position=1),
    ]
    assert len({position_key(one) for one in contexts}) == len(contexts)


class UsageMachine(RuleBasedStateMachine):
    """A position of a context belongs to one active usage at most."""

    def __init__(self) -> None:
        super().__init__()
        self.world = published()
        self.holders: dict[int, str] = {}
        self.made: dict[str, int] = {}

    @rule(position=st.integers(1, 3))
    def register(self, position: int) -> None:
        usage_id = f"u{len(self.made)}"
        context = UsageContext(domain=ContextDomain.LMS, type="t", id="i", position=position)
        command = register(usage_id, context=context)
        if position in self.holders:
            with pytest.raises(UsagePositionTaken):
                self.world.do(stream(usage_id), command)
        else:
            self.world.do(stream(usage_id), command)
            self.holders[position] = usage_id
            self.made[usage_id] = position

    @rule(data=st.data())
    def release(self, data: Any) -> None:
        usage_id = data.draw(st.sampled_from(["nobody", *self.made]))
        try:
            self.world.do(stream(usage_id), ReleaseUsage(now=LATER))
        except Refused:
            assert usage_id == "nobody"
            return
        position = self.made[usage_id]
        if self.holders.get(position) == usage_id:
            del self.holders[position]

    @invariant()
    def the_active_ones_are_those_that_hold_a_position(self) -> None:
        states = {one: self.world.state(stream(one)) for one in self.made}
        active = {one for one, state in states.items() if state.status is UsageStatus.ACTIVE}
        assert active == {*self.holders.values()}


UsageMachine.TestCase.settings = settings(stateful_step_count=20, deadline=None)
TestUsageMachine = UsageMachine.TestCase
