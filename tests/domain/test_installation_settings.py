"""InstallationSettings: typed values, one event a change, all of a command or nothing (C6.6)."""

from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain.installation_settings import (
    ChangeSettings,
    InstallationSettings,
    SettingChanged,
    Subject,
    SubjectStatus,
    UnfitSetting,
    UnknownSetting,
    installation_settings,
)
from domain.kernel import Event, Refused, fold
from tests.domain.given import given

MATHS = {"key": "mathematics", "title": "Математика", "status": "active"}


def change(**changes: Any) -> ChangeSettings:
    return ChangeSettings(changes=changes)


def changed(key: str, before: Any, after: Any) -> SettingChanged:
    return SettingChanged(key=key, from_=before, to=after)


def test_C66_a_change_is_one_event_a_setting_and_the_same_again_is_silent():
    after = (
        given(installation_settings)
        .when(change(maxBodyMb=4, subjects=[{"key": "mathematics", "title": "Математика"}]))
        .then(changed("maxBodyMb", 1, 4), changed("subjects", [], [MATHS]))
    )
    assert after.state.max_body_mb == 4
    assert after.state.subjects == (Subject("mathematics", "Математика", SubjectStatus.ACTIVE),)
    after.when(change(maxBodyMb=4)).nothing()


def test_C66_null_brings_the_default_back():
    changed_once = given(installation_settings, changed("repeatedDifficultyThreshold", 3, 9))
    after = changed_once.when(change(repeatedDifficultyThreshold=None)).then(
        changed("repeatedDifficultyThreshold", 9, 3)
    )
    assert after.state == InstallationSettings()
    after.when(change(repeatedDifficultyThreshold=None)).nothing()


def test_C66_an_unknown_setting_is_refused_with_all_that_came_with_it():
    refusal = (
        given(installation_settings).when(change(maxBodyMb=2, colour="red")).refused(UnknownSetting)
    )
    assert (refusal.code, refusal.kind) == ("UNKNOWN_SETTING", "unfit")
    assert "maxBodyMb" in refusal.message
    assert refusal.details == {"path": "colour"}


@pytest.mark.parametrize(
    ("key", "value", "path"),
    [
        ("maxBodyMb", 0, "maxBodyMb"),
        ("maxBodyMb", 65, "maxBodyMb"),
        ("maxBodyMb", "2", "maxBodyMb"),
        ("maxBodyMb", True, "maxBodyMb"),
        ("attemptAllowUnpublished", 1, "attemptAllowUnpublished"),
        ("subjects", {}, "subjects"),
        ("subjects", [{"key": "Not A Slug", "title": "x"}], "subjects[0].key"),
        ("subjects", [MATHS | {"colour": "red"}], "subjects[0]"),
        (
            "snapshotScopes",
            [{"targetDomain": "lms", "targetType": "course", "allow": ["everything"]}],
            "snapshotScopes[0].allow[0]",
        ),
    ],
)
def test_C66_a_value_that_does_not_fit_is_refused_with_its_place(key: str, value: Any, path: str):
    refusal = given(installation_settings).when(change(**{key: value})).refused(UnfitSetting)
    assert refusal.code == "VALIDATION_ERROR"
    assert refusal.details["path"] == path
    assert path in refusal.message


def test_a_setting_that_this_program_no_longer_has_is_passed_over():
    state = fold(installation_settings, [changed("forgotten", 1, 2), changed("maxBodyMb", 1, 7)])
    assert state == InstallationSettings(max_body_mb=7)


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "maxBodyMb": st.integers(-3, 70) | st.none(),
    "attemptAllowUnpublished": st.booleans() | st.none() | st.integers(0, 1),
    "repeatedDifficultyThreshold": st.integers(0, 101) | st.none(),
    "subjects": st.lists(
        st.fixed_dictionaries(
            {"key": st.sampled_from(["maths", "physics", "NO"]), "title": st.sampled_from("ab")},
            optional={"status": st.sampled_from(["active", "hidden", "archived", "gone"])},
        ),
        max_size=3,
    ),
    "nothing": st.integers(),
}


class SettingsMachine(RuleBasedStateMachine):
    """The model is a plain dict of JSON values."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Event] = []
        self.live = InstallationSettings()
        self.model: dict[str, Any] = msgspec.json.decode(
            msgspec.json.encode(InstallationSettings())
        )

    @rule(
        changes=st.sets(st.sampled_from(sorted(VALUES))).flatmap(
            lambda keys: st.fixed_dictionaries({key: VALUES[key] for key in sorted(keys)})
        )
    )
    def change(self, changes: dict[str, Any]) -> None:
        try:
            events = installation_settings.decide(self.live, ChangeSettings(changes=changes))
        except Refused:
            return
        for event in events:
            assert isinstance(event, SettingChanged)
            assert self.model[event.key] == event.from_ != event.to
            self.model[event.key] = event.to
            self.live = installation_settings.evolve(self.live, event)
        self.log += events
        assert installation_settings.decide(self.live, ChangeSettings(changes=changes)) == []

    @invariant()
    def the_state_is_the_fold_and_what_the_events_say(self) -> None:
        assert fold(installation_settings, self.log) == self.live
        assert msgspec.json.decode(msgspec.json.encode(self.live)) == self.model


SettingsMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=15)
TestSettings = SettingsMachine.TestCase
