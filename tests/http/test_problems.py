"""Whatever goes wrong becomes one status and one code, and unknown errors tell nothing."""

import logging

import pytest
from litestar import Litestar
from litestar.exceptions import ClientException, MethodNotAllowedException, NotFoundException

from adapters.http.problems import Problem, log_problem, problem_of
from adapters.ledger import Ledger
from adapters.passwords import TooManyWaiting
from adapters.views import ViewMissing
from domain.attempt import AttemptNotActive, AttemptNotFound, UnknownQuestion
from domain.exam import ExamNotFound, ExamNotPublished
from domain.exam_slot import AttemptExists
from event_store.store import DiskFull, StoreBusy, StoreUnavailable
from tests.http.conftest import Browser, World


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ExamNotFound("x"), 404, "EXAM_NOT_FOUND"),
        (ExamNotPublished("x"), 423, "EXAM_NOT_PUBLISHED"),
        (AttemptExists("x"), 409, "ATTEMPT_EXISTS"),
        (AttemptNotActive("x"), 409, "ATTEMPT_NOT_ACTIVE"),
        (AttemptNotFound("x"), 404, "ATTEMPT_NOT_FOUND"),
        (UnknownQuestion("x"), 400, "INVALID_PAYLOAD"),
        (StoreBusy("x"), 503, "STORE_UNAVAILABLE"),
        (StoreUnavailable("x"), 503, "STORE_UNAVAILABLE"),
        (ViewMissing({"exams": "x"}), 503, "STORE_UNAVAILABLE"),
        (DiskFull("x"), 507, "STORE_FULL"),
        (TooManyWaiting(), 429, "RATE_LIMITED"),
        (NotFoundException(), 404, "NOT_FOUND"),
        (MethodNotAllowedException(), 405, "METHOD_NOT_ALLOWED"),
        (ClientException("x"), 400, "INVALID_PAYLOAD"),
        (RuntimeError("x"), 500, "INTERNAL_ERROR"),
        (RecursionError("x"), 500, "INTERNAL_ERROR"),
    ],
)
def test_E49_every_error_has_its_status_and_code(error: Exception, status: int, code: str):
    problem = problem_of(error)
    assert (problem.status, problem.code) == (status, code)


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (StoreBusy("x"), (503, "STORE_UNAVAILABLE")),
        (DiskFull("x"), (507, "STORE_FULL")),
        (StoreUnavailable("x"), (503, "STORE_UNAVAILABLE")),
        (RuntimeError("the answer is B"), (500, "INTERNAL_ERROR")),
    ],
)
async def test_what_the_store_says_reaches_the_client_without_details(
    ada: Browser,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    refusal: tuple[int, str],
):
    async def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Ledger, "execute", fail)
    with caplog.at_level(logging.ERROR):
        answer = await ada("POST", "/api/exams/algebra/attempt")
    assert answer.code == refusal
    assert b"answer is B" not in answer.body
    assert ("retry-after" in str(answer.headers)) == (refusal[0] == 503)
    [record] = caplog.records
    line = record.getMessage()
    assert f"status={refusal[0]}" in line
    assert "answer is B" not in line
    assert "\n" not in line


async def test_a_repeated_request_succeeds_after_the_store_was_busy(
    ada: Browser, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as patch:

        async def busy(*_: object, **__: object) -> None:
            raise StoreBusy("x")

        patch.setattr(Ledger, "execute", busy)
        assert (await ada("POST", "/api/exams/algebra/attempt")).status == 503
    assert (await ada("POST", "/api/exams/algebra/attempt")).status == 201


async def test_A22_health_is_503_once_the_writer_is_poisoned(
    app: Litestar, world: World, monkeypatch: pytest.MonkeyPatch
):
    browser = Browser(app)
    assert (await browser("GET", "/api/healthz")).body == b'{"status":"ok"}'
    monkeypatch.setattr(world.writer, "_poison", OSError("fsync"))
    assert (await browser("GET", "/api/healthz")).code == (503, "STORE_UNAVAILABLE")


def test_a_client_error_is_not_logged(caplog: pytest.LogCaptureFixture):
    error = Problem(400, "INVALID_PAYLOAD", "x")
    with caplog.at_level(logging.DEBUG):
        log_problem(error, error, "PUT /x", "id")
    assert caplog.records == []
