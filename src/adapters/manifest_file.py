"""`manifest.json` on disk: notice the operator's edits, never write over one (E-33, E-42)."""

from collections.abc import Container, Iterable, Mapping

from adapters.exam_files import is_settled
from adapters.file_writing import Folder, Signature
from adapters.manifest import (
    BadManifest,
    Manifest,
    edits,
    manifest_text,
    read_manifest,
    with_flags,
)
from adapters.problems import Problems

MANIFEST = "manifest.json"


class ManifestFile:
    """The file and what is known of it; belongs to one thread.

    `base` are the published flags that were last read or written: an edit is what differs from
    them, so a flag that the log changed meanwhile is not mistaken for the operator's. A broken
    file changes no flag and is left alone until it is mended, since a stale file is a smaller loss
    than an operator's text. A missing one changes no flag either, and is written anew.
    """

    def __init__(self, folder: Folder, problems: Problems, base: Mapping[str, bool]) -> None:
        """Nothing has been read."""
        self.base = dict(base)
        self._folder = folder
        self._problems = problems
        self._manifest = Manifest()
        self._content: bytes | None = None
        self._signature: Signature | None = None
        self._settled = False
        self._broken = False

    def look(self) -> bool:
        """Read the file if it may have changed; whether it has, and so may differ from the log."""
        try:
            signature = self._folder.signature(MANIFEST)
            if signature == self._signature and self._settled:
                return False
            content = self._folder.read(MANIFEST) if signature is not None else None
        except OSError as error:
            self._settled = False
            self._problems.report(MANIFEST, f"cannot be read: {error.strerror}")
            return False
        self._settled = signature is None or is_settled(signature)
        self._signature = signature
        if content is None:
            if self._content is not None or self.base:
                self._problems.report(MANIFEST, "it is missing; no flag changes")
            self._content, self._broken = None, False
            return True
        if content == self._content:
            return False
        self._read(content)
        return True

    def _read(self, content: bytes) -> None:
        self._content = content
        try:
            manifest = read_manifest(content)
        except BadManifest as error:
            self._broken = True
            self._problems.report(MANIFEST, f"no flag changes until it is mended: {error}")
            return
        self._broken = False
        self._manifest = manifest
        if manifest.problems:
            self._problems.report(MANIFEST, "; ".join(manifest.problems))
        else:
            self._problems.solved(MANIFEST)

    def edits(self, known: Container[str]) -> dict[str, bool]:
        """The operator's edits that are not in the log yet, of exams that the log knows."""
        if self._broken or self._content is None:
            return {}
        changed = edits(self._manifest, self.base)
        return {exam_id: flag for exam_id, flag in changed.items() if exam_id in known}

    def taken(self, exam_id: str, *, published: bool) -> None:
        """The log has this edit."""
        self.base[exam_id] = published

    def write(
        self, flags: Mapping[str, bool], more: Iterable[str], users: Mapping[str, bytes]
    ) -> bool:
        """Make the file what the log says; False if that must wait for the next look.

        `flags` are those of all exams that the log knows, `more` the exams to list in any case.
        """
        if self._broken:
            return True
        if not self._settled or self.edits(flags.keys()):
            return False
        manifest = with_flags(self._manifest, flags, more)
        text = manifest_text(manifest, users)
        if text != self._content:
            try:
                written = self._folder.replace_unchanged(MANIFEST, text, self._signature)
            except OSError as error:
                self._problems.report(MANIFEST, f"cannot be written: {error.strerror}")
                return False
            if written is None:
                return False
            self._signature, self._settled = written, False
            self._content = text
            if not manifest.problems:
                self._problems.solved(MANIFEST)
        self._manifest = manifest
        listed = manifest.flags
        self.base = {exam_id: listed[exam_id] for exam_id in listed if exam_id in flags}
        return True
