"""The headers of every answer that shows an attempt: its revision, the time, its deadline."""

from adapters.http.replies import Header
from domain.attempt import Attempt
from domain.instants import Instant


def attempt_headers(state: Attempt, version: int, now: Instant) -> tuple[Header, ...]:
    """`ETag`, `X-Server-Time`, and `X-Expires-At` where a deadline is enforced (ADR 7).

    A client counts down by the difference of the two times; its own clock need not be right.
    """
    etag = (b"etag", b'"%d"' % version)
    server_time = (b"x-server-time", now.encode())
    if state.limit is None:
        return (etag, server_time)
    return (etag, server_time, (b"x-expires-at", state.limit.expires_at.encode()))
