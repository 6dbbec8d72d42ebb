"""Fixtures that more than one folder of tests uses."""

import itertools
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.database import Database
from tests.servers import RedisServer, create_postgres_schema, postgres_folder, redis_binary, running_postgres, running_redis

_numbers = itertools.count(1)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background of a shell, which would leave the programs under test deaf to Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files; the tests that changed one fail in that run")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, bytes], None]:
    """Compare bytes with a golden file; a missing one is a failure."""

    def check(path: Path, actual: bytes) -> None:
        expected = path.read_bytes() if path.exists() else None
        if actual != expected and request.config.getoption("--update-golden"):
            path.write_bytes(actual)
            pytest.fail(f"{path.name} was rewritten: read the difference, then run again")
        assert expected is not None, f"{path.name} is missing: run pytest --update-golden"
        assert actual == expected

    return check


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server."""
    if postgres_folder() is None:
        pytest.skip("PostgreSQL is not installed: initdb is neither in the path nor in /usr/lib/postgresql/*/bin")
    with running_postgres() as url:
        yield url


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis server of the test's own."""
    if redis_binary() is None:
        pytest.skip("redis-server is not installed")
    with running_redis(tmp_path) as server:
        yield server


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'state' / 'translate-docs.sqlite3'}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("sqlite_url"))
    return create_postgres_schema(request.getfixturevalue("postgres"), f"test{next(_numbers)}")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with our tables, of each kind in turn."""
    opened = Database(database_url)
    yield opened
    opened.close()
