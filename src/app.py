"""The composition root: settings in, a running Markbook out. `main` is the console script."""

import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Final, Literal

import uvicorn
import uvloop

from adapters import side_tables
from adapters.bearers import Bearers
from adapters.checkers.on_demand import Checkers
from adapters.cli import importing, judging, replaying, serving, tokens, users, viewing
from adapters.cli.root import Root, markbook
from adapters.clock import system_clock
from adapters.deadline_sweeper import DeadlineSweeper
from adapters.deadlines import Deadlines
from adapters.exam_import import ExamImport
from adapters.exam_listing import ExamListing
from adapters.exam_shelf import ExamShelf
from adapters.file_keeper import FileKeeper
from adapters.files import Files
from adapters.http.application import create_application
from adapters.http.arrival import arrival_protocol
from adapters.http.facades import document
from adapters.http.parts import Parts
from adapters.idempotency import Idempotency
from adapters.issuer_keys import IssuerKeys
from adapters.ledger import Ledger
from adapters.oidc import Oidc
from adapters.passwords import Passwords
from adapters.projector import Projector
from adapters.sessions import Sessions
from adapters.settings import BadSettings, Deadline, FileViews, Settings
from adapters.tokens import BadKeyFile, Tokens, load_key
from adapters.views import Views
from event_store.open import open_store
from event_store.store import Store
from event_store.writer import Writer
from projections.registry import PROJECTIONS

COMMAND_MODULES: Final = (serving, importing, users, tokens, viewing, replaying, judging)
"""Importing them adds their commands to the group; named here so that none is forgotten."""

POISONED = 70  # sysexits.h: an internal software error
_BACKLOG = 2048
_KEEP_ALIVE_SECONDS = 75  # a client that saves every 10 s keeps its connection
_SWITCH_SECONDS = 0.001  # how long a thread that has an answer waits for a busy event loop
_GC_THRESHOLDS = (20_000, 20, 20)  # a save makes some 300 objects that are gone after it
log = logging.getLogger("markbook")


def open_database(settings: Settings) -> Store:
    """The event store, its tables there. Raises BadSettings when it cannot be reached."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        store = open_store(settings.database_url)
    except (ValueError, OSError) as error:
        raise BadSettings(str(error)) from None
    try:
        store.migrate()
        side_tables.migrate(store)
    except BaseException:
        store.close()
        raise
    return store


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Parts]:
    """A Markbook that is open for commands and queries, but serves nobody. Raises ViewMissing."""
    async with AsyncExitStack() as stack:
        store = open_database(settings)
        stack.callback(store.close)
        views = Views(store, PROJECTIONS)
        views.migrate()
        views.load()
        projector = Projector(
            store,
            PROJECTIONS,
            own=lambda: open_database(settings),
            on_failure=_stop_serving,
        )
        writer = Writer(store, on_commit=projector.wake, on_poison=_stop_serving)
        stack.push_async_callback(writer.close)
        ledger = Ledger(store, writer, views, remember=settings.remember_streams)
        stack.callback(ledger.close)
        files = Files(data=settings.data, mode=settings.file_views, views=views)
        stack.callback(files.close)
        passwords = Passwords(store, ledger)
        stack.callback(passwords.close)
        signer = token_signer(settings)
        oidc = await stack.enter_async_context(_trusted_issuer(settings))
        exams = ExamShelf(store, ledger, secret_keys=settings.exam_secret_keys)
        yield Parts(
            ledger=ledger,
            views=views,
            followed=projector,
            files=files,
            deadlines=Deadlines(
                ledger=ledger, views=views, exams=exams, files=files, clock=system_clock
            ),
            bearers=Bearers(signer, oidc),
            checkers=await stack.enter_async_context(Checkers()),
            sessions=Sessions(
                store, writer, ledger, hours=settings.session_hours, clock=system_clock
            ),
            passwords=passwords,
            idempotency=Idempotency(store, writer, ledger),
            exams=exams,
            exam_import=ExamImport(files.folder, files.mode, ledger, views),
            exam_listing=ExamListing(files.folder, files.mode, views),
            settings=settings,
            clock=system_clock,
            writer_health=lambda: writer.poisoned,
        )


def token_signer(settings: Settings) -> Tokens:
    """What signs and checks the installation's own tokens. Raises BadSettings."""
    try:
        return Tokens(load_key(settings.token_key_path))
    except BadKeyFile as error:
        raise BadSettings(str(error)) from None


@asynccontextmanager
async def _trusted_issuer(settings: Settings) -> AsyncIterator[Oidc | None]:
    """The OIDC issuer whose tokens are believed while this lasts, if there is one."""
    if not settings.oidc_issuer:
        yield None
        return
    from adapters.issuer_client import IssuerClient

    async with IssuerClient(settings.oidc_issuer) as client:
        keys = IssuerKeys(settings.oidc_issuer, client.read)
        try:
            yield Oidc(
                settings.oidc_issuer,
                keys,
                audience=settings.oidc_audience,
                clients=settings.oidc_clients,
                role_clients=settings.oidc_role_clients,
                role_names=settings.role_names,
            )
        finally:
            await keys.close()


def _stop_serving(_: BaseException) -> None:
    """End this process as if asked to: whoever watches over it starts it anew."""
    signal.raise_signal(signal.SIGTERM)


@asynccontextmanager
async def _keeping_files(settings: Settings, parts: Parts) -> AsyncIterator[None]:
    """Files follow the log, and operators' edits of files enter it, while this lasts."""
    if settings.file_views is FileViews.OFF:
        yield
        return
    store = open_database(settings)
    keeper = FileKeeper(
        files=parts.files,
        ledger=parts.ledger,
        views=parts.views,
        exams=parts.exams,
        store=store,
        clock=parts.clock,
    )
    try:
        await keeper.start()
        yield
    finally:
        await keeper.stop()
        store.close()


@asynccontextmanager
async def _closing_attempts(settings: Settings, parts: Parts) -> AsyncIterator[None]:
    """Attempts end at their deadlines while this lasts, those of an earlier setting included."""
    store = open_database(settings)
    sweeper = DeadlineSweeper(parts.deadlines, store, parts.clock)
    try:
        await sweeper.start()
        yield
    finally:
        await sweeper.stop()
        store.close()


@asynccontextmanager
async def _following_views(projector: Projector) -> AsyncIterator[None]:
    """Views of several streams follow the log while this lasts, if there are any."""
    await asyncio.to_thread(projector.start)
    try:
        yield
    finally:
        await asyncio.to_thread(projector.stop)


def serve(settings: Settings) -> int:
    """Serve until told to stop; the exit code. Raises BadSettings, ViewMissing."""
    return uvloop.run(_serve(settings))


class _Server(uvicorn.Server):
    """uvicorn's server, but the signal that ends it ends only it.

    By itself it raises that signal once more, and the process would be gone before files and
    leases are let go of.
    """

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End when asked to, as long as this lasts."""
        loop = asyncio.get_running_loop()
        asked = (signal.SIGINT, signal.SIGTERM)
        for number in asked:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in asked:
                loop.remove_signal_handler(number)
            # Once more, from a supervisor or from a part that fails while all come to their end.
            signal.signal(signal.SIGTERM, signal.SIG_IGN)


async def _serve(settings: Settings) -> int:
    with _listening(settings) as listener:
        async with (
            running(settings) as parts,
            _keeping_files(settings, parts),
            _closing_attempts(settings, parts),
            _following_views(parts.followed),
        ):
            server = _Server(
                uvicorn.Config(
                    create_application(parts),
                    http=_http_protocol(settings),
                    loop="none",
                    lifespan="off",
                    ws="none",
                    access_log=False,
                    log_level="warning",
                    proxy_headers=False,
                    server_header=False,
                    date_header=False,
                    backlog=_BACKLOG,
                    timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                    timeout_graceful_shutdown=5,
                )
            )
            _settle_interpreter()
            log.info("serving at http://%s:%d", *listener.getsockname()[:2])
            await server.serve(sockets=[listener])
            return POISONED if parts.writer_health() is not None else 0


def _http_protocol(settings: Settings) -> type[asyncio.Protocol] | Literal["httptools"]:
    """Where the server watches the time, its protocol notes when each request arrived."""
    if settings.deadline is Deadline.OFF:
        return "httptools"
    return arrival_protocol(system_clock)


def _settle_interpreter() -> None:
    """Keep what lives as long as the process out of every garbage collection.

    Otherwise each full collection looks at all that was ever imported and stalls every request
    for some 50 ms. Threads change more often than by default, so that a read is soon answered.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    sys.setswitchinterval(_SWITCH_SECONDS)


def _listening(settings: Settings) -> socket.socket:
    """The socket to serve on, taken before anything else is touched. Raises BadSettings."""
    try:
        [family, kind, protocol, _, address] = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise BadSettings(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror or error}; "
            "choose another with --port or MARKBOOK_PORT"
        ) from None
    listener.set_inheritable(True)
    return listener


def main() -> None:
    """The console script."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # else a line each time keys are read
    markbook(
        obj=Root(
            serve=serve, running=running, store=open_database, openapi=document, tokens=token_signer
        ),
        prog_name="markbook",
    )


if __name__ == "__main__":
    main()
