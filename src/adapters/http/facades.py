"""The three facades: where each is mounted, how it fails and how it is described."""

import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import cache
from itertools import combinations, zip_longest
from typing import Final, NamedTuple

from litestar import Router

from adapters.http import bank, challenge, exams, openapi
from adapters.http.bank.envelope import error_reply as bank_error
from adapters.http.challenge.envelope import error_reply as challenge_error
from adapters.http.cors import CorsRule, with_bearers, with_cookies
from adapters.http.exams.errors import error_reply as exams_error
from adapters.http.problems import Problem
from adapters.http.replies import Reply
from adapters.settings import BadSettings, Settings

_PARAMETER: Final = re.compile(r"\{[^}]*\}")


class FacadeName(StrEnum):
    """Which contract."""

    EXAMS = "exams"
    CHALLENGE = "challenge"
    BANK = "bank"


class Facade(NamedTuple):
    """A contract under its path: its routes, its error envelope, its document."""

    name: FacadeName
    prefix: str
    router: Callable[[], Router]
    error_reply: Callable[[Problem, str], Reply]
    cors: CorsRule
    title: str
    description: str

    def covers(self, path: str) -> bool:
        """Whether an address is below this facade's path."""
        return path == self.prefix or path.startswith(f"{self.prefix}/")


def facades(settings: Settings) -> tuple[Facade, ...]:
    """The facades, those with the longer paths first: an address belongs to the first it fits."""
    base = settings.bank_base
    every = (
        Facade(
            FacadeName.EXAMS,
            exams.PREFIX,
            exams.exams_router,
            exams_error,
            with_cookies(settings.cors_origins),
            exams.TITLE,
            exams.DESCRIPTION,
        ),
        Facade(
            FacadeName.CHALLENGE,
            challenge.PREFIX,
            challenge.challenge_router,
            challenge_error,
            with_bearers(settings.challenge_cors_origins),
            challenge.TITLE,
            challenge.DESCRIPTION,
        ),
        Facade(
            FacadeName.BANK,
            base,
            lambda: bank.bank_router(base),
            bank_error,
            with_bearers(settings.bank_cors_origins),
            bank.TITLE,
            bank.DESCRIPTION,
        ),
    )
    return tuple(sorted(every, key=lambda one: len(one.prefix), reverse=True))


def refuse_clashes(mounted: Sequence[tuple[Facade, Router]]) -> None:
    """Raise BadSettings if an address could belong to two facades (decision 6, K02)."""
    for (one, its), (other, theirs) in combinations(mounted, 2):
        if one.prefix == other.prefix:
            raise BadSettings(_clash(one, other, one.prefix, other.prefix))
        for ours in its.routes:
            for other_route in theirs.routes:
                if _meet(ours.path, other_route.path):
                    raise BadSettings(_clash(one, other, ours.path, other_route.path))


def _clash(one: Facade, other: Facade, path: str, other_path: str) -> str:
    return (
        f"bank_base: the {one.name} facade's {path} clashes with {other_path} of the "
        f"{other.name} facade; mount the bank elsewhere, such as at /api/v2/task-bank"
    )


def _meet(path: str, other: str) -> bool:
    """Whether one address fits both patterns."""
    for mine, theirs in zip_longest(path.split("/"), other.split("/")):
        if "path}" in (mine or "") + (theirs or ""):
            return True  # a parameter that takes all the rest
        if mine != theirs and not (
            mine and theirs and (_PARAMETER.fullmatch(mine) or _PARAMETER.fullmatch(theirs))
        ):
            return False
    return True


@cache
def document(name: FacadeName, base: str = Settings().bank_base) -> bytes:
    """The OpenAPI document of one facade as JSON; `base` is where the bank is mounted."""
    [facade] = [one for one in facades(Settings(bank_base=base)) if one.name is name]
    return openapi.document(facade.router(), title=facade.title, description=facade.description)
