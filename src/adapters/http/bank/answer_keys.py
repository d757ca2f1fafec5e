"""What is right: a version's answer key, and its author's tests (row C1.22)."""

from typing import Annotated

from litestar import Controller, get, put
from litestar.params import BodyKwarg, FromPath

from adapters.http.access import one_of
from adapters.http.bank import version_bodies as bodies
from adapters.http.bank.documentation import READ, WRITE, replies
from adapters.http.bank.envelope import Data, data_reply
from adapters.http.bank.problem_versions import (
    NO_VERSION,
    NOT_A_DRAFT,
    read_version,
    version_id_of,
)
from adapters.http.bank.requests import BankRequest
from adapters.http.bank.version_bodies import AnswerKeyRequest, AuthorTestsRequest
from adapters.http.bank.version_dtos import AnswerKeyDto, AuthorTestsDto, key_dto, tests_dto
from adapters.http.replies import Reply
from adapters.ledger import Step
from adapters.principals import Role
from domain.problem_version import SetAnswerKey, SetAuthorTests, problem_version

_KEYS = {"access": one_of(Role.KEYS)}
_AUTHORS = {"access": one_of(Role.AUTHOR, also=Role.KEYS)}


class AnswerKeysController(Controller):
    """The key of a version, and the answers to try on it."""

    path = "/problem-versions/{version_id:str}"
    tags = ("Answer keys",)

    @get(
        "/answer-key",
        operation_id="GetAnswerKey",
        summary="Read a version's answer key",
        opt=_KEYS,
        responses=replies(
            Data[AnswerKeyDto],
            *READ,
            description="The key; `key` is absent until there is one",
            s404=NO_VERSION,
        ),
    )
    async def read(self, request: BankRequest, version_id: FromPath[str]) -> Reply:
        """Row C1.22."""
        state, revision = await read_version(request, version_id)
        return data_reply(key_dto(state), revision=revision)

    @put(
        "/answer-key",
        operation_id="SetAnswerKey",
        summary="Set the answer key of a draft",
        opt=_AUTHORS,
        responses=replies(
            Data[AnswerKeyDto],
            *WRITE,
            description="The key as it is now",
            s404=NO_VERSION,
            s409=NOT_A_DRAFT,
            s422="ANSWER_KEY_MISMATCH: it does not fit the schema; `details.path` says where",
        ),
    )
    async def set_key(
        self,
        request: BankRequest,
        version_id: FromPath[str],
        data: Annotated[AnswerKeyRequest, BodyKwarg(examples=bodies.KEY)],
    ) -> Reply:
        """Row C1.22."""
        stream = problem_version.stream(version_id_of(version_id))
        step = Step(stream, SetAnswerKey(key=data.key), request.revision)
        outcome = await request.parts.ledger.execute(request.call(), step)
        return data_reply(key_dto(outcome.states[stream]), revision=outcome.versions[stream])

    @get(
        "/author-tests",
        operation_id="GetAuthorTests",
        summary="Read the answers that are tried before a version is published",
        opt=_KEYS,
        responses=replies(Data[AuthorTestsDto], *READ, description="All tests", s404=NO_VERSION),
    )
    async def tests(self, request: BankRequest, version_id: FromPath[str]) -> Reply:
        """An addition to the contract."""
        state, revision = await read_version(request, version_id)
        return data_reply(tests_dto(state), revision=revision)

    @put(
        "/author-tests",
        operation_id="SetAuthorTests",
        summary="Set the answers to try before a draft is published, with what is to come of them",
        opt=_AUTHORS,
        responses=replies(
            Data[AuthorTestsDto],
            *WRITE,
            description="All tests as they are now",
            s404=NO_VERSION,
            s409=NOT_A_DRAFT,
        ),
    )
    async def set_tests(
        self,
        request: BankRequest,
        version_id: FromPath[str],
        data: Annotated[AuthorTestsRequest, BodyKwarg(examples=bodies.TESTS)],
    ) -> Reply:
        """An addition to the contract."""
        stream = problem_version.stream(version_id_of(version_id))
        step = Step(stream, SetAuthorTests(tests=data.author_tests()), request.revision)
        outcome = await request.parts.ledger.execute(request.call(), step)
        return data_reply(tests_dto(outcome.states[stream]), revision=outcome.versions[stream])
