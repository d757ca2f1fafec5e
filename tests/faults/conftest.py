"""Databases for the faults that need one."""

from pathlib import Path

import pytest

from tests.postgres_server import postgres_database, postgres_server

__all__ = ["postgres_database", "postgres_server"]


@pytest.fixture(params=["sqlite", "postgresql"])
def shared_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an empty log may be made, of each kind that several processes can open."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_database"))
    return f"sqlite:///{tmp_path}/log.sqlite3"
