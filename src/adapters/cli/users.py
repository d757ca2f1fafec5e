"""`user add`: make an account."""

import secrets
import sys
from pathlib import Path

import click

from adapters.cli.root import Root, Stop, located, markbook, settings_of, with_parts
from adapters.clock import system_clock
from adapters.http.parts import Parts
from adapters.ledger import Call
from adapters.passwords import LEAST_PASSWORD
from domain.exam_user import Role
from domain.reservation import NameTaken
from event_store.envelope import Actor


@markbook.group()
def user() -> None:
    """Accounts of the Exams API."""


@user.command()
@click.argument("name")
@click.option("--staff", is_flag=True, help="May see answers and every attempt.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@located
@click.pass_obj
def add(
    root: Root,
    name: str,
    *,
    staff: bool,
    password_stdin: bool,
    data: Path | None,
    database: str | None,
) -> None:
    """Make an account called NAME and ask for its password."""
    settings = settings_of(data=data, database=database)
    if not 1 <= len(name.strip()) <= 150:
        raise Stop("a user name has 1 to 150 characters")
    password = (
        sys.stdin.readline().rstrip("\n")
        if password_stdin
        else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    if len(password) < LEAST_PASSWORD:
        raise Stop(f"a password has at least {LEAST_PASSWORD} characters")
    user_id = secrets.token_hex(12)
    roles = (Role.STAFF,) if staff else ()

    async def work(parts: Parts) -> None:
        call = Call(Actor("system", "operator"), "system", "user add", system_clock())
        await parts.passwords.register(call, user_id, name.strip(), password, roles)

    try:
        with_parts(root, settings, work)
    except NameTaken:
        raise Stop(f"there is an account called {name!r} already") from None
    click.echo(f"{name.strip()} may sign in{' as staff' if staff else ''}; user id {user_id}.")
