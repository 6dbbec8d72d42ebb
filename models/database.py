"""Opens the database, keeps its schema at the newest revision and hands out sessions."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, CursorResult, Engine, Executable, Float, create_engine, event, extract, func, literal, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.sql.elements import ColumnElement

from models.errors import ServiceError, SettingsError
from models.tables import REVISION, Base

BUSY_TIMEOUT_MS = 30_000
_CHUNK = 500
_MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
# Any two numbers no other application on the server is likely to lock.
_MIGRATION_LOCK = 0x7D0C5_0001
_STATE_LOCK = 0x7D0C5_0002


_Item = TypeVar("_Item")


class Database:
    """The sessions of one process on one database. Make a new one after a fork: a connection must not cross it."""

    def __init__(self, url: str | URL) -> None:
        """Open nothing yet.

        Raises:
            SettingsError: the URL cannot be understood, or names a database that is not supported.
        """
        self._url = _parse(url)
        self._engine: Engine | None = None
        self._sessions: sessionmaker[Session] | None = None

    @property
    def url(self) -> URL:
        """Return the URL; its text form hides the password."""
        return self._url

    def __str__(self) -> str:
        return describe(self._url)

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Yield a session in a transaction that commits on leaving and rolls back on an error.

        Raises:
            ServiceError: the database cannot be reached or was lost on the way.
        """
        with self._translated_errors():
            if self._sessions is None:
                self._sessions = sessionmaker(self.engine, expire_on_commit=False)
            with self._sessions.begin() as session:
                yield session

    @property
    def engine(self) -> Engine:
        """Return the engine, on first use after bringing the schema up to date."""
        if self._engine is None:
            with self._translated_errors():
                engine = create_bare_engine(self._url)
                try:
                    migrate(engine)
                except BaseException:
                    engine.dispose()
                    raise
            self._engine = engine
        return self._engine

    def close(self) -> None:
        """Close every connection."""
        if self._engine is not None:
            self._engine.dispose()
        self._engine = self._sessions = None

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            # Exactly these: what is derived from them tells of a wrong statement or value, not of a database out of reach.
            if type(error) not in (OperationalError, InterfaceError, DatabaseError):
                raise
            raise ServiceError(f"database {self} is not available: {_first_line(error)}") from error


def describe(url: str | URL) -> str:
    """Return `url` as it may be shown: without its password."""
    return _parse(url).render_as_string(hide_password=True)


def now(session: Session) -> ColumnElement[float]:
    """Return the time as SQL: the server's clock where there is a server, so that hosts with wrong clocks agree."""
    if session.get_bind().dialect.name == "postgresql":
        return extract("epoch", func.clock_timestamp()).cast(Float(53))
    return literal(time.time(), Float(53))


def changed(session: Session, statement: Executable) -> int:
    """Execute an UPDATE or DELETE and return the number of rows it changed."""
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


def chunks(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    """Yield `items` in runs short enough to be the parameters of one statement (SQLite: 32,766)."""
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]


def insert_missing(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows whose `key` is not there yet."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    if rows:
        # Sorted, so that two transactions that insert the same keys wait for each other in one order.
        session.execute(insert(table).on_conflict_do_nothing(), sorted(rows, key=lambda row: str(row["key"])))


def serialize(session: Session) -> None:
    """Let no other transaction that calls this run at the same time; they all lock many rows, in no certain order."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select_lock(_STATE_LOCK))


def select_lock(key: int) -> Any:
    """Return the statement that takes PostgreSQL's advisory lock `key` until the transaction ends."""
    return text("SELECT pg_advisory_xact_lock(:key)").bindparams(key=key)


def migrate(engine: Engine) -> None:
    """Bring the schema up to date; safe when several processes do it at once."""
    with engine.connect() as connection:
        current = _revision(connection)
    if current == REVISION:
        return
    if current is not None and current > REVISION:
        raise ServiceError(f"the database is at revision {current}, newer than this program's {REVISION}; upgrade translate-docs")
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(select_lock(_MIGRATION_LOCK))
        if _revision(connection) != REVISION:
            _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - a third of a second that only the first run needs
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, "head")


def _revision(connection: Connection) -> str | None:
    """Return the revision that the database is at, None where it has no tables of ours."""
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _parse(url: str | URL) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError("the database URL is not of the form sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME") from None
    if parsed.drivername == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
        raise SettingsError(f"the database {parsed.drivername} is not supported; use sqlite or postgresql+psycopg")
    return parsed


def create_bare_engine(url: str | URL) -> Engine:
    """Return an engine with our transaction rules on whatever schema is there; for migrations only."""
    url = _parse(url)
    if url.get_backend_name() == "postgresql":
        return create_engine(url, pool_pre_ping=True, isolation_level="READ COMMITTED", connect_args={"connect_timeout": 10})
    if url.database not in (None, "", ":memory:"):
        _make_folder(Path(str(url.database)).parent)
    engine = create_engine(url, connect_args={"isolation_level": None, "timeout": BUSY_TIMEOUT_MS / 1000})
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ServiceError(f"cannot create the folder of the database, {folder}: {error.strerror}") from error


def _set_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"busy_timeout={BUSY_TIMEOUT_MS}", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    # A transaction that reads first and writes later would fail with "database is locked" whatever the timeout.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _first_line(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return str(cause).strip().partition("\n")[0] or type(cause).__name__
