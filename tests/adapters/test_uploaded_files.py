"""Uploaded files: what is kept comes back just as it came, or not at all."""

import errno
import os
from pathlib import Path

import pytest

from adapters.file_writing import Folder
from adapters.http.problems import problem_of
from adapters.uploaded_files import FileUnavailable, keep, kept, looked_at
from event_store.store import DiskFull

CONTENT = b"%PDF-1.7 an essay"
DIGEST = looked_at(CONTENT).sha256


def test_a_file_that_was_lost_or_changed_on_disk_is_never_handed_out(tmp_path: Path):
    folder = Folder(tmp_path)
    keep(folder, DIGEST, CONTENT)
    assert kept(folder, DIGEST) == CONTENT
    place = tmp_path / "files" / DIGEST[:2] / DIGEST
    place.write_bytes(CONTENT[::-1])
    with pytest.raises(FileUnavailable, match="backup") as caught:
        kept(folder, DIGEST)
    assert problem_of(caught.value).status == 503
    place.unlink()
    with pytest.raises(FileUnavailable):
        kept(folder, DIGEST)
    keep(folder, DIGEST, CONTENT)
    assert kept(folder, DIGEST) == CONTENT


@pytest.mark.parametrize(
    ("number", "kind", "status"),
    [
        (errno.ENOSPC, DiskFull, 507),
        (errno.EDQUOT, DiskFull, 507),
        (errno.EIO, FileUnavailable, 503),
    ],
)
def test_a_file_that_cannot_be_written_whole_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[Exception], status: int
):
    def broken(_: int) -> None:
        raise OSError(number, "broken")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(kind) as caught:
        keep(Folder(tmp_path), DIGEST, CONTENT)
    assert problem_of(caught.value).status == status
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
