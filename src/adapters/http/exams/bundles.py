"""Bundles: what was handed in, as a file to download (rows A14, A20)."""

from typing import Final

from adapters.attempt_log import handed_in
from adapters.http.parts import Parts
from adapters.http.replies import Reply
from adapters.settings import ExamDelivery, Settings
from domain.attempt import Attempt, AttemptNotFinished
from domain.exam_attempt import attempt, attempt_body
from domain.exam_bundle import attempt_json, bundle, output_path
from domain.exam_document import parse_exam

_ATTACHMENT: Final = b'attachment; filename="%b"'


async def whole_bundle(parts: Parts, state: Attempt) -> Reply:
    """The bundle as it was written, to the byte (E-32). Raises AttemptNotFinished."""
    final, document = await _handed_in(parts, state)
    return _download(final, document)


async def learners_bundle(parts: Parts, state: Attempt) -> Reply:
    """The bundle for its learner, who may not be meant to see the answers (E-08, K20)."""
    final, document = await _handed_in(parts, state)
    if not shows_answers(parts.settings, document):
        document = await parts.exams.redacted(final.subject.content_hash, document)
    return _download(final, document)


async def _handed_in(parts: Parts, state: Attempt) -> tuple[Attempt, bytes]:
    """The attempt as it was handed in, though it may be void by now, and its pinned exam."""
    recorded = await parts.ledger.recorded(attempt.stream(state.attempt_id))
    final = await parts.ledger.query(handed_in, recorded)
    if final is None:
        raise AttemptNotFinished("the attempt has not been submitted", attemptId=state.attempt_id)
    return final, await parts.exams.document(final.subject.id, final.subject.content_hash)


def shows_answers(settings: Settings, document: bytes) -> bool:
    """Whether learners see the answers of this exam once they have finished it."""
    if settings.exam_delivery is ExamDelivery.VERBATIM:
        return True
    author_says = parse_exam(document).metadata.show_answers_after_finish
    return author_says if isinstance(author_says, bool) else settings.show_answers_after_finish


def _download(final: Attempt, document: bytes) -> Reply:
    name = output_path(final.subject.id, final.attempt_id).rpartition("/")[2]
    body = bundle(document, attempt_json(attempt_body(final)))
    return Reply(body, headers=[(b"content-disposition", _ATTACHMENT % name.encode())])
