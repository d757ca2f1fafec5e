"""Exams are fresh enough, and every pinned version stays readable."""

from pathlib import Path

import pytest

from adapters.ledger import Step
from domain.exam import PublishExam, UnpublishExam, exam
from domain.exam_document import content_hash
from tests.contract.papers import paper
from tests.http.conftest import World, another, operator


async def test_what_this_process_does_is_seen_at_once(world: World):
    shelf = world.parts.exams
    assert (await shelf.exam("algebra")).published
    await world.ledger.execute(operator(), Step(exam.stream("algebra"), UnpublishExam()))
    assert not (await shelf.exam("algebra")).published


async def test_what_another_process_does_is_seen_within_a_second(world: World, tmp_path: Path):
    other = another(world.store, world.writer, tmp_path, world.watch)
    assert (await other.parts.exams.exam("algebra")).published
    await world.ledger.execute(operator(), Step(exam.stream("algebra"), UnpublishExam()))
    world.watch.now += 1.01
    assert not (await other.parts.exams.exam("algebra")).published
    await world.ledger.execute(operator(), Step(exam.stream("algebra"), PublishExam()))


@pytest.mark.parametrize("exam_id", ["", "..", "a/b", "CON", "x" * 200, "nope", "a\0"])
async def test_an_id_that_names_no_exam_is_an_absent_one(world: World, exam_id: str):
    assert not (await world.parts.exams.exam(exam_id)).present


async def test_E51_a_pinned_document_is_found_after_the_exam_has_changed(world: World):
    shelf = world.parts.exams
    before = await shelf.exam("algebra")
    await world.put_exam(paper("algebra", title="Changed"))
    after = await shelf.exam("algebra")
    assert after.content_hash != before.content_hash
    for pinned in (before, after, before):
        document = await shelf.document("algebra", pinned.content_hash)
        assert document == pinned.document
        assert content_hash(document) == pinned.content_hash
    with pytest.raises(LookupError):
        await shelf.document("algebra", "0" * 64)


async def test_E08_the_redacted_document_belongs_to_its_version(world: World):
    shelf = world.parts.exams
    first = await shelf.exam("algebra")
    assert b"rubric" not in await shelf.for_learners(first)
    await world.put_exam(paper("algebra", title="Changed"))
    second = await shelf.exam("algebra")
    assert b"Changed" in await shelf.for_learners(second)
    assert b"Changed" not in await shelf.for_learners(first)
