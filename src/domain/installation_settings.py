"""InstallationSettings: what the people of an installation decide while it runs (CONTRACT C6.6).

Deployment settings are another set, read at start (decision 13).
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from domain.kernel import Command, Decider, Event, RefusalKind, Refused, Value

INSTALLATION: Final = "installation"
"""The key of the one stream: an installation is one organisation (decision 14)."""

Slug = Annotated[str, Meta(pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*$", max_length=100)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]


class SubjectStatus(StrEnum):
    """Whether a subject may be chosen, is kept out of sight, or is history."""

    ACTIVE = "active"
    HIDDEN = "hidden"
    ARCHIVED = "archived"


class Subject(Value, frozen=True, forbid_unknown_fields=True, omit_defaults=False):
    """A subject that problems may belong to."""

    key: Slug
    title: Name
    status: SubjectStatus = SubjectStatus.ACTIVE


class TargetDomain(StrEnum):
    """Where a content export may go."""

    LMS = "lms"
    COMPETITIONS = "competitions"
    STOREFRONT = "storefront"
    MANAGEMENT = "management"
    MANUAL = "manual"


class Protected(StrEnum):
    """What leaves in a content export only if its scope allows it (B-73 to B-77)."""

    ANSWER_KEYS = "answer_keys"
    HIDDEN_SOLUTIONS = "hidden_solutions"
    RUBRICS = "rubrics"
    TEACHER_NOTES = "teacher_notes"


class SnapshotScope(Value, frozen=True, forbid_unknown_fields=True):
    """Which protected kinds exports to one target may carry."""

    target_domain: TargetDomain
    target_type: Name
    allow: tuple[Protected, ...]


class InstallationSettings(
    Value, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=False
):
    """The settings as they stand; a setting nobody changed has its default."""

    subjects: Annotated[
        tuple[Subject, ...],
        Meta(max_length=500, description="Subjects problems may have; empty: any slug will do"),
    ] = ()
    snapshot_scopes: Annotated[
        tuple[SnapshotScope, ...],
        Meta(max_length=200, description="What exports to each target may carry besides content"),
    ] = ()
    attempt_allow_unpublished: Annotated[
        bool, Meta(description="Whether authors may answer versions that are not published")
    ] = False
    repeated_difficulty_threshold: Annotated[
        int,
        Meta(ge=1, le=100, description="At which failure in one topic the difficulty is repeated"),
    ] = 3
    max_body_mb: Annotated[
        int, Meta(ge=1, le=64, description="The largest body the Bank takes, in MiB")
    ] = 1


# --- events -------------------------------------------------------------------------------------


class SettingChanged(Event, frozen=True, rename={"from_": "from"}, omit_defaults=False):
    """A setting has another value; both are as JSON."""

    key: str
    from_: Any
    to: Any


# --- commands -----------------------------------------------------------------------------------


class ChangeSettings(Command, frozen=True):
    """Give settings, by their camelCase names, other values; None is the default."""

    changes: Mapping[str, Any]


# --- refusals -----------------------------------------------------------------------------------


class UnknownSetting(Refused):
    """There is no setting of this name."""

    code, kind = "UNKNOWN_SETTING", RefusalKind.UNFIT


class UnfitSetting(Refused):
    """The value is not one that the setting takes."""

    code, kind = "VALIDATION_ERROR", RefusalKind.INVALID


# --- decisions ----------------------------------------------------------------------------------

_FIELDS: Final = {
    field.encode_name: field.name for field in msgspec.structs.fields(InstallationSettings)
}
_DEFAULTS: Final = InstallationSettings()


def decide(state: InstallationSettings, command: ChangeSettings) -> Sequence[SettingChanged]:
    """One event for each setting that gets another value."""
    events = []
    for key, value in command.changes.items():
        if key not in _FIELDS:
            known = ", ".join(_FIELDS)
            raise UnknownSetting(f"{key[:100]}: no such setting; there are {known}", path=key[:100])
        before = getattr(state, _FIELDS[key])
        after = getattr(_with(_DEFAULTS, key, value), _FIELDS[key])
        if after != before:
            events.append(SettingChanged(key=key, from_=_as_json(before), to=_as_json(after)))
    return events


def _as_json(value: Any) -> Any:
    """A value as it comes back from the log."""
    return msgspec.json.decode(msgspec.json.encode(value))


def _with(state: InstallationSettings, key: str, value: Any) -> InstallationSettings:
    """The settings with one value replaced. Raises UnfitSetting for one that does not fit."""
    if value is None:
        return msgspec.structs.replace(state, **{_FIELDS[key]: getattr(_DEFAULTS, _FIELDS[key])})
    try:
        fitting = msgspec.convert({key: value}, InstallationSettings)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).rpartition(" - at `$.")
        path = path.rstrip("`")
        raise UnfitSetting(f"{path}: {reason[:1].lower()}{reason[1:]}", path=path) from None
    return msgspec.structs.replace(state, **{_FIELDS[key]: getattr(fitting, _FIELDS[key])})


# --- the fold -----------------------------------------------------------------------------------


def evolve(state: InstallationSettings, event: SettingChanged) -> InstallationSettings:
    """The settings after one more change; one that this program no longer has is passed over."""
    return _with(state, event.key, event.to) if event.key in _FIELDS else state


installation_settings: Decider[InstallationSettings] = Decider(
    "settings", InstallationSettings(), decide, evolve
)
