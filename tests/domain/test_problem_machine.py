"""A problem with its versions and variants in any order of commands: numbers, seals, hashes."""

from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.kernel import Command, Refused
from domain.problem import (
    ArchiveProblem,
    EditProblem,
    PublishProblem,
    RestoreProblem,
    RetireProblem,
    ReturnProblemToDraft,
    SubmitProblemForReview,
    TakeVariantKey,
    TakeVersionNumber,
    code_key,
)
from domain.problem_content import copied, hash_of
from domain.problem_variant import (
    CreateVariant,
    EditVariantSettings,
    GenerateVariant,
    MarkEquivalent,
    UnmarkEquivalent,
    problem_variant,
)
from domain.problem_version import (
    AddCheckingRule,
    AddSolution,
    EditSolution,
    EditVersion,
    ProblemVersion,
    PublishVersion,
    RemoveSolution,
    RetireVersion,
    ReturnVersionToDraft,
    ReviseCheckingRule,
    SetAnswerKey,
    SetAuthorTests,
    SubmitVersionForReview,
    VersionStatus,
    problem_version,
)
from domain.registry import decider_of
from domain.reservation import problem_code
from tests.domain import problem_world
from tests.domain.problem_world import (
    NOW,
    P1,
    READY,
    author_test,
    content,
    raw,
    solution,
    statement,
    world_with_versions,
)

NUMBERS = st.integers(1, 9)
IDS = st.sampled_from(["a", "b"])
EDITS = st.one_of(
    st.builds(EditVersion, statement=NUMBERS.map(lambda n: statement(f"{n}?"))),
    st.builds(EditVersion, metadata=NUMBERS.map(lambda n: raw({"n": n}))),
    st.builds(EditVersion, answer_schema=st.just(raw({"type": "free_text"}))),
    st.builds(SetAnswerKey, key=NUMBERS.map(lambda n: raw({"value": n}))),
    st.builds(AddCheckingRule, rule=IDS.map(problem_world.rule)),
    st.builds(
        ReviseCheckingRule,
        rule_id=IDS,
        scoring_rule=NUMBERS.map(lambda n: raw({"maxScore": n})),
    ),
    st.builds(AddSolution, solution=IDS.map(solution)),
    st.builds(EditSolution, solution_id=IDS, body=NUMBERS.map(lambda n: raw({"n": n}))),
    st.builds(RemoveSolution, solution_id=IDS),
    st.builds(SetAuthorTests, tests=st.lists(NUMBERS.map(author_test), max_size=1).map(tuple)),
)
MOVES = st.sampled_from(
    [
        SubmitVersionForReview(),
        ReturnVersionToDraft(comment="no"),
        PublishVersion(now=NOW),
        PublishVersion(now=NOW, retire_previous=True),
        RetireVersion(reason="x", now=NOW),
    ]
)
PROBLEM_MOVES = st.sampled_from(
    [
        SubmitProblemForReview(),
        ReturnProblemToDraft(comment="no"),
        PublishProblem(),
        RetireProblem(reason="x"),
        ArchiveProblem(),
        RestoreProblem(),
        EditProblem(code="A-1"),
        EditProblem(code="a-1"),
        EditProblem(code="B-2"),
        EditProblem(default_difficulty="hard"),
        EditProblem(default_difficulty=None),
    ]
)


class ProblemMachine(RuleBasedStateMachine):
    """Commands go through the deciders and policies; what was published is kept beside them."""

    @initialize()
    def begin(self) -> None:
        self.world = world_with_versions(READY)
        self.published: dict[str, tuple[bytes, str]] = {}
        self.made = 1
        self.variants: set[str] = set()

    def attempt(self, stream: str, command: Command) -> bool:
        before = dict(self.world.states)
        lengths = {name: len(log) for name, log in self.world.logs.items()}
        try:
            events = self.world.do(stream, command)
        except Refused:
            assert self.world.states == before  # a refusal leaves no trace
            return False
        if not events:
            assert {name: len(log) for name, log in self.world.logs.items()} == lengths
        return True

    def version(self, data: st.DataObject) -> str:
        number = data.draw(st.integers(1, self.made))
        return problem_version.stream(f"v{number}")

    @rule(ready=st.booleans())
    def a_new_version(self, *, ready: bool) -> None:
        new = f"v{self.made + 1}"
        parts = READY if ready else content(metadata=raw({"n": self.made}))
        if self.attempt(P1, TakeVersionNumber(version_id=new, content=parts)):
            self.made += 1

    @rule(data=st.data())
    def a_copy_of_a_version(self, data: st.DataObject) -> None:
        source: ProblemVersion = self.world.state(self.version(data))
        ids = tuple(f"c{self.made}-{number}" for number in range(50))
        new = TakeVersionNumber(
            version_id=f"v{self.made + 1}",
            content=copied(source.content, ids),
            copied_from=source.version_id,
        )
        if self.attempt(P1, new):
            self.made += 1
            copy = self.world.state(problem_version.stream(new.version_id))
            assert hash_of(copy.content) == hash_of(source.content)

    @rule(data=st.data(), edit=EDITS)
    def an_edit(self, data: st.DataObject, edit: Command) -> None:
        stream = self.version(data)
        status = self.world.state(stream).status
        if self.attempt(stream, edit):
            assert status is VersionStatus.DRAFT

    @rule(data=st.data(), move=MOVES)
    def a_version_moves(self, data: st.DataObject, move: Command) -> None:
        stream = self.version(data)
        if self.attempt(stream, move) and isinstance(move, PublishVersion):
            state: ProblemVersion = self.world.state(stream)
            assert state.content_hash is not None
            self.published[stream] = (_bytes(state), state.content_hash)
            if move.retire_previous:
                assert self.world.state(P1).published == {state.version}

    @rule(data=st.data())
    def a_version_goes_all_the_way(self, data: st.DataObject) -> None:
        stream = self.version(data)
        self.attempt(stream, SubmitVersionForReview())
        if self.attempt(stream, PublishVersion(now=NOW)):
            state: ProblemVersion = self.world.state(stream)
            assert state.content_hash is not None
            self.published[stream] = (_bytes(state), state.content_hash)

    @rule(move=PROBLEM_MOVES)
    def the_problem_moves(self, move: Command) -> None:
        had_one = bool(self.world.state(P1).published)
        if self.attempt(P1, move) and isinstance(move, PublishProblem):
            assert had_one

    @rule(data=st.data(), key=st.sampled_from(["x", "X", "y", "z"]), generated=st.booleans())
    def a_variant(self, data: st.DataObject, key: str, *, generated: bool) -> None:
        known = problem_variant.stream(f"{key}{len(self.variants)}")
        common: dict[str, Any] = {
            "variant_id": known.partition("-")[2],
            "problem_id": "p1",
            "key": key,
            "version_id": f"v{data.draw(st.integers(1, self.made))}",
        }
        made: CreateVariant | GenerateVariant = CreateVariant(**common)
        if generated:
            made = GenerateVariant(
                **common,
                generator="template",
                generator_version="1",
                seed="7",
                params=raw({"a": 3}),
                recipe=raw({}),
                statement_hash="0" * 64,
            )
        if self.attempt(P1, TakeVariantKey(variant=made)):
            assert key.casefold() not in {self.world.state(v).key.casefold() for v in self.variants}
            self.variants.add(known)

    @rule(data=st.data(), command=st.sampled_from(["mark", "unmark", "edit"]))
    def variants_change(self, data: st.DataObject, command: str) -> None:
        if not self.variants:
            return
        choice = st.sampled_from(sorted(self.variants))
        one, other = data.draw(choice), data.draw(choice).partition("-")[2]
        commands: dict[str, Command] = {
            "mark": MarkEquivalent(other=other, basis="same"),
            "unmark": UnmarkEquivalent(other=other),
            "edit": EditVariantSettings(settings=raw({"n": 1})),
        }
        self.attempt(one, commands[command])

    @invariant()
    def nothing_published_ever_changes(self) -> None:
        for stream, (before, digest) in self.published.items():
            state: ProblemVersion = self.world.state(stream)
            assert _bytes(state) == before
            assert state.content_hash == digest == hash_of(state.content)

    @invariant()
    def replay_from_bytes_is_the_live_state(self) -> None:
        for stream in self.world.logs:
            assert self.world.replayed(stream) == self.world.state(stream)

    @invariant()
    def numbers_count_without_gaps(self) -> None:
        versions = self.world.state(P1).versions
        assert versions == tuple(f"v{number}" for number in range(1, self.made + 1))
        for number, version_id in enumerate(versions, 1):
            state = self.world.state(problem_version.stream(version_id))
            assert (state.version, state.problem_id) == (number, "p1")

    @invariant()
    def the_problem_knows_which_versions_are_published(self) -> None:
        state = self.world.state(P1)
        there = {
            number
            for number, version_id in enumerate(state.versions, 1)
            if self.world.state(problem_version.stream(version_id)).status
            is VersionStatus.PUBLISHED
        }
        assert state.published == there

    @invariant()
    def the_problem_holds_its_code_and_no_other(self) -> None:
        held = {
            stream
            for stream in self.world.logs
            if decider_of(stream) is problem_code and self.world.state(stream).owner == "p1"
        }
        code = self.world.state(P1).code
        assert held == {problem_code.stream(code_key(code))}

    @invariant()
    def equivalence_is_mutual(self) -> None:
        for stream in self.variants:
            state = self.world.state(stream)
            for other, basis in state.equivalents.items():
                back = self.world.state(problem_variant.stream(other)).equivalents
                assert back[state.variant_id] == basis


def _bytes(state: ProblemVersion) -> bytes:
    return msgspec.json.encode(state.content)


ProblemMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestProblemMachine = ProblemMachine.TestCase
