"""Deployment settings, read once at start: `MARKBOOK_…` variables and `<data>/markbook.toml`."""

import ipaddress
import re
import tomllib
import typing
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec

PREFIX = "MARKBOOK_"
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:.]+\](:[0-9]{1,5})?")
FILE = "markbook.toml"


class Login(StrEnum):
    """How people sign in to the Exams facade (decision 11)."""

    PASSWORD = "password"  # noqa: S105 - a way to sign in
    OPEN = "open"


class ExamDelivery(StrEnum):
    """What learners get of an exam file: without its answers, or as it is (decision 1)."""

    REDACTED = "redacted"
    VERBATIM = "verbatim"


class RetakePolicy(StrEnum):
    """Whether a finished exam may be taken again (decision 2)."""

    DENY = "deny"
    ALLOW = "allow"


class Deadline(StrEnum):
    """Who watches the time of an attempt: its client alone, or the server (ADR 7)."""

    OFF = "off"
    ENFORCE = "enforce"


class FileViews(StrEnum):
    """When files follow the log: within a second, before each reply, or never (decision 9)."""

    COALESCED = "coalesced"
    SYNC = "sync"
    OFF = "off"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every deployment setting; names, defaults and meanings are the README's table."""

    data: Path = Path("data")
    database: str = ""
    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8000
    login: Login = Login.PASSWORD
    exam_delivery: ExamDelivery = ExamDelivery.REDACTED
    exam_secret_keys: tuple[str, ...] = ()
    show_answers_after_finish: bool = False
    retake_policy: RetakePolicy = RetakePolicy.DENY
    max_active_attempts: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    deadline: Deadline = Deadline.OFF
    deadline_grace_seconds: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 10
    exam_page: bool = False
    file_views: FileViews = FileViews.COALESCED
    secure_cookies: bool = False
    cors_origins: tuple[str, ...] = ()
    session_hours: Annotated[float, msgspec.Meta(gt=0, le=24 * 365)] = 12.0
    max_body_kb: Annotated[int, msgspec.Meta(ge=1, le=65536)] = 1024
    remember_streams: Annotated[int, msgspec.Meta(ge=16, le=1_000_000)] = 4096

    @property
    def database_url(self) -> str:
        """Where the event store is: `database`, or the SQLite file in the data folder."""
        return self.database or f"sqlite:///{self.data / 'markbook.sqlite3'}"


class BadSettings(ValueError):
    """A setting that is unknown or cannot be used; the message is one line for an operator."""


def load_settings(
    environment: Mapping[str, str], given: Mapping[str, Any] | None = None
) -> Settings:
    """The settings: `given` (command line) over `environment` over the data folder's file."""
    given = {name: value for name, value in (given or {}).items() if value is not None}
    variables = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX)
    }
    data = Path(given.get("data", variables.get("data", Settings().data)))
    values = _from_file(data / FILE)
    values |= {
        name: _value(f"{PREFIX}{name.upper()}", name, text) for name, text in variables.items()
    }
    values |= {name: _value(f"--{name}", name, value) for name, value in given.items()}
    settings = msgspec.structs.replace(Settings(), **{**values, "data": data})
    _check(settings)
    return settings


def _from_file(path: Path) -> dict[str, Any]:
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSettings(f"{path}: {error}") from None
    return {name: _value(f"{path}: {name}", name, value) for name, value in written.items()}


def _value(where: str, name: str, value: Any) -> Any:
    types = typing.get_type_hints(Settings, include_extras=True)
    if name not in types:
        raise BadSettings(f"{where}: there is no such setting")
    if isinstance(value, str) and typing.get_origin(types[name]) is tuple:
        value = [part.strip() for part in value.split(",") if part.strip()]
    try:
        return msgspec.convert(
            str(value) if name == "data" else value,
            types[name],
            strict=False,
            dec_hook=lambda kind, text: kind(text),
        )
    except msgspec.ValidationError as error:
        raise BadSettings(f"{where}: {_reason(types[name], value, error)}") from None


def _reason(kind: Any, value: Any, error: Exception) -> str:
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return f"{value!r} is none of {', '.join(kind)}"
    return str(error)


def _check(settings: Settings) -> None:
    if settings.login is Login.OPEN and not is_loopback(settings.host):
        raise BadSettings(
            f"login=open lets anybody in as anyone, so it serves on a loopback address only, "
            f"not on {settings.host!r}"
        )
    for origin in settings.cors_origins:
        if not _ORIGIN.fullmatch(origin):
            raise BadSettings(
                f"cors_origins: {origin!r} is no origin such as https://exams.example.org"
            )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
