"""Names the house promises: past-tense events, commands with tests, files that state their job."""

import ast
import re

import pytest

from domain.kernel import Command, Event
from domain.registry import COMMANDS, EVENTS
from tests.architecture.modules import ROOT, Source, modules, sources

PAST = re.compile(
    r"(ed|Begun|Drawn|GaveUp|Given|Hidden|Lost|Made|Overridden|Reset|Seen|Sent|Set|Shown|Taken|Withdrawn)"
    r"(In|Out|Up|ForReview|ToDraft)?$"
)
# The catalogue (CONTRACT §5) spells these two without a verb.
WITHOUT_VERB = {"ExamFileMissing", "ExportReady"}
TAG = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\.[a-z][a-z0-9]*(_[a-z0-9]+)*")


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.__name__)
def test_an_event_is_named_in_the_past_tense(event: type[Event]):
    assert PAST.search(event.__name__) or event.__name__ in WITHOUT_VERB


@pytest.mark.parametrize("tag", EVENTS)
def test_an_event_tag_is_stream_category_dot_name_in_snake_case(tag: str):
    assert TAG.fullmatch(tag)


def test_no_two_tags_name_the_same_event():
    assert len(set(EVENTS.values())) == len(EVENTS)


@pytest.mark.parametrize(
    ("base", "registered"),
    [(Command, set(COMMANDS)), (Event, set(EVENTS.values()))],
    ids=["commands", "events"],
)
def test_every_command_and_event_of_the_domain_is_in_the_registry(
    base: type, registered: set[type]
):
    defined = {
        value
        for module in modules("domain")
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, base)
    }
    # A base that registered classes share (Command itself, the cheap half of an event) is none.
    leaves = {kind for kind in defined if not any(issubclass(known, kind) for known in registered)}
    assert leaves == set()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_every_command_is_named_in_a_test_of_the_domain_or_of_a_facade(command: type[Command]):
    tests = [*(ROOT / "tests/domain").rglob("*.py"), *(ROOT / "tests/http").rglob("*.py")]
    word = re.compile(rf"\b{command.__name__}\b")
    assert any(word.search(test.read_text(encoding="utf-8")) for test in tests)


@pytest.mark.parametrize("source", sources("domain"), ids=lambda source: source.path)
def test_every_domain_file_opens_with_a_sentence_that_says_its_job(source: Source):
    opening = (ast.get_docstring(source.tree) or "").partition("\n\n")[0]
    assert re.fullmatch(r"[^a-z\s].*\w.*[.!?]", opening, re.DOTALL)
