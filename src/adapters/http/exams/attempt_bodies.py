"""Bodies of the attempt rows: what is sent, within bounds, in the domain's words."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, cast

import msgspec
from litestar.openapi.spec import Example
from msgspec import Meta

from adapters.http.problems import invalid
from domain.attempt import Answer
from domain.exam_bundle import AttemptBody

_DEEPEST: Final = 32
_LONGEST: Final = 256 * 1024
_NESTED: Final[frozenset[Any]] = frozenset({list, dict})


class AnswerItem(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """An answer: `response` is any JSON value (null clears it), `timeSec` seconds spent."""

    question_id: Annotated[str, Meta(min_length=1, max_length=200)]
    response: Any
    # Absent it is None, but null is no number and refused.
    time_sec: Annotated[int, Meta(ge=0)] | Annotated[float, Meta(ge=0)] = cast("float", None)


Items = Annotated[list[AnswerItem], Meta(max_length=10_000)]


class StartBody(msgspec.Struct, frozen=True, rename="camel"):
    """`resume` goes on with an active attempt if there is one, `new` never does."""

    mode: Literal["resume", "new"] = "resume"


class SaveBody(msgspec.Struct, frozen=True, rename="camel"):
    """Answers to save; others stay as they are. Whatever else is sent is ignored (E-27).

    `baseRevision` is the revision (`ETag`) the client has seen, `clientId` which tab or device it
    is. With them an answer that another client changed since is not overwritten (decision 10).
    """

    answers: Items
    client_updated_at: Annotated[str, Meta(max_length=100)] | None = None
    base_revision: Annotated[int, Meta(ge=0, le=2**53)] | None = None
    client_id: Annotated[str, Meta(max_length=100)] | None = None


class SubmitBody(msgspec.Struct, frozen=True, rename="camel"):
    """The last answers, if there are any that have not been saved."""

    answers: Items = []


class Submitted(msgspec.Struct, frozen=True, rename="camel"):
    """Where the bundle lies below the data folder, and the finished attempt."""

    output_path: str
    attempt: AttemptBody


_ANSWERS: Final = [
    {"questionId": "q1", "response": "A", "timeSec": 12.5},
    {"questionId": "q2", "response": ["A", "C"]},
]
START_EXAMPLES = [Example(value={}), Example(value={"mode": "resume"})]
SAVE_EXAMPLES = [
    Example(value={"answers": _ANSWERS}),
    Example(value={"answers": _ANSWERS[:1], "baseRevision": 7, "clientId": "tab-1"}),
]
SUBMIT_EXAMPLES = [Example(value={"answers": _ANSWERS[:1]})]


def changes_of(items: Sequence[AnswerItem]) -> tuple[Answer, ...]:
    """The answers in the domain's words. Raises Problem for one that is too deep or too long."""
    for index, item in enumerate(items):
        response = item.response
        if response.__class__ is str:
            fits = len(response) <= _LONGEST
        else:
            fits = response.__class__ not in _NESTED or _fits(response)
        if not fits:
            path = f"answers[{index}].response"
            raise invalid(f"{path}: too long, or nested deeper than {_DEEPEST} levels", path=path)
    return tuple([Answer(item.question_id, item.response, item.time_sec) for item in items])


def _fits(response: Any) -> bool:
    level: list[Any] = [response]
    for _ in range(_DEEPEST):
        level = [
            inner
            for value in level
            for inner in (value.values() if value.__class__ is dict else value)
            if inner.__class__ in _NESTED
        ]
        if not level:
            return len(msgspec.json.encode(response)) <= _LONGEST
    return False
