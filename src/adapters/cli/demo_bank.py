"""The demo's Bank: twelve problems are taken in, and a walk to paste into a shell is written."""

from importlib import resources
from typing import Final, NamedTuple

import click

from adapters.cli.importing import OPERATOR
from adapters.clock import system_clock
from adapters.http.parts import Parts
from adapters.ledger import Call
from adapters.principals import Role
from adapters.problem_import import ProblemImport
from adapters.tokens import Tokens

_DEMO: Final = "adapters.demo"
_PROBLEMS: Final = "problems.jsonl"
_WALK: Final = "bank-walk.sh"
_TOKEN_SECONDS: Final = 12 * 3600


class _Person(NamedTuple):
    """Somebody in the walk: the shell's name for their token, and what it says."""

    variable: str
    subject: str
    roles: tuple[Role, ...]


_PEOPLE: Final = (
    _Person("AUTHOR", "author", (Role.AUTHOR, Role.PUBLISHER, Role.KEYS)),
    _Person("LEARNER", "student", (Role.LEARNER,)),
    _Person("CHECKER", "teacher", (Role.CHECKER, Role.KEYS)),
)


async def take_in(parts: Parts) -> None:
    """Import the problems; those that are there already stay as they are."""
    call = Call(OPERATOR, "system", "demo", system_clock())
    lines = resources.files(_DEMO).joinpath(_PROBLEMS).read_bytes().splitlines()
    async for row in ProblemImport(parts.ledger, call).rows(lines):
        if row.error is not None:
            said = f"{_PROBLEMS}, row {row.row}: {row.error.message} ({row.error.code})"
            click.echo(said, err=True)


def walk(bank: str, tokens: Tokens) -> str:
    """The walk with tokens of its own, good for twelve hours; `bank` is the facade's address."""
    variables = [f"BANK={bank}"]
    for person in _PEOPLE:
        token = tokens.issue(person.subject, set(person.roles), None, _TOKEN_SECONDS)
        variables.append(f"{person.variable}={token}")
    script = resources.files(_DEMO).joinpath(_WALK).read_text(encoding="utf-8")
    return "\n".join([*variables, script])
