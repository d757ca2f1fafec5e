"""Drawing: from a seed to values, the same for ever and on every machine.

Storage promise: what a seed draws never changes under `GENERATOR_VERSION`; a change of anything
here, of arithmetic or of formats that can change a drawn variant makes a new version.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Final

from domain.variants.arithmetic import Outcome, Quantity, Work, worth
from domain.variants.formulas import Formula
from domain.variants.invalid import GeneratorInvalid, Misused, Undefined
from domain.variants.parameters import Choices, Parameters, Range

GENERATOR_VERSION: Final = "1"
MAX_TRIES: Final = 1000  # draws of one variant until all constraints hold
_WORD: Final = 2**64


def draw(parameters: Parameters, seed: str, number: int, work: Work) -> dict[str, Quantity]:
    """The values of variant `number` (1, 2, …) of a seed, drawn and derived, by name.

    Each parameter has random numbers of its own, so the order of names never matters and another
    parameter changes nothing. A draw that leaves a formula undefined, or a constraint unmet, is
    thrown away whole. Raises GeneratorInvalid that names what failed most often.
    """
    failed: Counter[tuple[str, str]] = Counter()
    for attempt in range(MAX_TRIES):
        values: dict[str, Quantity] = {}
        for name, source in parameters.drawn.items():
            work.step()
            values[name] = _pick(source, words(seed, number, attempt, name))
        if (failure := _completed(parameters, values, work)) is None:
            return values
        failed[failure] += 1
        if not parameters.drawn:
            break
    [((path, message), times)] = failed.most_common(1)
    raise GeneratorInvalid(path, f"{message} in {times} of {failed.total()} draws")


def _pick(source: Range | Choices, random: Iterator[int]) -> Quantity:
    match source:
        case Range(least, step, size):
            return least + step * bounded(random, size)
        case Choices(values):
            return values[bounded(random, len(values))]


def _completed(
    parameters: Parameters, values: dict[str, Quantity], work: Work
) -> tuple[str, str] | None:
    """Adds what is derived; why the draw does not do, if it does not: the place and a verb."""
    for name, formula in parameters.derived.items():
        path = f"params.{name}.expr"
        value = _worth(formula, values, work, path)
        if isinstance(value, Undefined):
            return path, f"has no value ({value})"
        if isinstance(value, bool):
            raise GeneratorInvalid(path, "is a condition, not a value")
        values[name] = value
    for index, constraint in enumerate(parameters.constraints):
        path = f"constraints[{index}]"
        holds = _worth(constraint.formula, values, work, path)
        if isinstance(holds, Undefined):
            return path, f"`{constraint.text}` has no value ({holds})"
        if not isinstance(holds, bool):
            raise GeneratorInvalid(path, f"`{constraint.text}` is a value, not a condition")
        if not holds:
            return path, f"`{constraint.text}` does not hold"
    return None


def _worth(
    formula: Formula, values: dict[str, Quantity], work: Work, path: str
) -> Outcome | Undefined:
    try:
        return worth(formula, values, work)
    except Misused as error:
        raise GeneratorInvalid(path, str(error)) from None
    except Undefined as error:
        return error


# --- random numbers -------------------------------------------------------------------------------


def words(seed: str, number: int, attempt: int, name: str) -> Iterator[int]:
    """Random numbers of 64 bits without end: SHA-256 of where we are and a counter."""
    text, label = seed.encode(), name.encode()
    where = b"".join(
        (
            b"MARKBOOK-VARIANT-v1\0",
            len(text).to_bytes(4, "big"),
            text,
            number.to_bytes(8, "big"),
            attempt.to_bytes(8, "big"),
            len(label).to_bytes(4, "big"),
            label,
        )
    )
    counter = 0
    while True:
        block = hashlib.sha256(where + counter.to_bytes(8, "big")).digest()
        yield int.from_bytes(block[:8], "big")
        counter += 1


def bounded(random: Iterator[int], count: int) -> int:
    """A whole number from 0 to count - 1, each equally likely.

    The last words of all, too few to go round once more, are passed over.
    """
    complete = _WORD - _WORD % count
    while (word := next(random)) >= complete:
        pass
    return word % count
