"""What a verdict means, in words: one clear sentence for the learner, a full account for auditors.

The learner's text is made from an allow-list: verdict, reading, reason, notes, score and the same
of the parts. Key, facts and witness are never looked at on that path.
"""

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import msgspec

from adapters.messages import Language, Messages, messages
from domain.answers.verdict import Arithmetic, Judgement, Trace, Verdict

_SHOWN: Final = 200
_INDENT: Final = "  "
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


class Audience(StrEnum):
    """Who reads an explanation."""

    LEARNER = "learner"
    AUDITOR = "auditor"


def explain(judged: Judgement | Trace, audience: Audience, language: Language = Language.EN) -> str:
    """The explanation of a judgement, or of a trace alone (then without score and checker).

    For a learner a line for the whole and one for each part; for an auditor many lines.
    """
    texts = messages(language)
    if audience is Audience.LEARNER:
        return "\n".join(_for_learner(judged, texts))
    return "\n".join(_for_auditor(judged, texts))


# --- the learner ---------------------------------------------------------------------------------


def _for_learner(judged: Judgement | Trace, texts: Messages) -> Iterator[str]:
    trace = judged.trace if isinstance(judged, Judgement) else judged
    score = judged.arithmetic if isinstance(judged, Judgement) else None
    yield _sentence(trace, score, texts)
    yield from _parts(trace, texts, "")


def _parts(trace: Trace, texts: Messages, above: str) -> Iterator[str]:
    for number, part in enumerate(trace.parts, 1):
        place = f"{above}{number}"
        sentence = _sentence(part, None, texts)
        yield texts.text("learner.part", number=place, sentence=sentence)
        yield from _parts(part, texts, f"{place}.")


def _sentence(trace: Trace, score: Arithmetic | None, texts: Messages) -> str:
    """Verdict, reading, reason, notes and score in one sentence."""
    clauses = []
    if trace.read_as is not None and not trace.parts:
        stopped = trace.verdict is Verdict.INVALID_FORMAT
        how = "learner.stopped" if stopped else "learner.read"
        clauses.append(texts.text(how, read=_shown(trace.read_as)))
    clauses.append(_reason(trace.reason, texts))
    clauses += [texts.text(f"note.{note}") for note in trace.notes if texts.has(f"note.{note}")]
    if score is not None and trace.verdict not in {Verdict.UNKNOWN, Verdict.INVALID_FORMAT}:
        best = texts.number(score.max_score)
        clauses.append(texts.counted("learner.score", score.score, best=best))
    return texts.text(
        "learner.sentence",
        verdict=texts.text(f"verdict.{trace.verdict}"),
        because=texts.text("learner.and").join(clauses),
    )


# --- the auditor ---------------------------------------------------------------------------------


def _for_auditor(judged: Judgement | Trace, texts: Messages) -> Iterator[str]:
    if isinstance(judged, Trace):
        yield from _account(judged, texts)
        return
    yield from _account(judged.trace, texts)
    if judged.arithmetic is not None:
        yield texts.text("auditor.score")
        yield from (_INDENT + line for line in _sum(judged.arithmetic, texts))
    yield texts.text("auditor.checker", checker=judged.checker)


def _account(trace: Trace, texts: Messages) -> Iterator[str]:
    """All that a trace holds, a line each; parts below it and further in."""
    verdict = texts.text(f"verdict.{trace.verdict}")
    reason = _reason(trace.reason, texts)
    yield texts.text("auditor.verdict", verdict=verdict, code=trace.verdict)
    yield texts.text("auditor.reason", reason=reason, code=trace.reason)
    yield texts.text("auditor.schema", type=trace.type, path=trace.path)
    yield texts.text("auditor.raw", raw=_shown(_json(trace.raw)))
    if trace.read_as is not None:
        yield texts.text("auditor.read", read=_shown(trace.read_as))
    if trace.method is not None:
        yield texts.text("auditor.method", method=_named("method", trace.method, texts))
    if trace.precision is not None:
        yield texts.counted("auditor.precision", Decimal(trace.precision))
    for name, value in trace.facts.items():
        yield texts.text("auditor.fact", name=_named("fact", name, texts), value=_shown(value))
    for note in trace.notes:
        yield texts.text("auditor.note", note=_named("note", note, texts))
    weight = texts.number(trace.weight)
    if trace.credit is None:
        yield texts.text("auditor.no_credit", weight=weight)
    else:
        yield texts.text("auditor.credit", credit=texts.number(trace.credit), weight=weight)
    for number, part in enumerate(trace.parts, 1):
        yield texts.text("auditor.part", number=str(number))
        yield from (_INDENT + line for line in _account(part, texts))


def _sum(score: Arithmetic, texts: Messages) -> Iterator[str]:
    """The way from the credit to the score, a step a line (B-39)."""
    best = texts.number(score.max_score)
    credit = texts.number(score.raw_credit)
    yield texts.text("auditor.sum.credit", credit=credit)
    yield texts.text(f"auditor.sum.partial.{'on' if score.partial_credit else 'off'}")
    yield texts.text("auditor.sum.raw", raw=texts.number(score.raw_score), best=best)
    for name, penalty in score.penalties.items():
        yield texts.text("auditor.sum.penalty", name=_shown(name), penalty=texts.number(penalty))
    yield texts.text("auditor.sum.score", score=texts.number(score.score), best=best)


# --- words ---------------------------------------------------------------------------------------


def _reason(code: str, texts: Messages) -> str:
    return texts.text(f"reason.{code}")


def _named(kind: str, code: str, texts: Messages) -> str:
    """The catalogue's word for a code, and the code itself where there is none."""
    name = f"{kind}.{code}"
    return texts.text(name) if texts.has(name) else _shown(code)


def _json(raw: Any) -> str:
    try:
        return _ENCODER.encode(raw).decode()
    except UnicodeEncodeError:  # half of a surrogate pair, from bytes that are no text
        return ascii(raw)


def _shown(text: str) -> str:
    """Somebody's text, safe to print: one line, no control characters, at most 200 characters."""
    start = text[: _SHOWN + 1]
    clean = "".join(
        char if char.isprintable() else " " if char.isspace() else "\N{REPLACEMENT CHARACTER}"
        for char in start
    )
    return clean if len(clean) <= _SHOWN else f"{clean[:_SHOWN]}…"
