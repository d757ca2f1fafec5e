"""ExamUser and the reservation of user names."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.exam_user import (
    ChangePassword,
    ExamUser,
    PasswordChanged,
    RegisterUser,
    Role,
    SignIn,
    SignOut,
    UserExists,
    UserNotFound,
    UserRegistered,
    UserSignedIn,
    UserSignedOut,
    exam_user,
)
from domain.kernel import ERASED, Event, fold
from domain.keys import composite_key, folded
from domain.reservation import (
    EmailTaken,
    NameKind,
    NameTaken,
    Release,
    Released,
    Reserve,
    Reserved,
    UsernameTaken,
    email_address,
    username,
)
from tests.domain.given import given

ANN = UserRegistered(user_id="u1", username="ann", roles=(Role.STAFF,))


def test_register_sign_in_and_out():
    after = (
        given(exam_user)
        .when(RegisterUser(user_id="u1", username="ann", roles=(Role.STAFF,)))
        .then(ANN)
    )
    assert after.state == ExamUser(user_id="u1", username="ann", roles=(Role.STAFF,))
    after.when(RegisterUser(user_id="u1", username="ann")).refused(UserExists)
    signed_in = after.when(SignIn(user_id="u1")).then(UserSignedIn())
    signed_in.when(SignOut()).then(UserSignedOut())
    signed_in.when(ChangePassword()).then(PasswordChanged())


def test_decision11_who_signs_in_by_token_is_registered_by_the_name_in_it():
    command = SignIn(user_id="u9", username="Ada", register=True)
    registered = UserRegistered(user_id="u9", username="Ada")
    after = given(exam_user).when(command).then(registered, UserSignedIn())
    renamed = SignIn(user_id="u9", username="Ada Lovelace", register=True)
    after.when(renamed).then(UserSignedIn())


def test_decision11_open_sign_in_registers_on_the_way():
    command = SignIn(user_id="u9", register=True)
    after = (
        given(exam_user)
        .when(command)
        .then(UserRegistered(user_id="u9", username="u9"), UserSignedIn())
    )
    after.when(command).then(UserSignedIn())


@pytest.mark.parametrize("command", [SignIn(user_id="u1"), SignOut(), ChangePassword()])
def test_an_unknown_account_can_do_nothing(command):
    given(exam_user).when(command).refused(UserNotFound)


def test_an_erased_name_still_signs_in():
    erased = UserRegistered(user_id="u1", username=ERASED)
    given(exam_user, erased).when(SignIn(user_id="u1")).then(UserSignedIn())


def test_names_are_compared_folded():
    assert folded("  ＡNN ") != folded("ann")
    assert folded("Straße") == folded("STRASSE")
    assert folded("Ёлка") == folded("ёлка")
    assert folded("e\u0301") == folded("é")


def test_composite_keys_never_meet():
    assert composite_key("a", "bc") != composite_key("ab", "c")
    assert composite_key("1:a") != composite_key("1", "a")


@pytest.mark.parametrize(
    ("decider", "kind", "refusal"),
    [
        (username, NameKind.USERNAME, UsernameTaken),
        (email_address, NameKind.EMAIL, EmailTaken),
    ],
)
def test_A8_a_name_that_is_taken_says_which(decider, kind, refusal):
    after = given(decider).when(Reserve(owner="a", of=kind)).then(Reserved(owner="a"))
    assert after.when(Reserve(owner="b", of=kind)).refused(refusal).code.startswith(kind.upper())


def test_A8_an_account_carries_what_its_person_wrote():
    command = RegisterUser(
        user_id="u1", username="ann", email="a@b.org", first_name="Ann", last_name="Lee"
    )
    given(exam_user).when(command).then(
        UserRegistered(
            user_id="u1", username="ann", email="a@b.org", first_name="Ann", last_name="Lee"
        )
    )


class NameMachine(RuleBasedStateMachine):
    """A name has one owner at most, and only the owner gives it back."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Event] = []
        self.owner: str | None = None

    def run(self, command: Reserve | Release) -> bool:
        try:
            self.log += username.decide(fold(username, self.log), command)
        except NameTaken:
            return False
        return True

    @rule(owner=st.sampled_from(["a", "b", "c"]))
    def reserve(self, owner: str) -> None:
        assert self.run(Reserve(owner=owner)) == (self.owner in {None, owner})
        self.owner = self.owner or owner

    @rule(owner=st.sampled_from(["a", "b", "c"]))
    def release(self, owner: str) -> None:
        assert self.run(Release(owner=owner))
        self.owner = None if self.owner == owner else self.owner

    @invariant()
    def one_owner(self) -> None:
        assert fold(username, self.log).owner == self.owner
        kinds = [type(event) for event in self.log]
        assert kinds == [(Reserved, Released)[index % 2] for index in range(len(kinds))]


NameMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
TestNameMachine = NameMachine.TestCase
