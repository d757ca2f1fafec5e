"""The manifest has two owners: no operator's edit is lost, whatever the server writes (E-42)."""

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from adapters import exam_files
from adapters.file_writing import Folder
from adapters.manifest import (
    BadManifest,
    Manifest,
    UserSets,
    edits,
    manifest_text,
    read_manifest,
    user_line,
    with_flags,
)
from adapters.manifest_file import MANIFEST, ManifestFile
from adapters.problems import Problems
from projections.exam_attempts import ExamAttempt
from projections.progress import ExamSets


def row(attempt_id: str, status: str, exam_id: str = "e1", user_id: str = "ann") -> ExamAttempt:
    return ExamAttempt(
        attempt_id=attempt_id,
        user_id=user_id,
        exam_id=exam_id,
        status=status,
        answered=0,
        total=1,
        started_at="2026-01-05T09:00:00.000Z",
        updated_at="2026-01-05T09:00:00.000Z",
    )


# --- the text -----------------------------------------------------------------------------------


def test_E42_what_the_server_does_not_change_keeps_its_own_text():
    text = b"""{
  "owner": {"big": 123456789012345678901234567890, "n": 1.50},
  "exams": [
    {"examId": "a",  "published": true, "room": "12\\u0041"},
    {"published": false, "examId": "b"},
    "a comment"
  ],
  "users": {
    "ann": {"active": [], "finished": ["a"], "note": [1,  2]}
  }
}
"""
    manifest = read_manifest(text)
    assert manifest.problems == ("exams[2] is no object",)
    lines = {"ann": user_line("ann", ExamSets((), ("a",)))}
    same = with_flags(manifest, {"a": True, "b": False}, [])
    assert manifest_text(same, lines) == text


def test_E42_only_flags_that_differ_are_written_and_new_exams_come_last():
    manifest = read_manifest(b'{"exams": [{"examId": "a", "x": 1e400}, {"examId": "z"}], "k": 1}')
    written = manifest_text(with_flags(manifest, {"a": True, "c": False}, ["c"]), {})
    assert written.decode() == (
        '{\n  "exams": [\n    {"examId": "a", "x": 1e400, "published": true},\n'
        '    {"examId": "z"},\n    {"examId": "c", "published": false}\n  ],\n'
        '  "k": 1,\n  "users": {}\n}\n'
    )


def test_the_text_is_a_fixed_point():
    users = UserSets()
    for number in range(20):
        users.apply(row(f"a{number}", "finished", user_id=f"u{number}"))
    first = manifest_text(with_flags(Manifest(), {"e1": True}, ["e1"]), users.lines)
    assert manifest_text(read_manifest(first), users.lines) == first


def test_a_byte_order_mark_is_no_error():
    assert read_manifest(b'\xef\xbb\xbf{"exams": []}').flags == {}


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"exams": 1}', b"\xff", b"[" * 100_000, b'{"exams": [}']
)
def test_a_broken_manifest_is_refused(content: bytes):
    with pytest.raises(BadManifest):
        read_manifest(content)


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ('{"examId": "a", "published": "yes"}', "neither published true nor false"),
        ('{"examId": "a", "published": 1}', "neither published true nor false"),
        ('{"examId": "../a", "published": true}', "no examId"),
        ('{"published": true}', "no examId"),
        ("7", "is no object"),
    ],
)
def test_an_entry_that_cannot_be_understood_stays_and_changes_nothing(entry: str, problem: str):
    manifest = read_manifest(f'{{"exams": [{entry}]}}'.encode())
    assert problem in manifest.problems[0]
    assert edits(manifest, {"a": True}) == ({} if '"a"' in entry else {"a": False})
    assert entry.encode() in manifest_text(with_flags(manifest, {"a": True}, ["a"]), {})


def test_the_first_entry_of_an_exam_counts():
    text = '{"exams": [{"examId": "a", "published": true}, {"examId": "a", "published": false}]}'
    manifest = read_manifest(text.encode())
    assert manifest.flags == {"a": True}
    assert "once more" in manifest.problems[0]


def test_edits_are_what_differs_from_the_base_and_not_from_the_log():
    manifest = read_manifest(
        b'{"exams": [{"examId": "a", "published": true}, {"examId": "b", "published": true}]}'
    )
    assert edits(manifest, {"a": True, "b": False, "c": True, "d": False}) == {
        "b": True,
        "c": False,
    }


# --- users --------------------------------------------------------------------------------------


def test_E33_the_sets_of_a_user_follow_the_attempts():
    users = UserSets()
    assert users.apply(row("a1", "in_progress"))
    assert not users.apply(row("a1", "in_progress"))
    assert users.lines == {"ann": b'"ann": {"active": ["e1"], "finished": []}'}
    assert users.apply(row("a1", "finished"))
    assert not users.apply(row("a1", "finished"))
    assert users.lines == {"ann": b'"ann": {"active": [], "finished": ["e1"]}'}
    users.apply(row("a2", "in_progress"))  # a retake: in both (decision 15)
    assert users.lines == {"ann": b'"ann": {"active": ["e1"], "finished": ["e1"]}'}


def test_E16_an_exam_stays_active_while_another_attempt_at_it_is():
    users = UserSets()
    users.apply(row("a1", "in_progress"))
    users.apply(row("a2", "in_progress"))
    users.apply(row("a1", "finished"))
    assert users.lines == {"ann": b'"ann": {"active": ["e1"], "finished": ["e1"]}'}


def test_decision15_a_void_attempt_counts_no_more():
    users = UserSets()
    users.apply(row("a1", "finished"))
    users.apply(row("a2", "in_progress", "e2"))
    assert users.recount("ann", [row("a1", "void"), row("a2", "in_progress", "e2")])
    assert users.lines == {"ann": b'"ann": {"active": ["e2"], "finished": []}'}
    users.apply(row("a2", "finished", "e2"))
    assert users.lines == {"ann": b'"ann": {"active": [], "finished": ["e2"]}'}


# --- two owners at once -------------------------------------------------------------------------

EXAMS = ["a", "b", "c"]
exams = st.sampled_from(EXAMS)
flags = st.booleans()


class TwoOwners(RuleBasedStateMachine):
    """An operator edits, commands change the log, the server looks and writes, in any order."""

    @initialize()
    def begin(self) -> None:
        self.temporary = TemporaryDirectory()
        self.root = Path(self.temporary.name)
        self.problems = Problems()
        self.file = ManifestFile(Folder(self.root), self.problems, {})
        self.log = dict.fromkeys(EXAMS, False)
        self.wanted = dict(self.log)  # what the log must say after the next look
        self.extra: dict[str, int] = {}
        self.rooms: dict[str, int] = {}
        self.notes: dict[str, int] = {}
        self.users = UserSets()
        self.saves = 0
        self.touched: set[str] = set()  # since the last look: a second change may win or lose
        self.broken: str | None = None
        self.tick()

    # --- the operator ---

    def saved(self) -> Any:
        return json.loads((self.root / MANIFEST).read_bytes())

    def save(self, text: str, *, in_place: bool) -> None:
        self.saves += 1
        path = self.root / MANIFEST
        if in_place:
            path.write_text(text)
        else:
            (self.root / "editor").write_text(text)
            (self.root / "editor").replace(path)
        os.utime(path, ns=(self.saves, self.saves))

    def whole(self) -> bool:
        return self.broken is None and (self.root / MANIFEST).exists()

    @precondition(whole)
    @rule(exam=exams, flag=flags, room=st.integers(0, 9) | st.none(), in_place=st.booleans())
    def edit_an_entry(self, exam, flag, room, in_place):
        if exam in self.touched:
            return
        self.touched.add(exam)
        manifest = self.saved()
        found = [entry for entry in manifest["exams"] if entry["examId"] == exam]
        entry = found[0] if found else {"examId": exam, "published": False}
        if not found:
            manifest["exams"].append(entry)
        self.wanted[exam] = entry["published"] = flag
        if room is not None:
            entry["room"] = self.rooms[exam] = room
        self.save(json.dumps(manifest), in_place=in_place)

    @precondition(whole)
    @rule(exam=exams)
    def remove_an_entry(self, exam):
        if exam in self.touched:
            return
        self.touched.add(exam)
        self.wanted[exam] = False
        manifest = self.saved()
        manifest["exams"] = [each for each in manifest["exams"] if each["examId"] != exam]
        self.rooms.pop(exam, None)
        self.save(json.dumps(manifest, indent=3), in_place=False)

    @precondition(whole)
    @rule(key=st.sampled_from(["owner", "заметка"]), value=st.integers(0, 9))
    def add_a_key(self, key, value):
        manifest = self.saved()
        manifest[key] = self.extra[key] = value
        self.save(json.dumps(manifest), in_place=False)

    @precondition(whole)
    @rule(user=st.sampled_from(["ann", "nobody"]), value=st.integers(0, 9))
    def add_a_note_to_a_user(self, user, value):
        manifest = self.saved()
        manifest["users"].setdefault(user, {})["note"] = self.notes[user] = value
        manifest["users"][user]["finished"] = ["forged"]
        self.save(json.dumps(manifest), in_place=False)

    @precondition(whole)
    @rule(cut=st.integers(0, 40))
    def break_it(self, cut):
        text = (self.root / MANIFEST).read_text()
        self.broken = text
        self.save(text[: min(cut, len(text) - 3)], in_place=True)

    @precondition(lambda self: self.broken is not None)
    @rule()
    def mend_it(self):
        self.save(self.broken or "", in_place=True)
        self.broken = None

    # --- everybody else ---

    @rule(exam=exams, flag=flags)
    def command(self, exam, flag):
        if exam not in self.touched:
            self.touched.add(exam)
            self.log[exam] = self.wanted[exam] = flag

    @rule(exam=exams, status=st.sampled_from(["in_progress", "finished"]))
    def attempt(self, exam, status):
        self.users.apply(row(f"ann-{exam}", status, exam))

    @precondition(whole)
    @rule()
    def delete_it(self):
        self.tick()  # what nobody has looked at goes with the file
        (self.root / MANIFEST).unlink()

    @rule()
    def tick(self):
        self.file.look()
        for exam, flag in self.file.edits(self.log.keys()).items():
            self.log[exam] = flag
            self.file.taken(exam, published=flag)
        self.file.write(self.log, self.log, self.users.lines)
        if self.broken is None:
            self.touched.clear()
            self.settled()

    def settled(self) -> None:
        assert self.log == self.wanted
        manifest = self.saved()
        assert {each["examId"]: each["published"] for each in manifest["exams"]} == self.log
        for user, line in self.users.lines.items():
            written = {**manifest["users"][user]}
            written.pop("note", None)
            assert {user: written} == json.loads(b"{%b}" % line)
        assert "forged" not in json.dumps(manifest)
        assert self.problems.all() == {}

    @rule()
    def restart(self):
        self.file = ManifestFile(Folder(self.root), self.problems, self.file.base)
        if self.broken is None and not (self.root / MANIFEST).exists():
            self.extra, self.rooms, self.notes = {}, {}, {}  # gone with the only file that had them

    @invariant()
    def unknown_keys_stay(self):
        if not hasattr(self, "root") or not self.whole():
            return
        manifest = self.saved()
        assert {key: manifest[key] for key in self.extra} == self.extra
        rooms = {each["examId"]: each.get("room") for each in manifest["exams"]}
        assert {exam: rooms.get(exam) for exam in self.rooms} == self.rooms
        notes = {user: manifest["users"][user]["note"] for user in self.notes}
        assert notes == self.notes

    def teardown(self) -> None:
        if hasattr(self, "temporary"):
            self.temporary.cleanup()


@pytest.fixture(autouse=True)
def settled_at_once(monkeypatch):
    """Operators' saves get times of their own above, so no signature lies."""
    monkeypatch.setattr(exam_files, "_SETTLED_NS", -(10**20))


TestE42NoEditIsLost = TwoOwners.TestCase
