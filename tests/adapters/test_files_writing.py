"""Files are written whole or not at all, under names that stay in their folder (E-41, E-43)."""

import os
import threading
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.file_writing import Folder, Signature, write_atomically
from adapters.files import AttemptFiles
from domain.exam_bundle import output_path
from domain.file_names import file_name


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def left_over(root: Path) -> list[str]:
    return [path.name for path in root.rglob("*.markbook-tmp")]


def test_E41_a_file_and_its_folders_are_written_and_no_temporary_file_stays(folder, tmp_path):
    folder.replace("a/b/c.json", b"one")
    folder.replace("a/b/c.json", b"two")
    assert (tmp_path / "a/b/c.json").read_bytes() == b"two"
    assert left_over(tmp_path) == []


def test_E41_a_prepared_file_is_put_in_place_or_leaves_no_trace(folder, tmp_path):
    folder.replace("input/a.json", b"old")
    one, other = folder.prepare("input/a.json", b"new"), folder.prepare("input/b.json", b"b")
    assert (tmp_path / "input/a.json").read_bytes() == b"old"
    one.put()
    other.discard()
    other.discard()
    assert (tmp_path / "input/a.json").read_bytes() == b"new"
    assert [path.name for path in (tmp_path / "input").iterdir()] == ["a.json"]


def test_E41_a_file_that_cannot_be_prepared_leaves_no_trace(folder, tmp_path, monkeypatch):
    def broken(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="No space"):
        folder.prepare("input/a.json", b"new")
    assert list((tmp_path / "input").iterdir()) == []


def test_a_kept_file_and_its_folders_are_on_disk_before_anybody_is_told(
    folder, tmp_path, monkeypatch
):
    synced: list[str] = []
    sync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    folder.keep("files/ab/abcd", b"one")
    assert (tmp_path / "files/ab/abcd").read_bytes() == b"one"
    assert synced[0].endswith(".markbook-tmp")
    assert synced[1:] == [str(tmp_path / "files/ab"), str(tmp_path / "files"), str(tmp_path)]
    synced.clear()
    folder.keep("files/ab/abcd", b"one")
    assert synced == [str(tmp_path / "files/ab"), str(tmp_path / "files"), str(tmp_path)]
    (tmp_path / "files/ab/abcd").write_bytes(b"half")
    folder.keep("files/ab/abcd", b"whole")
    assert (tmp_path / "files/ab/abcd").read_bytes() == b"whole"
    assert left_over(tmp_path) == []


def test_E37_create_leaves_a_file_that_is_there_alone(folder, tmp_path):
    assert folder.create("b.json", b"one")
    assert not folder.create("b.json", b"two")
    assert (tmp_path / "b.json").read_bytes() == b"one"


def test_E41_a_failed_write_leaves_the_old_file_and_nothing_else(folder, tmp_path, monkeypatch):
    folder.replace("a.json", b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        folder.replace("a.json", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_bytes() == b"old"


def test_E41_a_short_write_is_continued(folder, tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, bytes(data)[:3]))
    folder.replace("a.json", b"0123456789")
    assert (tmp_path / "a.json").read_bytes() == b"0123456789"


def test_a_folder_that_was_removed_is_made_again(folder, tmp_path):
    folder.replace("a/b.json", b"one")
    (tmp_path / "a/b.json").unlink()
    (tmp_path / "a").rmdir()
    folder.replace("a/b.json", b"two")
    assert (tmp_path / "a/b.json").read_bytes() == b"two"


def test_E41_a_writer_whose_temporary_file_is_swept_writes_it_again(folder, tmp_path, monkeypatch):
    rename = os.rename
    swept: list[int] = []

    def late(source, target):
        if not swept:
            swept.append(folder.sweep())
        rename(source, target)

    monkeypatch.setattr(os, "rename", late)
    folder.replace("a/b.json", b"whole")
    assert swept == [1]
    assert (tmp_path / "a/b.json").read_bytes() == b"whole"


def test_E41_left_over_temporary_files_are_swept_and_others_are_not(folder, tmp_path):
    (tmp_path / "attempts/u").mkdir(parents=True)
    mine = tmp_path / "attempts/u/.0123abcd-7.markbook-tmp"
    others = [tmp_path / "attempts/u/a.json", tmp_path / ".note-7.markbook-tmp.txt"]
    for path in [mine, *others]:
        path.write_bytes(b"{")
    assert folder.sweep() == 1
    assert not mine.exists()
    assert all(path.exists() for path in others)


def test_E42_replace_unchanged_gives_way_to_whoever_was_quicker(folder, tmp_path):
    written = folder.replace_unchanged("m.json", b"one", None)
    assert written == folder.signature("m.json")
    (tmp_path / "m.json").write_bytes(b"operator")
    assert folder.replace_unchanged("m.json", b"two", written) is None
    assert folder.replace_unchanged("m.json", b"two", None) is None
    assert (tmp_path / "m.json").read_bytes() == b"operator"
    assert left_over(tmp_path) == []
    assert isinstance(
        folder.replace_unchanged("m.json", b"two", folder.signature("m.json")), Signature
    )


def test_E41_readers_see_the_old_or_the_new_whole_from_many_writers(folder, tmp_path):
    contents = [bytes([65 + n]) * (50_000 * (n + 1)) for n in range(3)]
    folder.replace("p.json", contents[0])

    def write(content: bytes) -> None:
        for _ in range(60):
            folder.replace("p.json", content)

    threads = [threading.Thread(target=write, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert (tmp_path / "p.json").read_bytes() in contents
    assert left_over(tmp_path) == []


def test_write_atomically_takes_a_plain_path(tmp_path):
    write_atomically(tmp_path / "input" / "e.json", b"{}")
    assert (tmp_path / "input/e.json").read_bytes() == b"{}"


def test_sync_reaches_the_disk_or_says_so(folder, tmp_path):
    folder.replace("a.json", b"one")
    folder.sync()
    with pytest.raises(OSError):
        Folder(tmp_path / "nowhere").sync()


# --- names ------------------------------------------------------------------------------------

HOSTILE = ["", ".", "..", "../x", "a/b", "a\\b", "a\0b", "%2f", "%", "~", "con", "NUL.json", "é"]
HOSTILE += ["x" * 5000, "ы" * 300, "\ud800", ".hidden", "-", "a b", "a\nb"]


@given(st.text(max_size=300), st.text(max_size=300))
@example("%2F", "/")
@example("..", "%2E.")
@example("", "%")
@example("x" * 300, "x" * 301)
def test_E43_no_two_ids_share_a_file_name(one: str, other: str):
    assert (file_name(one) == file_name(other)) == (one == other)


@pytest.mark.parametrize("text", HOSTILE)
def test_E43_a_hostile_id_names_a_file_right_in_its_folder(text: str, tmp_path: Path):
    name = file_name(text)
    assert name not in {"", ".", ".."}
    assert not name.startswith(".")
    assert not set(name) & set("/\\\0 \n")
    assert len(f"{name}.json".encode()) <= 255
    paths = AttemptFiles.of(text, text, text)
    for path in paths:
        Folder(tmp_path).replace(path, b"{}")
        real = (tmp_path / path).resolve()
        assert real.relative_to(tmp_path.resolve()) == Path(path)


@pytest.mark.parametrize("text", ["ann", "word-problems-2", "u_1.x", "A"])
def test_E43_a_plain_id_is_its_own_file_name(text: str):
    assert file_name(text) == text


def test_E31_the_bundle_lies_where_the_log_says():
    attempt_id = "ann-e1-20260105T090000000Z"
    assert AttemptFiles.of("ann", "e1", attempt_id).bundle == output_path("e1", attempt_id)
