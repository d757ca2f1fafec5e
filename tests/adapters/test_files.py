"""Files of attempts: what is there before the reply, and what is never written over."""

import asyncio
import json

import msgspec
import pytest

from adapters.settings import FileViews
from domain.exam_attempt import attempt, attempt_body
from domain.exam_bundle import bundle_sha256
from projections.progress import progress_body
from tests.adapters.file_house import house

DATABASE = "markbook.sqlite3"


@pytest.fixture(params=[FileViews.COALESCED, FileViews.SYNC])
async def here(request, tmp_path):
    """A house whose files nobody keeps: what is there was written before the reply."""
    async with house(tmp_path, mode=request.param, keeping=False) as one:
        await one.import_exam("e1")
        await one.publish("e1")
        yield one


async def finished(here, user: str = "ann", number: int = 1, **policy):
    attempt_id = await here.start(user, "e1", number, **policy)
    await here.save(attempt_id, "q0", True)
    return await here.submit(attempt_id)


async def test_E31_E32_the_bundle_holds_the_imported_exam_and_the_final_attempt(here):
    state = await finished(here)
    assert state.output_path == "output/e1_ann-e1-1.json"
    bundle = here.read(state.output_path)
    assert list(bundle) == ["exam", "attempt"]
    assert bundle["exam"] == json.loads((await here.exam("e1")).document)
    assert bundle["attempt"] == msgspec.to_builtins(attempt_body(state))
    assert bundle["attempt"]["status"] == "finished"


async def test_E40_the_attempt_file_is_the_body_of_the_api_to_the_byte(here):
    state = await finished(here)
    content = (here.data / "attempts/ann/e1/ann-e1-1.json").read_bytes()
    assert content == msgspec.json.encode(attempt_body(state))


async def test_E34_the_progress_file_is_the_body_of_A6_to_the_byte(here):
    await finished(here)
    content = (here.data / "progress/ann.json").read_bytes()
    assert content == msgspec.json.encode(progress_body("ann", here.rows("ann")))
    assert here.read("progress/ann.json")["finished"] == ["e1"]


async def test_E37_a_repeated_submit_rewrites_nothing(here):
    state = await finished(here)
    files = [path for path in here.data.rglob("*.json") if path.is_file()]
    before = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in files}
    assert await here.submit(state.attempt_id) == state
    assert {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in files} == before


@pytest.mark.parametrize("folder", ["output", "attempts", "progress"])
async def test_E36_a_repeated_submit_writes_a_missing_file_again(here, folder):
    state = await finished(here)
    [path] = (here.data / folder).rglob("*.json")
    content = path.read_bytes()
    path.unlink()
    await here.submit(state.attempt_id)
    assert path.read_bytes() == content


async def test_E36_after_a_restart_a_repeated_submit_writes_the_same_bundle(tmp_path):
    async with house(tmp_path, keeping=False) as before:
        await before.import_exam("e1")
        attempt_id = await before.start("ann", "e1")
        await before.submit(attempt_id, files=False)  # killed between commit and files
        assert not (tmp_path / "output").exists()
    async with house(tmp_path, keeping=False) as after:
        state = await after.submit(attempt_id)
        content = (tmp_path / f"output/e1_{attempt_id}.json").read_bytes()
        [recorded] = [
            event
            for event in after.ledger._store.read_stream(attempt.stream(attempt_id))
            if event.tag == "attempt.finished"
        ]
        digest = json.loads(recorded.stored)["data"]["bundleSha256"]
        document = (await after.exam("e1")).document
        assert digest == bundle_sha256(document, msgspec.json.encode(attempt_body(state)))
        assert content == b'{"exam":%b,"attempt":%b}' % (
            document,
            msgspec.json.encode(attempt_body(state)),
        )


async def test_E51_the_bundle_keeps_the_version_the_attempt_began_with(here):
    attempt_id = await here.start("ann", "e1")
    await here.import_exam("e1", version="2", questions=1)
    state = await here.submit(attempt_id)
    assert here.read(state.output_path)["exam"]["metadata"]["version"] == "1"


async def test_E40_with_sync_files_show_every_save_before_its_reply(tmp_path):
    async with house(tmp_path, mode=FileViews.SYNC, keeping=False) as here:
        await here.import_exam("e1")
        attempt_id = await here.start("ann", "e1")
        path = f"attempts/ann/e1/{attempt_id}.json"
        assert here.read(path)["answers"] == []
        assert here.read("progress/ann.json")["active"] == ["e1"]
        for number in range(3):
            state = await here.save(attempt_id, f"q{number}", number)
            assert (tmp_path / path).read_bytes() == msgspec.json.encode(attempt_body(state))
            assert here.read("progress/ann.json")["exams"][0]["answered"] == number + 1


async def test_with_off_no_file_is_ever_written(tmp_path):
    async with house(tmp_path, mode=FileViews.OFF) as here:
        await here.import_exam("e1")
        await finished(here)
        await asyncio.sleep(0.2)
        assert {path.name.partition("-")[0] for path in tmp_path.iterdir()} == {DATABASE}


async def test_E34_submits_of_one_user_at_once_leave_the_newest_progress(here):
    for number in range(12):
        await here.import_exam(f"x{number}")
    ids = [await here.start("ann", f"x{number}") for number in range(12)]
    await asyncio.gather(*(here.submit(attempt_id) for attempt_id in ids))
    content = (here.data / "progress/ann.json").read_bytes()
    assert content == msgspec.json.encode(progress_body("ann", here.rows("ann")))
    assert len(here.read("progress/ann.json")["finished"]) == 12


@pytest.mark.parametrize("user", ["../../evil", "a/b", "..", "x" * 400, "ы" * 120, "nul\0"])
async def test_E43_a_hostile_user_id_stays_in_the_data_folder(here, user):
    attempt_id = await here.start(user, "e1")
    await here.submit(attempt_id)
    outside = [path for path in here.data.parent.glob("*") if path != here.data]
    assert not [path for path in outside if "evil" in path.name]
    assert len(list((here.data / "output").iterdir())) == 1
    [progress] = (here.data / "progress").iterdir()
    assert json.loads(progress.read_bytes())["userId"] == user


async def test_a_file_that_cannot_be_written_fails_no_submit_and_is_reported(here):
    (here.data / "output").write_text("not a folder")
    state = await finished(here)
    assert state.output_path
    assert "attempt files" in here.files.problems.all()
    (here.data / "output").unlink()
    await here.submit(state.attempt_id)
    assert here.read(state.output_path)["attempt"]["status"] == "finished"
    assert here.files.problems.all() == {}
