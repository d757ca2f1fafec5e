"""Invalid: what is wrong with a generator's parameters, constraints or templates, and where."""

from domain.kernel import RefusalKind, Refused


class GeneratorInvalid(Refused):
    """The generator cannot make what was asked for (CONTRACT C1.26).

    `details.path` is the place in the request or in the version: `params.a.step`,
    `constraints[2]`, `statement.body.text`.
    """

    code = "GENERATOR_INVALID"
    kind = RefusalKind.UNFIT

    def __init__(self, path: str, message: str) -> None:
        """`message` is one sentence for the author."""
        super().__init__(f"{path}: {message}", path=path)
        self.path = path


class KeyInvalid(GeneratorInvalid):
    """The same of the answer key or a solution: the message is for people with keys only."""


class Misread(Exception):
    """A formula that cannot be read; `place` counts characters from 1."""

    def __init__(self, message: str, place: int) -> None:
        """`message` is half a sentence."""
        super().__init__(f"{message} (character {place})")


class Misused(Exception):
    """A formula that no draw can make sense of, such as a text plus a number."""


class Undefined(Exception):
    """A formula that has no value for this draw: a division by zero, a root of no square."""
