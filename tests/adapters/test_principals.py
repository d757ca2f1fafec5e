"""Roles: what each of them brings along (CONTRACT §2.E)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.access import ANY_BEARER, ANYBODY, one_of
from adapters.principals import BANK_ROLES, Principal, Role
from event_store.envelope import Actor

ELSEWHERE = set(Role) - BANK_ROLES


def holder(*roles: Role) -> Principal:
    return Principal("s-1", "Ada", frozenset(roles), None, 0.0)


@pytest.mark.parametrize(
    "role", [Role.AUTHOR, Role.MODERATOR, Role.PUBLISHER, Role.CHECKER, Role.EXPORTER, Role.ADMIN]
)
def test_who_works_with_content_may_view_it(role: Role):
    assert holder(role).has(Role.VIEWER)


@pytest.mark.parametrize("role", [Role.LEARNER, Role.SERVICE, Role.KEYS, *sorted(ELSEWHERE)])
def test_K35_no_other_role_brings_a_right_of_the_bank_along(role: Role):
    assert not holder(role).has(*(BANK_ROLES - {role}))


def test_an_admin_is_everything_in_the_bank_and_nothing_elsewhere():
    admin = holder(Role.ADMIN)
    assert all(admin.has(role) for role in BANK_ROLES)
    assert not admin.has(*ELSEWHERE)


@given(st.frozensets(st.sampled_from(Role)), st.frozensets(st.sampled_from(Role), min_size=1))
def test_more_roles_never_allow_less(roles: frozenset[Role], more: frozenset[Role]):
    for wanted in Role:
        assert holder(*roles | more).has(wanted) >= holder(*roles).has(wanted)
    assert all(holder(*roles).has(role) for role in roles)


def test_a_permission_is_needed_besides_a_role():
    rule = one_of(Role.AUTHOR, Role.CHECKER, also=Role.KEYS)
    assert rule.lets(holder(Role.AUTHOR, Role.KEYS))
    assert rule.lets(holder(Role.ADMIN))
    assert not rule.lets(holder(Role.AUTHOR))
    assert not rule.lets(holder(Role.KEYS))
    assert not rule.lets(holder(Role.VIEWER, Role.KEYS))


def test_a_rule_without_roles_lets_in_every_bearer():
    assert ANYBODY.lets(holder())
    assert ANYBODY.open
    assert ANY_BEARER.lets(holder())
    assert not ANY_BEARER.open
    assert not one_of(Role.ADMIN).open


def test_the_log_says_who_it_was_with_the_roles_of_the_token():
    assert holder(Role.PUBLISHER, Role.AUTHOR).actor("bank") == Actor(
        "bank", "s-1", ("author", "publisher")
    )
