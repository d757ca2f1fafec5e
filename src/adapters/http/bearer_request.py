"""Requests to the facades whose callers show a bearer token: Challenge and Bank."""

import re
from functools import cached_property
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec

from adapters.http.problems import Problem, invalid
from adapters.http.requests import StrictRequest, misfit
from adapters.ledger import Call
from adapters.principals import Principal
from event_store.envelope import Actor

Q = TypeVar("Q", bound=msgspec.Struct)

_PAGING: Final = frozenset({"page", "perPage", "sort"})
_REVISION: Final = re.compile(rb'"(0|[1-9][0-9]{0,17})"')
_MOST_PARAMETERS: Final = 64


class BearerRequest(StrictRequest):
    """A request whose caller is a Principal, or nobody where a route allows that."""

    @property
    def principal(self) -> Principal:
        """The caller, where the route asks for one."""
        principal: Principal = self.scope["user"]
        return principal

    def call(self, actor: Actor | None = None) -> Call:
        """The call to the ledger by the caller, in the identity scheme of this facade (K07)."""
        return super().call(actor or self.principal.actor(self.facade))

    def query(self, kind: type[Q]) -> Q:
        """The query string as `kind`. Raises Problem: 400 for what is unknown, doubled or misfit.

        What is wrong with a page or an order is an INVALID_PAGINATION (B-02).
        """
        try:
            pairs = parse_qsl(
                self.scope["query_string"].decode("ascii"),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=_MOST_PARAMETERS,
            )
        except ValueError:
            raise invalid("the query string cannot be read") from None
        given = dict(pairs)
        if len(given) != len(pairs):
            twice = next(name for name in given if [one for one, _ in pairs].count(name) > 1)
            raise invalid(f"{twice}: given more than once", path=twice)
        try:
            return msgspec.convert(given, kind, strict=False)
        except msgspec.ValidationError as error:
            problem = misfit(str(error))
            path = (problem.details or {}).get("path")
            if path in _PAGING:
                raise Problem(
                    400, "INVALID_PAGINATION", problem.message, details=problem.details
                ) from None
            raise problem from None

    @cached_property
    def revision(self) -> int | None:
        """The one revision the caller wants to change, from `If-Match`; None if it does not say.

        Raises Problem for anything but one quoted number or `*`.
        """
        given: Any = [value for name, value in self.scope["headers"] if name == b"if-match"]
        if not given or given == [b"*"]:
            return None
        found = _REVISION.fullmatch(given[0]) if len(given) == 1 else None
        if found is None:
            raise invalid('If-Match: must be one revision such as "7"', path="If-Match")
        return int(found[1])
