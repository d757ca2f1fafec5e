"""What operators change in files becomes commands: exam files, and flags in the manifest (K11)."""

import secrets
from collections.abc import Mapping, Sequence

from adapters.clock import Clock
from adapters.exam_files import INPUT, ExamFile, ExamFiles
from adapters.ledger import Call, Ledger, Step
from adapters.manifest_file import ManifestFile
from adapters.problems import Problems
from domain.exam import ImportExam, PublishExam, ReportExamMissing, UnpublishExam, exam
from domain.kernel import Command, Refused
from event_store.envelope import Actor
from projections.exams import ExamEntry

_ACTOR = Actor("system", "files")


class OperatorEdits:
    """Carries edits into the log; one that the log cannot take now is found again."""

    def __init__(self, ledger: Ledger, problems: Problems, clock: Clock) -> None:
        """`problems` hears of what the rules turn down."""
        self._ledger = ledger
        self._problems = problems
        self._clock = clock

    async def take_in_exams(self, folder: ExamFiles, found: Sequence[ExamFile]) -> None:
        """Import what is new or changed, report what is broken or gone. Raises as `Ledger`."""
        for number, file in enumerate(found):
            try:
                await self._execute(file.exam_id, _command(file))
            except Refused as refusal:
                self._problems.report(f"{INPUT}/{file.exam_id}.json", refusal.message)
            except BaseException:
                for later in found[number:]:
                    folder.again(later.exam_id)
                raise

    async def take_in_flags(self, manifest: ManifestFile, known: Mapping[str, ExamEntry]) -> bool:
        """Publish and unpublish as the manifest says; whether it said anything new."""
        changed = manifest.edits(known)
        for exam_id, published in changed.items():
            await self._execute(exam_id, PublishExam() if published else UnpublishExam())
            manifest.taken(exam_id, published=published)
        return bool(changed)

    async def _execute(self, exam_id: str, command: Command) -> None:
        call = Call(_ACTOR, "system", f"files-{secrets.token_hex(8)}", self._clock())
        await self._ledger.execute(call, Step(exam.stream(exam_id), command))


def _command(file: ExamFile) -> Command:
    if file.document is None:
        return ReportExamMissing(problem=file.problem)
    return ImportExam(exam_id=file.exam_id, document=file.document)
