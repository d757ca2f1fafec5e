"""Other libraries that compare expressions, in a process that is killed when it takes too long.

Only texts of our own corpus come here: sympy runs what it parses.
"""

import json
import select
import subprocess
import sys
from typing import IO, Any, Self

from domain.answers.expression import Question

SECONDS = 5.0
START_SECONDS = 60.0


class Rival:
    """A library behind a pipe; `with` ends its process."""

    def __init__(self, library: str) -> None:
        self.library = library
        self.process = self._started()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def verdict(self, question: Question) -> str | None:
        """correct, incorrect, or nothing: an error or no answer in time."""
        line = json.dumps([question.syntax.value, question.expected, question.given])
        self._stdin().write(line.encode() + b"\n")
        self._stdin().flush()
        if not select.select([self._stdout()], [], [], SECONDS)[0]:
            self._stop()
            self.process = self._started()
            return None
        said: str | None = json.loads(self._stdout().readline() or b"null")
        return said

    def _started(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.judging_rivals", self.library],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        self.process = process
        if not select.select([self._stdout()], [], [], START_SECONDS)[0]:
            raise TimeoutError(self.library)
        self._stdout().readline()
        return process

    def _stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self._stdin().close()
        self._stdout().close()

    def _stdin(self) -> IO[bytes]:
        assert self.process.stdin is not None
        return self.process.stdin

    def _stdout(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout


def _math_verify(_syntax: str, key: str, answer: str) -> bool | None:
    from math_verify import parse, verify  # type: ignore[import-untyped]  # no stubs

    sides: list[Any] = []
    for text in (key, answer):
        found = parse(f"${text.strip('$')}$", raise_on_error=True, parsing_timeout=None)
        if not found:
            return None
        sides.append(found)
    return bool(verify(sides[0], sides[1], raise_on_error=True, timeout_seconds=None))


def _sympy(syntax: str, key: str, answer: str) -> bool | None:
    import sympy  # type: ignore[import-untyped]  # no stubs
    from latex2sympy2_extended import latex2sympy  # type: ignore[import-untyped]  # no stubs
    from sympy.parsing.sympy_parser import (  # type: ignore[import-untyped]  # no stubs
        convert_xor,
        implicit_multiplication_application,
        parse_expr,
        standard_transformations,
    )

    ways = (*standard_transformations, implicit_multiplication_application, convert_xor)
    sides: list[Any] = [
        latex2sympy(text) if syntax == "latex" else parse_expr(text, transformations=ways)
        for text in (key, answer)
    ]
    if sides[0] == sides[1]:
        return True
    return bool(sympy.simplify(sides[0] - sides[1]) == 0)


def main() -> None:
    """Answer questions line by line: true, false, or null for an error."""
    way = {"math_verify": _math_verify, "sympy": _sympy}[sys.argv[1]]
    out = sys.stdout
    sys.stdout = sys.stderr  # the libraries may print
    way("plain", "1", "1")
    print("ready", file=out, flush=True)
    for line in sys.stdin:
        try:
            same = way(*json.loads(line))
        except Exception:  # noqa: BLE001  # whatever a library raises, it has no verdict
            same = None
        said = None if same is None else "correct" if same else "incorrect"
        print(json.dumps(said), file=out, flush=True)


if __name__ == "__main__":
    main()
