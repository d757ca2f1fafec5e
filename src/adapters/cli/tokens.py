"""`token`: print a bearer token signed with the installation's own key."""

import re
from pathlib import Path
from typing import Any, Final

import click

from adapters.cli.root import Root, Stop, located, markbook, settings_of
from adapters.principals import Role
from adapters.tokens import BadSubject

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION: Final = re.compile(r"([1-9][0-9]{0,8})([smhd])")
_LONGEST_DAYS: Final = 366


class _Duration(click.ParamType[int]):
    """A whole number and its unit, in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Seconds."""
        if isinstance(value, int):
            return value
        found = _DURATION.fullmatch(value)
        seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
        if not 0 < seconds <= _LONGEST_DAYS * _SECONDS["d"]:
            self.fail(
                f"{value!r} is no duration such as 30s, 15m, 1h or 7d, at most {_LONGEST_DAYS}d",
                param,
                ctx,
            )
        return seconds


@markbook.command()
@click.option("--sub", "subject", required=True, metavar="SUBJECT", help="Whose token it is.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="ROLE",
    help="What they may do; once for each role, see below.",
)
@click.option("--domain", help="The domain that a service acts for, such as lms.")
@click.option("--ttl", type=_Duration(), default="1h", show_default=True, help="How long it lasts.")
@located
@click.pass_obj
def token(
    root: Root,
    subject: str,
    roles: tuple[str, ...],
    *,
    domain: str | None,
    ttl: int,
    data: Path | None,
    database: str | None,
) -> None:
    """Print a bearer token for the Challenge and the Bank.

    \b
      TOKEN=$(markbook token --data DIR --sub ada --role author --role publisher)
      curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8000/api/v2/task-bank/problems

    The token is good wherever the same key is: token-key.json in the data folder, or the setting
    token_key_file. Nothing is stored, so it cannot be called back: keep --ttl short. A new key
    (move the file away, start again) ends all tokens at once.

    Roles of the Challenge: teacher, challenge-author. Of the Bank: viewer, author, moderator,
    publisher, checker, exporter, learner, service (with --domain), admin (everything), and keys
    beside another one to see answer keys. staff counts where tokens are exchanged for a session
    of the Exams API.
    """  # noqa: D301 - click's mark for lines that stay as they are
    settings = settings_of(data=data, database=database)
    for role in roles:
        if role not in set(Role):
            raise Stop(f"there is no role {role!r}; the roles are {', '.join(Role)}")
    if Role.SERVICE in roles and domain is None:
        raise Stop("a service acts for a domain: add --domain, such as --domain lms")
    try:
        made = root.tokens(settings).issue(subject, {Role(role) for role in roles}, domain, ttl)
    except BadSubject as error:
        raise Stop(str(error)) from None
    click.echo(made)
