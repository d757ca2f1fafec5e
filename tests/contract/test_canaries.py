"""Secrets stay in: every secret carries a mark, and no mark is where its readers are not.

One server, everything planted, every route of every facade called by everybody, rightly and
wrongly; then every answer, error, header, page, log line and file is searched.
"""

import json
import re
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from adapters.http.facades import FacadeName, document
from adapters.http.openapi_page import examples_of
from adapters.principals import Role
from adapters.settings import TOKEN_KEY_FILE
from tests.contract import bank_world, papers
from tests.contract.caller import BANK, Caller
from tests.contract.server import Server, lay_out
from tests.contract.student import Student

ANSWER = "canary-answer-5d2e"
PASSWORDS = {name: f"canary-password-{name}-90ac" for name in ("owner", "other", "teacher")}
WITH_KEYS = {Role.KEYS, Role.ADMIN}
PAGES = ("/api/docs", "/api/challenge/docs", f"{BANK}/docs", "/", "/demo/")
BROKEN: Sequence[Any] = ([], {"no such field": "x"}, {"answers": [{"questionId": 1}]})


class Seen(NamedTuple):
    """One answer, whole: who got it from where, and its bytes, headers included."""

    who: str
    what: str
    text: str


class Run(NamedTuple):
    """What a run over all routes left."""

    answers: list[Seen]
    server: Server
    tokens: dict[str, str]  # what each caller proves who they are with


def _operations() -> list[tuple[FacadeName, str, str, Any]]:
    found = []
    for name in FacadeName:
        api = json.loads(document(name))
        for path, methods in api["paths"].items():
            for method, operation in methods.items():
                content = operation.get("requestBody", {}).get("content", {})
                schema = content.get("application/json", {}).get("schema", {})
                bodies = examples_of(api, schema) if schema else []
                found.append((name, method.upper(), path, bodies[:1]))
    return sorted(found, key=lambda one: one[1] != "GET")


OPERATIONS = _operations()


def _whole(answer: httpx.Response) -> str:
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    return f"{answer.status_code}\n{headers}\n{answer.text}"


def _sign_in(server: Server, name: str) -> Student:
    person = Student(server.base)
    answer = person.try_sign_in({"username": name, "password": PASSWORDS[name]})
    assert answer.status_code == 200, answer.text
    person.user_id = answer.json()["userId"]
    return person


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    data = tmp_path_factory.mktemp("canaries") / "data"
    lay_out(data, [papers.marked_paper("marked"), papers.paper("algebra")], {"marked": True})
    with Server(data, show_answers_after_finish="false") as server:
        for name, password in PASSWORDS.items():
            server.add_user(name, password, staff=name == "teacher")
        people: dict[str, httpx.Client] = {name: _sign_in(server, name) for name in PASSWORDS}
        owner = people["owner"]
        assert isinstance(owner, Student)
        attempt_id = owner.started("marked")
        assert owner.save(attempt_id, {"questionId": "q4", "response": ANSWER}).is_success
        bearers: dict[str, httpx.Client] = {
            role: Caller(server, role, subject=f"the-{role}", base="", domain="lms")
            for role in Role
        }
        learner = Caller(server, Role.LEARNER, subject=bank_world.OWNER, base="")
        bearers[bank_world.OWNER] = learner
        world = bank_world.BankWorld(server)
        nobody = httpx.Client(base_url=server.base)
        answers: list[Seen] = []
        for name, method, path, bodies in [*OPERATIONS, *OPERATIONS]:
            callers = people if name is FacadeName.EXAMS else bearers
            known = {"examId": "marked", "attemptId": attempt_id, "userId": owner.user_id}
            if name is FacadeName.BANK and "{" in path:
                known = world.fresh(re.findall(r"{(\w+)}", path))
            for who, caller in [*callers.items(), ("nobody", nobody)]:
                if name is FacadeName.EXAMS and path.endswith(("/logout", "/login", "/void")):
                    continue  # they would end the run: other tests look at what they answer
                sent = [None] if method == "GET" else [*bodies, *BROKEN]
                absent = dict.fromkeys(known, str(uuid.uuid4()))
                for body, values in [*((one, known) for one in sent), (sent[0], absent)]:
                    url = path.format_map(_Or(values))
                    answer = caller.request(method, url, json=body)
                    answers.append(Seen(who, f"{method} {path} {body}", _whole(answer)))
        file = "{base}/attempts/{attemptId}/files".format(base=BANK, **world.files())
        answers += [Seen(who, file, _whole(one.get(file))) for who, one in bearers.items()]
        handed_in = f"{BANK}/attempts/{world.answered()}?include=answer"
        answers += [
            Seen(who, handed_in, _whole(one.get(handed_in))) for who, one in bearers.items()
        ]
        answers += [Seen("nobody", page, _whole(nobody.get(page))) for page in PAGES]
        tokens = {name: person.cookies["sessionid"] for name, person in people.items()}
        tokens |= {role: one.headers["authorization"].split()[1] for role, one in bearers.items()}
        yield Run(answers, server, tokens)
        world.close()
        for one in (*people.values(), *bearers.values(), nobody):
            one.close()


class _Or(dict[str, str]):
    """Ids by name; an unknown one is made up."""

    def __missing__(self, key: str) -> str:
        return f"no-{key}"


def _leaks(run: Run, mark: str, readers: set[str]) -> list[tuple[str, str]]:
    """Who was told a mark, and by what, who is none of its readers."""
    return [
        (seen.who, seen.what)
        for seen in run.answers
        if seen.who not in readers and mark in seen.text
    ]


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes().decode("latin-1")


def test_the_run_saw_every_route_and_the_marks_reach_those_who_may_read_them(run: Run):
    assert {seen.what.split(" ", 2)[1] for seen in run.answers if " " in seen.what} == {
        path
        for name, _, path, _ in OPERATIONS
        if name is not FacadeName.EXAMS or not path.endswith(("/logout", "/login", "/void"))
    }
    told = {seen.who for seen in run.answers if papers.MARK in seen.text}
    assert told == {"teacher"}
    assert {seen.who for seen in run.answers if ANSWER in seen.text} == {"owner", "teacher"}
    assert {seen.who for seen in run.answers if bank_world.MARK in seen.text} >= WITH_KEYS


def test_no_route_answers_with_a_failure_of_the_server(run: Run):
    assert [seen for seen in run.answers if seen.text.startswith("5")] == []


def test_E08_an_exams_answers_reach_nobody_but_staff(run: Run):
    assert _leaks(run, papers.MARK, {"teacher"}) == []


def test_an_answer_reaches_nobody_but_its_writer_and_staff(run: Run):
    assert _leaks(run, ANSWER, {"owner", "teacher"}) == []


def test_B102_keys_rubrics_and_solutions_reach_nobody_without_the_permission(run: Run):
    assert _leaks(run, bank_world.MARK, set(WITH_KEYS)) == []


def test_a_rubric_reaches_with_keys_whoever_judges_by_it_and_nobody_else(run: Run):
    leaks = _leaks(run, bank_world.RUBRIC, set(WITH_KEYS))
    assert {who for who, _ in leaks} == {Role.CHECKER}
    reading = f"GET {BANK}/manual-reviews/{{reviewId}} "
    assert [what for _, what in leaks if not what.startswith(reading)] == []


def test_B101_an_answer_to_a_problem_reaches_its_learner_and_checkers_and_nobody_else(run: Run):
    readers = {bank_world.OWNER, Role.CHECKER, Role.ADMIN}
    assert _leaks(run, bank_world.ANSWER, readers) == []
    told = {seen.who for seen in run.answers if bank_world.ANSWER in seen.text}
    assert told == readers


def test_B101_a_file_and_its_name_reach_its_learner_and_checkers_and_nobody_else(run: Run):
    for mark in (bank_world.FILE, bank_world.FILE_NAME):
        told = {seen.who for seen in run.answers if mark in seen.text}
        assert told == {bank_world.OWNER, Role.CHECKER, Role.ADMIN}


def test_credentials_are_in_no_answer_but_their_owners(run: Run):
    for password in PASSWORDS.values():
        assert _leaks(run, password, set()) == []
    for name, token in run.tokens.items():
        assert _leaks(run, token, {name}) == []
    private = json.loads((run.server.data / TOKEN_KEY_FILE).read_text())["d"]
    assert _leaks(run, private, set()) == []


def test_the_servers_log_tells_no_secret(run: Run):
    log = run.server.log.read_text()
    secrets = [papers.MARK, ANSWER, bank_world.MARK, bank_world.RUBRIC, bank_world.ANSWER]
    secrets += [bank_world.FILE, bank_world.FILE_NAME]
    marks = [*secrets, *PASSWORDS.values(), *run.tokens.values()]
    assert [mark for mark in marks if mark in log] == []


def test_files_hold_no_credential_and_only_exam_files_and_bundles_hold_answers(run: Run):
    private = json.loads((run.server.data / TOKEN_KEY_FILE).read_text())["d"]
    for name, text in _files(run.server.data):
        for secret in (*PASSWORDS.values(), *run.tokens.values()):
            assert secret not in text, name
        if name != TOKEN_KEY_FILE:
            assert private not in text, name
        if not re.match(r"input/|output/|markbook\.sqlite3", name):
            assert papers.MARK not in text, name
            assert bank_world.MARK not in text, name
            assert bank_world.RUBRIC not in text, name
            assert bank_world.ANSWER not in text, name
            assert bank_world.FILE_NAME not in text, name
        if not name.startswith("files/"):
            assert bank_world.FILE not in text, name
