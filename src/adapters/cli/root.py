"""The `markbook` group, and what all its commands share: settings in, one clear line on failure."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

from adapters.http.facades import FacadeName
from adapters.http.parts import Parts
from adapters.settings import BadSettings, Settings, load_settings
from adapters.tokens import Tokens
from adapters.views import ViewMissing
from domain.kernel import Refused
from event_store.store import Store, StoreUnavailable

T = TypeVar("T")
BAD_USE = 2


class Root(NamedTuple):
    """What the composition root lends to the command line."""

    serve: Callable[[Settings], int]
    running: Callable[[Settings], AbstractAsyncContextManager[Parts]]
    store: Callable[[Settings], Store]
    openapi: Callable[[FacadeName], bytes]
    tokens: Callable[[Settings], Tokens]


class Stop(click.ClickException):
    """One line for the operator, and exit code 2."""

    exit_code = BAD_USE

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class Markbook(click.Group):
    """The group that turns what can go wrong into one line and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except (BadSettings, ViewMissing, StoreUnavailable) as error:
            raise Stop(str(error)) from None
        except Refused as refusal:
            raise Stop(f"{refusal.message} ({refusal.code})") from None


@click.group(
    cls=Markbook,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="markbook", prog_name="markbook")
def markbook() -> None:
    """An assessment back end that does not lose an answer.

    Try `markbook demo` first. Settings come from MARKBOOK_… variables and <data>/markbook.toml;
    the options of a command win over both.
    """


def located(command: Callable[..., T]) -> Callable[..., T]:
    """Add --data and --database, which every command takes."""
    command = click.option(
        "--database", metavar="URL", help="sqlite:///path or postgresql://user:password@host/name"
    )(command)
    return click.option(
        "--data", type=click.Path(path_type=Path), metavar="DIR", help="The data folder."
    )(command)


def settings_of(**given: Any) -> Settings:
    """The settings, with the command's own options on top. Raises BadSettings."""
    return load_settings(os.environ, given)


def with_parts(
    root: Root, settings: Settings, work: Callable[[Parts], Coroutine[Any, Any, T]]
) -> T:
    """Run `work` on a Markbook that is open but does not serve."""

    async def run() -> T:
        async with root.running(settings) as parts:
            return await work(parts)

    return asyncio.run(run())
