"""Owners: a learner sees their own attempts and what came of them; others' are not there for them.

A handler with `opt["owned"]` lets in whoever its `access` names, and then asks here.
"""

from collections.abc import Callable

from adapters.http.bank.requests import BankRequest
from adapters.principals import Principal, Role
from domain.attempt import Learner
from domain.kernel import Refused


def owns(principal: Principal, learner: Learner) -> bool:
    """Whether it is the caller's own."""
    return (learner.scheme, learner.id) == (BankRequest.facade, principal.subject)


def refuse_strangers(
    principal: Principal, learner: Learner, *others: Role, missing: Callable[[], Refused]
) -> None:
    """Let its owner pass, and whoever has one of the `others`; it is `missing` for the rest."""
    if not (principal.has(*others) or owns(principal, learner)):
        raise missing()
