"""The history of an attempt: what each save changed, from what to what."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from domain.attempt import Answer, AnswersBranched, AnswersSaved, AttemptStarted, BranchReason
from domain.exam_attempt import SaveAnswers, attempt
from domain.kernel import ERASED, Event
from domain.registry import TAGS
from projections.attempt_history import Happening, Who, history
from tests.domain.test_attempt import STARTED, T1

ANN = Who("exam", "ann")


def happenings(events: list[Event]) -> list[Happening]:
    return [
        Happening(number, T1, TAGS[type(event)], ANN, event)
        for number, event in enumerate(events, 1)
    ]


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["q1", "q2", "q3"]), st.integers(0, 2), min_size=1),
        max_size=8,
    )
)
def test_2F_applying_every_change_gives_the_attempts_answers(saves):
    state, events = attempt.evolve(attempt.initial, STARTED), [STARTED]
    for save in saves:
        changes = tuple(Answer(*one) for one in save.items())
        for event in attempt.decide(state, SaveAnswers(changes=changes, now=T1)):
            state = attempt.evolve(state, event)
            events.append(event)  # type: ignore[arg-type] # all are events
    answers: dict[str, object] = {}
    for entry in history(happenings(events))[1:]:  # type: ignore[arg-type] # all are events
        assert entry.changes is not UNSET
        for change in entry.changes:
            assert change.before == answers.get(change.question_id, UNSET)
            assert change.before != change.after
            answers[change.question_id] = change.after
    assert answers == {q: answer.response for q, answer in state.answers.items()}


def test_2F_a_branch_changes_nothing_and_erased_answers_stay_erased():
    saved = AnswersSaved(changes=(Answer("q1", ERASED),), answered_count=1, updated_at=T1)
    branch = AnswersBranched(changes=(Answer("q1", "B"),), reason=BranchReason.STALE)
    again = AnswersSaved(changes=(Answer("q1", "C"),), answered_count=1, updated_at=T1)
    entries = history(happenings([STARTED, saved, branch, again]))
    assert [entry.event for entry in entries] == [
        "started",
        "answers_saved",
        "answers_branched",
        "answers_saved",
    ]
    [first], [second], [third] = (entry.changes or [] for entry in entries[1:])
    assert (first.before, first.after) == (UNSET, ERASED)
    assert (second.before, second.after) == (ERASED, "B")
    assert (third.before, third.after) == (ERASED, "C")
    assert "itemIds" not in entries[0].details
    assert isinstance(STARTED, AttemptStarted)
