"""Replies that show an attempt, and their headers: its revision, the time, its deadline."""

from adapters.http.replies import Header, Reply, json_reply
from domain.attempt import Attempt
from domain.exam_attempt import attempt_body
from domain.instants import Instant


def attempt_reply(state: Attempt, version: int, now: Instant, status: int = 200) -> Reply:
    """The attempt itself."""
    return json_reply(attempt_body(state), status, attempt_headers(state, version, now))


def attempt_headers(state: Attempt, version: int, now: Instant) -> tuple[Header, ...]:
    """`ETag`, `X-Server-Time`, and `X-Expires-At` where a deadline is enforced (ADR 7).

    A client counts down by the difference of the two times; its own clock need not be right.
    """
    return ((b"etag", b'"%d"' % version), *time_headers(state, now))


def time_headers(state: Attempt, now: Instant) -> tuple[Header, ...]:
    """Those that tell of this moment, whatever the body tells of."""
    server_time = (b"x-server-time", now.encode())
    if state.limit is None:
        return (server_time,)
    return (server_time, (b"x-expires-at", state.limit.expires_at.encode()))
