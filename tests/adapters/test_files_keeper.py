"""The file keeper: files follow the log, operators' edits enter it, one process does the work."""

import asyncio
import json
import os
import socket

import msgspec
import pytest

from adapters.file_keeper import _Holding
from adapters.file_lease import LOCK
from adapters.file_state import MARKER, POSITION, FileState, ForeignFolder
from adapters.settings import FileViews
from domain.exam_attempt import attempt_body
from event_store.sqlite import SQLiteStore
from event_store.store import StoreBusy
from projections.exams import ExamEntry
from projections.progress import progress_body
from tests.adapters.file_house import House, exam_document, house, soon

ATTEMPT = "attempts/ann/e1/ann-e1-1.json"
BUNDLE = "output/e1_ann-e1-1.json"


@pytest.fixture
async def here(tmp_path):
    async with house(tmp_path) as one:
        yield one


@pytest.fixture
async def open_exam(here):
    here.put_exam("e1")
    await soon(lambda: here.flags() == {"e1": False})
    await here.publish("e1")
    return here


def noted(data) -> int:
    store = SQLiteStore(data / "markbook.sqlite3")
    position = int(FileState(store).read()[POSITION])
    store.close()
    return position


def known(here: House) -> dict[str, ExamEntry]:
    """The exams as the keeper knows them."""
    return here.keeper._holding.exams if here.keeper._holding else {}


def holding(here: House) -> _Holding:
    assert here.keeper._holding is not None
    return here.keeper._holding


def die(here: House) -> None:
    """End the keeper as SIGKILL would: it notes nothing."""
    assert here.keeper._task is not None
    here.keeper._task.cancel()
    here.keeper._task = here.keeper._holding = None


# --- log → files --------------------------------------------------------------------------------


async def test_E33_E34_E40_files_of_an_autosave_follow_within_a_second(open_exam):
    here = open_exam
    await here.start("ann", "e1")
    state = await here.save("ann-e1-1", "q0", "text")
    expected = msgspec.json.encode(attempt_body(state))
    await soon(lambda: (here.data / ATTEMPT).read_bytes() == expected, 1.0)
    progress = msgspec.json.encode(progress_body("ann", here.rows("ann")))
    await soon(lambda: (here.data / "progress/ann.json").read_bytes() == progress, 1.0)
    await soon(lambda: here.manifest()["users"] == {"ann": {"active": ["e1"], "finished": []}}, 1.0)


async def test_E33_submit_moves_the_exam_to_finished_once(open_exam):
    here = open_exam
    await here.start("ann", "e1")
    await here.submit("ann-e1-1")
    await here.submit("ann-e1-1")
    await soon(lambda: here.manifest()["users"] == {"ann": {"active": [], "finished": ["e1"]}}, 1.0)


async def test_E36_a_bundle_that_was_never_written_is_written_by_the_keeper(open_exam):
    here = open_exam
    await here.start("ann", "e1")
    await here.submit("ann-e1-1", files=False)
    await soon(lambda: here.read(BUNDLE)["attempt"]["status"] == "finished")


@pytest.mark.parametrize("damage", ["delete", "corrupt", "older"])
@pytest.mark.parametrize("path", [ATTEMPT, BUNDLE, "progress/ann.json", "manifest.json"])
async def test_E36_E39_a_start_repairs_files_that_differ_from_the_log(tmp_path, path, damage):
    async with house(tmp_path) as before:
        before.put_exam("e1")
        await soon(lambda: before.flags() == {"e1": False})
        await before.start("ann", "e1")
        await before.submit("ann-e1-1")
        await soon(lambda: before.manifest()["users"]["ann"]["finished"] == ["e1"])
        die(before)
    target = tmp_path / path
    right = target.read_bytes()
    if damage == "delete" or path == "manifest.json":
        target.unlink()
    else:
        target.write_bytes(right[:-9] if damage == "corrupt" else b"{}")
    async with house(tmp_path):
        await soon(lambda: target.read_bytes() == right)


async def test_a_start_looks_only_at_what_came_after_the_noted_position(tmp_path):
    async with house(tmp_path) as before:
        await before.import_exam("e1")
        for user in ("ann", "bob"):
            await before.start(user, "e1")
            await before.submit(f"{user}-e1-1")
        head = before.ledger._store.head()
    assert noted(tmp_path) == head
    (tmp_path / BUNDLE).unlink()
    async with house(tmp_path) as after:
        await after.start("eve", "e1")
        await soon((tmp_path / "progress/eve.json").exists)
        await soon(lambda: set(after.manifest()["users"]) == {"ann", "bob", "eve"})
        assert not (tmp_path / BUNDLE).exists()
    assert noted(tmp_path) > head


async def test_the_position_waits_for_files_that_cannot_be_written(tmp_path):
    async with house(tmp_path) as here:
        await here.import_exam("e1")
        before = here.ledger._store.head()
        await soon(lambda: holding(here).position == before)
        (tmp_path / "progress").rmdir()
        (tmp_path / "progress").write_text("in the way")
        await here.start("ann", "e1")
        await soon(lambda: holding(here).again)
        assert "attempt files" in here.keeper.problems
    assert not FileState(SQLiteStore(tmp_path / "markbook.sqlite3")).read().get(POSITION)
    (tmp_path / "progress").unlink()
    async with house(tmp_path) as after:
        await soon(lambda: after.read("progress/ann.json")["active"] == ["e1"])
        await soon(lambda: after.keeper.problems == {})


async def test_E41_left_over_temporary_files_are_swept_at_start(tmp_path):
    (tmp_path / "output").mkdir()
    litter = tmp_path / "output/.0123abcd-1.markbook-tmp"
    litter.write_bytes(b"{")
    async with house(tmp_path):
        await soon(lambda: not litter.exists())


async def test_E12_an_attempt_that_cannot_be_read_stops_no_other(open_exam, monkeypatch):
    here = open_exam
    document = here.shelf.document

    async def lost(exam_id, content_hash):
        if exam_id == "e1":
            raise LookupError("no exam document has this hash")
        return await document(exam_id, content_hash)

    await here.import_exam("e2")
    await here.start("ann", "e1")
    await here.start("ann", "e2")
    await here.submit("ann-e1-1", files=False)
    monkeypatch.setattr(here.shelf, "document", lost)
    await here.submit("ann-e2-1", files=False)
    await soon((here.data / "output/e2_ann-e2-1.json").exists)
    await soon(lambda: "attempt ann-e1-1" in here.keeper.problems)


async def test_every_file_is_the_same_after_all_are_deleted_and_rebuilt(tmp_path):
    async with house(tmp_path) as before:
        before.put_exam("e1")
        before.put_exam("e2")
        await soon(lambda: len(before.flags()) == 2)
        for user in ("ann", "bob", "Зоя"):
            for exam_id in ("e1", "e2"):
                await before.start(user, exam_id)
                await before.save(f"{user}-{exam_id}-1", "q1", ["ж", 1, None])
            await before.submit(f"{user}-e1-1")
    folders = ("attempts", "output", "progress")
    paths = [path for folder in folders for path in (tmp_path / folder).rglob("*.json")]
    paths.append(tmp_path / "manifest.json")
    assert len(paths) == 6 + 3 + 3 + 1
    right = {path: path.read_bytes() for path in paths}
    for path in paths:
        path.unlink()
    store = SQLiteStore(tmp_path / "markbook.sqlite3")
    store.exclusive(lambda cursor: cursor.execute("DELETE FROM file_state WHERE name='position'"))
    store.close()
    async with house(tmp_path):
        await soon(lambda: all(path.exists() for path in paths))
    assert {path: path.read_bytes() for path in paths} == right


# --- input/ → log -------------------------------------------------------------------------------


async def test_E50_a_new_exam_and_its_manifest_entry_are_taken_in_without_a_restart(here):
    here.put_exam("new")
    here.put_manifest({"exams": [{"examId": "new", "published": True}], "users": {}})

    async def published():
        state = await here.exam("new")
        return state.present and state.published

    for _ in range(200):
        if await published():
            break
        await asyncio.sleep(0.01)
    assert await published()


async def test_E50_a_flag_that_comes_before_its_file_waits_for_it(tmp_path):
    async with house(tmp_path) as here:
        here.put_manifest({"exams": [{"examId": "new", "published": True}]})
        await asyncio.sleep(0.4)
        assert here.flags() == {"new": True}
    async with house(tmp_path) as again:
        again.put_exam("new")
        await soon(lambda: known(again)["new"].published)
        assert again.flags() == {"new": True}


async def test_exams_in_the_folder_are_known_before_anybody_is_served(tmp_path):
    (tmp_path / "input").mkdir()
    for number in range(5):
        content = json.dumps(exam_document(f"e{number}"))
        (tmp_path / f"input/e{number}.json").write_text(content)
    (tmp_path / "manifest.json").write_text('{"exams": [{"examId": "e3", "published": true}]}')
    async with house(tmp_path) as here:
        states = [await here.exam(f"e{number}") for number in range(5)]
        assert [state.published for state in states] == [False, False, False, True, False]
        assert all(state.present for state in states)


async def test_E02_a_file_that_is_gone_is_missing_and_back_when_it_is_back(here):
    here.put_exam("e1")
    await soon(lambda: known(here)["e1"].present)
    await here.publish("e1")
    (here.data / "input/e1.json").unlink()
    await soon(lambda: not known(here)["e1"].present)
    state = await here.exam("e1")
    assert state.published
    assert not state.present
    here.put_exam("e1", version="2")
    await soon(lambda: known(here)["e1"].present)
    assert (await here.exam("e1")).version == "2"


async def test_E02_a_file_that_went_before_it_was_ever_seen_is_missing(here):
    here.put_exam("e0")
    await soon(lambda: here.flags() == {"e0": False})
    await here.import_exam("e9")  # staff imported it, and its file was removed at once
    assert (await here.exam("e9")).present

    async def gone() -> bool:
        return not (await here.exam("e9")).present

    for _ in range(100):
        if await gone():
            break
        await asyncio.sleep(0.05)
    assert await gone()
    here.put_exam("e9")
    await soon(lambda: known(here)["e9"].present)


async def test_E02_a_file_that_went_while_nobody_looked_is_missing(tmp_path):
    async with house(tmp_path) as here:
        here.put_exam("e1")
        await soon(lambda: known(here)["e1"].present)
    (tmp_path / "input/e1.json").unlink()
    async with house(tmp_path) as here:
        assert not (await here.exam("e1")).present


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"examId": "e1", "secti', "truncated"),
        (b"\xff\xfe", "malformed"),
        (b"[" * 5000, "Expected `object`"),
        (json.dumps(exam_document("e2")).encode(), "examId is 'e2'"),
        (json.dumps({**exam_document("e1"), "durationMinutes": 0}).encode(), "durationMinutes"),
    ],
)
async def test_E02_a_broken_file_is_reported_with_its_problem_and_heals(here, content, problem):
    here.put_exam("e1")
    here.put_exam("other")
    await soon(lambda: len(known(here)) == 2)
    (here.data / "input/e1.json").write_bytes(content)
    await soon(lambda: not known(here)["e1"].present)
    assert problem in (known(here)["e1"].problem or "")
    assert problem in here.keeper.problems["input/e1.json"]
    assert known(here)["other"].present
    here.put_exam("e1")
    await soon(lambda: known(here)["e1"].present)
    assert here.keeper.problems == {}


async def test_E43_a_file_whose_name_cannot_be_an_exam_id_is_reported_and_left(here):
    (here.data / "input/..evil.json").write_text("{}")  # hidden: not looked at
    (here.data / "input/a b.json").write_text(json.dumps(exam_document("a b")))
    (here.data / "input/notes.txt").write_text("mine")
    await soon(lambda: list(here.keeper.problems) == ["input/a b.json"])
    assert known(here) == {}


async def test_an_unchanged_file_makes_no_event_at_a_restart(tmp_path):
    async with house(tmp_path) as here:
        here.put_exam("e1")
        await soon(lambda: known(here)["e1"].present)
        head = here.ledger._store.head()
    os.utime(tmp_path / "input/e1.json")
    async with house(tmp_path) as here:
        await asyncio.sleep(0.3)
        assert here.ledger._store.head() == head


async def test_E50_what_the_log_cannot_take_now_is_taken_later(here, monkeypatch):
    execute = here.ledger.execute
    refused: list[object] = []

    async def busy(call, *steps, **more):
        if len(refused) < 3:
            refused.append(steps)
            raise StoreBusy("try again")
        return await execute(call, *steps, **more)

    monkeypatch.setattr(here.ledger, "execute", busy)
    for number in range(3):
        here.put_exam(f"e{number}")
    here.put_manifest({"exams": [{"examId": "e1", "published": True}]})
    await soon(lambda: here.flags() == {"e0": False, "e1": True, "e2": False})
    await soon(lambda: here.keeper.problems == {})
    assert len(refused) == 3


# --- manifest -----------------------------------------------------------------------------------


async def test_E42_an_operators_flag_is_taken_in_and_unknown_keys_stay(open_exam):
    here = open_exam
    await here.start("ann", "e1")
    await soon(lambda: here.manifest()["users"] and here.flags() == {"e1": True})
    edited = here.manifest()
    edited["exams"][0] |= {"published": False, "room": "12"}
    edited |= {"owner": {"name": "Зоя", "big": 123456789012345678901234567890}}
    edited["users"]["ann"]["note"] = "late"
    here.put_manifest(edited)
    await soon(lambda: not known(here)["e1"].published)
    await here.submit("ann-e1-1")
    await soon(lambda: here.manifest()["users"]["ann"]["finished"] == ["e1"])
    assert here.manifest() == {
        "exams": [{"examId": "e1", "published": False, "room": "12"}],
        "users": {"ann": {"active": [], "finished": ["e1"], "note": "late"}},
        "owner": edited["owner"],
    }


async def test_E42_a_flag_set_by_a_command_reaches_the_file_and_is_no_edit(open_exam):
    here = open_exam
    await soon(lambda: here.flags() == {"e1": True})
    await here.unpublish("e1")
    await soon(lambda: here.flags() == {"e1": False})
    await asyncio.sleep(0.3)
    assert not (await here.exam("e1")).published


async def test_E42_the_log_wins_over_a_users_part_that_somebody_edited(open_exam):
    here = open_exam
    await here.start("ann", "e1")
    await soon(lambda: here.manifest()["users"])
    edited = here.manifest()
    edited["users"] = {"ann": {"active": [], "finished": ["e1", "e9"]}, "bob": {"active": ["e1"]}}
    here.put_manifest(edited)
    await soon(lambda: here.manifest()["users"] == {"ann": {"active": ["e1"], "finished": []}})


async def test_E42_an_entry_that_is_taken_out_closes_the_exam(open_exam):
    here = open_exam
    await soon(lambda: here.flags() == {"e1": True})
    here.put_manifest({"exams": []})
    await soon(lambda: not known(here)["e1"].published)
    await soon(lambda: here.flags() == {"e1": False})


async def test_E42_a_missing_manifest_changes_no_flag_and_is_written_anew(open_exam, caplog):
    here = open_exam
    await soon(lambda: here.flags() == {"e1": True})
    (here.data / "manifest.json").unlink()
    await soon(lambda: here.flags() == {"e1": True})
    assert (await here.exam("e1")).published
    assert "manifest.json: it is missing" in caplog.text
    await soon(lambda: here.keeper.problems == {})


@pytest.mark.parametrize("text", ['{"exams": [', "", "[]", '{"users": {}}', '{"exams": {}}'])
async def test_E42_a_broken_manifest_changes_no_flag_and_is_left_to_its_owner(open_exam, text):
    here = open_exam
    await soon(lambda: here.flags() == {"e1": True})
    here.put_manifest(text)
    await soon(lambda: "manifest.json" in here.keeper.problems)
    await here.start("ann", "e1")
    await soon((here.data / ATTEMPT).exists)
    assert (here.data / "manifest.json").read_text() == text
    assert (await here.exam("e1")).published
    here.put_manifest({"exams": [{"examId": "e1", "published": False}], "mine": 1})
    await soon(lambda: not known(here)["e1"].published)
    await soon(lambda: "ann" in here.manifest()["users"])
    assert here.manifest()["mine"] == 1
    assert here.keeper.problems == {}


async def test_E42_an_edit_made_while_nobody_looked_counts_and_an_own_write_does_not(tmp_path):
    async with house(tmp_path) as here:
        for exam_id in ("a", "b"):
            here.put_exam(exam_id)
        await soon(lambda: len(here.flags()) == 2)
        await here.publish("b")
        await soon(lambda: here.flags() == {"a": False, "b": True})
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["exams"][0]["published"] = True
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    async with house(tmp_path, mode=FileViews.OFF) as off:
        await off.unpublish("b")
    async with house(tmp_path) as here:
        assert (await here.exam("a")).published
        assert not (await here.exam("b")).published
        await soon(lambda: here.flags() == {"a": True, "b": False})


# --- who keeps ----------------------------------------------------------------------------------


async def test_one_process_keeps_and_another_takes_over_when_it_stops(tmp_path):
    async with house(tmp_path) as first:
        async with house(tmp_path) as second:
            assert first.keeper.holds_lease
            assert not second.keeper.holds_lease
            await first.keeper.stop()
            await soon(lambda: second.keeper.holds_lease)
            second.put_exam("e1")
            await soon(lambda: second.flags() == {"e1": False})
        assert not first.keeper.holds_lease


async def test_another_machine_takes_over_when_the_lease_has_run_out(tmp_path, monkeypatch):
    async with house(tmp_path) as first:
        assert first.keeper.holds_lease
        (tmp_path / LOCK).unlink()  # a lock on this machine says nothing to another one
        monkeypatch.setattr(socket, "gethostname", lambda: "another-machine")
        async with house(tmp_path) as second:
            await asyncio.sleep(0.2)
            assert not second.keeper.holds_lease
            own = SQLiteStore(tmp_path / "markbook.sqlite3")
            own.exclusive(lambda cursor: cursor.execute("UPDATE leases SET expires_at = 0"))
            own.close()
            await soon(lambda: second.keeper.holds_lease)
            holding(first).renewed = 0.0
            await soon(lambda: not first.keeper.holds_lease)
            assert second.keeper.holds_lease


async def test_a_folder_of_another_database_is_refused(tmp_path):
    async with house(tmp_path / "one"):
        pass
    with pytest.raises(ForeignFolder, match="file_views=off"):
        async with house(tmp_path / "one", database=tmp_path / "other.sqlite3"):
            pass
    async with house(
        tmp_path / "one", database=tmp_path / "other.sqlite3", mode=FileViews.OFF
    ) as off:
        assert not off.keeper.holds_lease
    (tmp_path / "one" / MARKER).unlink()
    async with house(tmp_path / "one", database=tmp_path / "other.sqlite3") as adopted:
        assert adopted.keeper.holds_lease


@pytest.mark.ci
async def test_E33_E36_E50_on_postgresql_too(tmp_path, postgres_database):
    async with house(tmp_path, database=postgres_database) as before:
        before.put_exam("e1")
        before.put_manifest({"exams": [{"examId": "e1", "published": True}], "mine": 1})
        await soon(lambda: known(before)["e1"].published)
        await before.start("ann", "e1")
        await before.submit("ann-e1-1", files=False)
        await before.start("bob", "e1")
        state = await before.save("bob-e1-1", "q1", 1)
        path = tmp_path / "attempts/bob/e1/bob-e1-1.json"
        await soon(lambda: path.read_bytes() == msgspec.json.encode(attempt_body(state)))
        await soon(lambda: before.manifest()["users"]["ann"]["finished"] == ["e1"])
        await before.unpublish("e1")
    assert (tmp_path / BUNDLE).exists()
    path.unlink()
    async with house(tmp_path, database=postgres_database) as after:
        await after.save("bob-e1-1", "q2", 2)
        await soon(lambda: len(json.loads(path.read_bytes())["answers"]) == 2)
        assert after.flags() == {"e1": False}
        assert after.manifest()["mine"] == 1
