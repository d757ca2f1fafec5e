"""The text of `manifest.json`: the operator's part and the server's part in one file (K12, E-42).

The operator owns the flags in `exams` and every key that is not mentioned here, the server owns
`active` and `finished` of each user. Whatever is not changed keeps its own text.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from domain.exam_document import is_exam_id
from projections.exam_attempts import ExamAttempt
from projections.progress import ExamSets, exam_sets

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SHARED = ("exams", "users")
_SERVER = ("active", "finished")
_encode = msgspec.json.Encoder().encode
_Object = dict[str, msgspec.Raw]
_object = msgspec.json.Decoder(_Object)
_list = msgspec.json.Decoder(list[msgspec.Raw])


class BadManifest(ValueError):
    """A text that is no manifest; the message says why."""


class Entry(NamedTuple):
    """One entry of `exams`: its own text, the exam it names, and its flag.

    Either is None when it cannot be understood; such an entry changes nothing and stays as it is.
    """

    text: bytes
    exam_id: str | None = None
    published: bool | None = None


class Manifest(NamedTuple):
    """A manifest as it was read.

    `members` are its keys in their order, with the texts of those that are the operator's own.
    `strangers` are the keys inside `users[u]` that the server does not know, by user.
    """

    entries: tuple[Entry, ...] = ()
    members: Mapping[str, bytes] = {}
    strangers: Mapping[str, Mapping[str, bytes]] = {}
    problems: tuple[str, ...] = ()

    @property
    def flags(self) -> dict[str, bool]:
        """What the entries say of each exam that they list."""
        return {
            entry.exam_id: entry.published
            for entry in self.entries
            if entry.exam_id is not None and entry.published is not None
        }


def read_manifest(content: bytes) -> Manifest:
    """The manifest in a file's bytes. Raises BadManifest."""
    try:
        members = _object.decode(content.removeprefix(_BYTE_ORDER_MARK))
        exams = _list.decode(members["exams"])
    except KeyError:
        raise BadManifest("it has no list `exams`") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadManifest(str(error) or "nested too deeply") from None
    entries: list[Entry] = []
    problems: list[str] = []
    listed: set[str] = set()
    for number, raw in enumerate(exams):
        entry, problem = _entry(bytes(raw), listed)
        entries.append(entry)
        if problem:
            problems.append(f"exams[{number}] {problem}")
    return Manifest(
        tuple(entries),
        {name: b"" if name in _SHARED else bytes(text) for name, text in members.items()},
        _strangers(members.get("users")),
        tuple(problems),
    )


def _entry(text: bytes, listed: set[str]) -> tuple[Entry, str | None]:
    fields = _fields(text)
    if fields is None:
        return Entry(text), "is no object"
    exam_id, published = (_value(fields.get(name)) for name in ("examId", "published"))
    if not isinstance(exam_id, str) or not is_exam_id(exam_id):
        return Entry(text), "has no examId that could name an exam"
    if exam_id in listed:
        return Entry(text, exam_id), f"lists {exam_id!r} once more; the first entry counts"
    listed.add(exam_id)
    if not isinstance(published, bool | None):
        return Entry(text, exam_id), f"says of {exam_id!r} neither published true nor false"
    return Entry(text, exam_id, published or False), None


def _strangers(users: msgspec.Raw | None) -> dict[str, dict[str, bytes]]:
    found: dict[str, dict[str, bytes]] = {}
    for user, raw in (_fields(users) or {}).items() if users is not None else ():
        strange = {
            name: bytes(text) for name, text in (_fields(raw) or {}).items() if name not in _SERVER
        }
        if strange:
            found[user] = strange
    return found


def _fields(text: bytes | msgspec.Raw) -> _Object | None:
    try:
        return _object.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _value(text: msgspec.Raw | None) -> object:
    return None if text is None else msgspec.json.decode(text)


def edits(manifest: Manifest, base: Mapping[str, bool]) -> dict[str, bool]:
    """What the operator changed since the flags were `base`: the exams, and their new flags.

    An exam that is listed no more is closed if it was open; one that never was listed stays as
    it is, and so does one whose entry cannot be understood.
    """
    named = {entry.exam_id for entry in manifest.entries}
    changed = {
        exam_id: flag
        for exam_id, flag in manifest.flags.items()
        if flag is not base.get(exam_id, False)
    }
    return changed | {exam_id: False for exam_id in base if base[exam_id] and exam_id not in named}


def with_flags(manifest: Manifest, flags: Mapping[str, bool], more: Iterable[str]) -> Manifest:
    """The manifest with the log's flags, and an entry for each of `more` that it does not name.

    An exam that the log does not know keeps the operator's flag: its file may come later.
    """
    named = {entry.exam_id for entry in manifest.entries}
    kept = (_flagged(entry, flags) for entry in manifest.entries)
    new = (_new_entry(exam_id, flags[exam_id]) for exam_id in sorted({*more} - named))
    return manifest._replace(entries=(*kept, *new))


def _flagged(entry: Entry, flags: Mapping[str, bool]) -> Entry:
    if entry.exam_id is None or entry.published is None:
        return entry
    flag = flags.get(entry.exam_id, entry.published)
    if flag is entry.published:
        return entry
    fields = {**_object.decode(entry.text), "published": msgspec.Raw(_encode(flag))}
    return Entry(_one_line(fields), entry.exam_id, flag)


def _new_entry(exam_id: str, flag: bool) -> Entry:  # noqa: FBT001
    text = b'{"examId": %b, "published": %b}' % (_encode(exam_id), _encode(flag))
    return Entry(text, exam_id, flag)


def manifest_text(manifest: Manifest, users: Mapping[str, bytes]) -> bytes:
    """The file: what was read, with the server's lines of all `users` (see `user_line`)."""
    parts = []
    for name in dict.fromkeys([*manifest.members, *_SHARED]):
        text = manifest.members.get(name, b"")
        if name == "exams":
            text = _listing(b"[", [entry.text for entry in manifest.entries], b"]")
        elif name == "users":
            text = _listing(b"{", _user_lines(manifest.strangers, users), b"}")
        parts.append(b"  %b: %b" % (_encode(name), text))
    return b"{\n%b\n}\n" % b",\n".join(parts)


def _listing(opening: bytes, lines: Sequence[bytes], closing: bytes) -> bytes:
    if not lines:
        return opening + closing
    return b"%b\n    %b\n  %b" % (opening, b",\n    ".join(lines), closing)


def _user_lines(
    strangers: Mapping[str, Mapping[str, bytes]], users: Mapping[str, bytes]
) -> list[bytes]:
    if not strangers:
        return [users[user] for user in sorted(users)]
    lines = {**users}
    for user, strange in strangers.items():
        line = users.get(user)
        own = _object.decode(_object.decode(b"{%b}" % line)[user]) if line is not None else {}
        text = _one_line({**own, **strange})
        lines[user] = b"%b: %b" % (_encode(user), text)
    return [lines[user] for user in sorted(lines)]


def _one_line(fields: Mapping[str, bytes | msgspec.Raw]) -> bytes:
    return b"{%b}" % b", ".join(
        b"%b: %b" % (_encode(name), bytes(text)) for name, text in fields.items()
    )


def user_line(user_id: str, sets: ExamSets) -> bytes:
    """The server's line of one user: `"u": {"active": […], "finished": […]}`."""
    return b'%b: {"active": %b, "finished": %b}' % (
        _encode(user_id),
        _encode(sets.active),
        _encode(sets.finished),
    )


class UserSets:
    """The exams that each user is taking and has finished, kept from rows of attempts.

    Holds the active attempts and the finished exams only, so that years of attempts fit.
    """

    def __init__(self) -> None:
        self.lines: dict[str, bytes] = {}
        self._active: dict[str, dict[str, str]] = {}
        self._finished: dict[str, frozenset[str]] = {}

    def apply(self, row: ExamAttempt) -> bool:
        """Take in an attempt as it stands now; whether its user's sets have changed."""
        user = row.user_id
        active = self._active.setdefault(user, {})
        if row.status == "in_progress":
            active[row.attempt_id] = row.exam_id
        else:
            active.pop(row.attempt_id, None)
        finished = self._finished.get(user, frozenset())
        if row.status == "finished" and row.exam_id not in finished:
            finished = self._finished[user] = finished | {row.exam_id}
        if not active:
            del self._active[user]
        return self._set(user, ExamSets(tuple(sorted({*active.values()})), tuple(sorted(finished))))

    def recount(self, user_id: str, rows: Sequence[ExamAttempt]) -> bool:
        """Take in all rows of a user at once: needed when a finished attempt counts no more."""
        active = {row.attempt_id: row.exam_id for row in rows if row.status == "in_progress"}
        sets = exam_sets(rows)
        self._active.pop(user_id, None)
        if active:
            self._active[user_id] = active
        self._finished[user_id] = frozenset(sets.finished)
        return self._set(user_id, sets)

    def _set(self, user: str, sets: ExamSets) -> bool:
        line = user_line(user, sets)
        changed = self.lines.get(user) != line
        if changed:
            self.lines[user] = line
        return changed
