"""What follows from what between a problem, its versions and its code, in one transaction."""

import pytest

from domain.problem import (
    NoPublishedVersion,
    PublishProblem,
    SubmitProblemForReview,
    VersionNumberTaken,
    VersionStanding,
    VersionStatusNoted,
)
from domain.problem_version import (
    AnswerSchemaRequired,
    EditVersion,
    ProblemVersionDrafted,
    ProblemVersionPublished,
    ProblemVersionRetired,
    PublishVersion,
    RetireVersion,
    SubmitVersionForReview,
    VersionImmutable,
    VersionStatus,
    problem_version,
)
from domain.registry import EVENTS, SEALS, TAGS
from tests.domain.problem_world import (
    NOW,
    P1,
    READY,
    V1,
    V2,
    World,
    content,
    raw,
    world_with_versions,
)


def publish(world: World, *streams: str, retire_previous: bool = False) -> None:
    for stream in streams:
        world.do(stream, SubmitVersionForReview())
        world.do(stream, PublishVersion(now=NOW, retire_previous=retire_previous))


def test_B19_a_number_is_taken_and_drafted_together():
    world = world_with_versions(READY, content())
    assert world.logs[P1][1:] == [
        VersionNumberTaken(n=1, version_id="v1"),
        VersionNumberTaken(n=2, version_id="v2"),
    ]
    drafted = world.logs[V2][0]
    assert isinstance(drafted, ProblemVersionDrafted)
    assert (drafted.problem_id, drafted.version) == ("p1", 2)


def test_B19_a_draft_that_is_refused_takes_no_number():
    with pytest.raises(AnswerSchemaRequired):
        world_with_versions(content(answer_schema=raw(None)))
    world = world_with_versions(READY)
    assert world.state(P1).versions == ("v1",)


def test_ADR12_the_problem_notes_what_becomes_of_its_versions():
    world = world_with_versions(READY, READY)
    publish(world, V1, V2)
    assert world.state(P1).published == {1, 2}
    world.do(V1, RetireVersion(reason="x", now=NOW))
    assert world.state(P1).published == {2}
    assert world.logs[P1][-1] == VersionStatusNoted(n=1, status=VersionStanding.RETIRED)


def test_C1_7_a_problem_whose_versions_are_all_retired_is_not_published():
    world = world_with_versions(READY)
    publish(world, V1)
    world.do(V1, RetireVersion(reason="x", now=NOW))
    world.do(P1, SubmitProblemForReview())
    with pytest.raises(NoPublishedVersion):
        world.do(P1, PublishProblem())


def test_C1_17_publishing_can_retire_all_that_were_published_before():
    world = world_with_versions(READY, READY, READY)
    publish(world, V1, V2)
    v3 = problem_version.stream("v3")
    world.do(v3, SubmitVersionForReview())
    events = world.do(v3, PublishVersion(now=NOW, retire_previous=True))
    assert [type(event) for event in events] == [
        ProblemVersionPublished,
        VersionStatusNoted,
        ProblemVersionRetired,
        ProblemVersionRetired,
        VersionStatusNoted,
        VersionStatusNoted,
    ]
    assert world.state(P1).published == {3}
    assert world.state(V1).status is world.state(V2).status is VersionStatus.RETIRED


def test_B18_the_store_takes_only_a_retirement_after_publication():
    allowed = SEALS[ProblemVersionPublished]
    assert allowed == (TAGS[ProblemVersionRetired],)
    others = {tag for tag in EVENTS if tag.startswith("problem_version.")} - set(allowed)
    assert len(others) == 12
    world = world_with_versions(READY)
    publish(world, V1)
    assert world.sealed == {V1: allowed}
    with pytest.raises(VersionImmutable):
        world.do(V1, EditVersion(metadata=raw({"a": 1})))
