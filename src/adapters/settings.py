"""Deployment settings, read once at start: `MARKBOOK_…` variables and `<data>/markbook.toml`."""

import re
import tomllib
import typing
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec

from adapters.addresses import is_loopback, is_safe
from adapters.principals import Role

PREFIX = "MARKBOOK_"
_BASE = re.compile(r"(/[a-z0-9][a-z0-9._-]*)+")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:.]+\](:[0-9]{1,5})?")
FILE = "markbook.toml"
TOKEN_KEY_FILE = "token-key.json"  # noqa: S105 - a file's name


class Login(StrEnum):
    """How people sign in to the Exams facade (decision 11)."""

    PASSWORD = "password"  # noqa: S105 - a way to sign in
    OIDC = "oidc"
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
    bank_base: Annotated[str, msgspec.Meta(max_length=100)] = "/api/v2/task-bank"
    cors_origins: tuple[str, ...] = ()
    challenge_cors_origins: tuple[str, ...] = ()
    bank_cors_origins: tuple[str, ...] = ()
    oidc_issuer: str = ""
    oidc_audience: tuple[str, ...] = ()
    oidc_clients: tuple[str, ...] = ()
    oidc_role_clients: tuple[str, ...] = ("journal",)
    oidc_role_names: tuple[str, ...] = ()
    token_key_file: str = ""
    session_hours: Annotated[float, msgspec.Meta(gt=0, le=24 * 365)] = 12.0
    max_body_kb: Annotated[int, msgspec.Meta(ge=1, le=65536)] = 1024
    remember_streams: Annotated[int, msgspec.Meta(ge=16, le=1_000_000)] = 4096

    @property
    def database_url(self) -> str:
        """Where the event store is: `database`, or the SQLite file in the data folder."""
        return self.database or f"sqlite:///{self.data / 'markbook.sqlite3'}"

    @property
    def token_key_path(self) -> Path:
        """Where the key of own tokens is: `token_key_file`, or a file in the data folder."""
        return Path(self.token_key_file) if self.token_key_file else self.data / TOKEN_KEY_FILE

    @property
    def role_names(self) -> dict[str, str]:
        """What roles of the issuer are called here, by their names there."""
        return dict(_renamed(pair) for pair in self.oidc_role_names)


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
    _check_issuer(settings)
    if not _BASE.fullmatch(settings.bank_base):
        raise BadSettings(
            f"bank_base: {settings.bank_base!r} is no path such as /api/v2/task-bank, "
            "in small letters and without a slash at its end"
        )
    for name in ("cors_origins", "challenge_cors_origins", "bank_cors_origins"):
        for origin in getattr(settings, name):
            if not _ORIGIN.fullmatch(origin):
                raise BadSettings(
                    f"{name}: {origin!r} is no origin such as https://exams.example.org"
                )


def _check_issuer(settings: Settings) -> None:
    issuer = settings.oidc_issuer
    if issuer and not is_safe(issuer):
        raise BadSettings(
            f"oidc_issuer: {issuer!r} is no address such as "
            "https://keycloak.example.org/realms/school; http is for loopback only"
        )
    if issuer and not settings.oidc_audience:
        raise BadSettings(
            "oidc_audience: needed with oidc_issuer; it names what a token must be meant for, "
            "such as markbook"
        )
    if settings.login is Login.OIDC and not issuer:
        raise BadSettings("oidc_issuer: needed with login=oidc")
    for pair in settings.oidc_role_names:
        _, ours = _renamed(pair)
        if ours not in set(Role):
            raise BadSettings(
                f"oidc_role_names: {pair!r} is no pair such as school-teacher=teacher; "
                f"the roles here are {', '.join(Role)}"
            )


def _renamed(pair: str) -> tuple[str, str]:
    theirs, _, ours = pair.partition("=")
    return theirs.strip(), ours.strip()
