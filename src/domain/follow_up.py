"""FollowUp: what a policy asks for."""

from typing import NamedTuple

from domain.kernel import Command


class FollowUp(NamedTuple):
    """A command that a policy asks for, and the stream it is for."""

    stream: str
    command: Command
