import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from models.database import Database, describe
from models.errors import ServiceError, SettingsError
from models.jobs import close_job
from models.reports import progress_of
from tests.stages import submitted

ROOT = Path(__file__).parents[2]


def pragma(database: Database, name: str) -> object:
    with database.begin() as session:
        return session.scalar(text(f"PRAGMA {name}"))


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    opened.close()


def test_sqlite_waits_for_locks_keeps_a_write_ahead_log_and_checks_references(sqlite: Database) -> None:
    values = {name: pragma(sqlite, name) for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")}
    assert values == {"journal_mode": "wal", "synchronous": 1, "busy_timeout": 30_000, "foreign_keys": 1}


def test_a_sqlite_transaction_holds_the_write_lock_from_its_start(sqlite: Database, sqlite_url: str) -> None:
    with sqlite.begin() as session:
        session.execute(text("SELECT 1"))
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


def test_an_error_in_a_transaction_undoes_it(database: Database) -> None:
    submitted(database)
    with pytest.raises(ZeroDivisionError), database.begin() as session:
        session.execute(text("UPDATE jobs SET state = 'cancelled'")) and 1 / 0
    with database.begin() as session:
        assert session.scalar(text("SELECT state FROM jobs")) == "running"


def test_four_writers_and_a_reader_never_find_sqlite_locked(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    job_id, _ = submitted(database)
    failures: list[BaseException] = []

    def write() -> None:
        own = Database(sqlite_url)
        try:
            for _ in range(40):
                with own.begin() as session:
                    session.execute(text("UPDATE documents SET seconds = seconds + 1"))
                    close_job(session, job_id)
        except BaseException as error:
            failures.append(error)
        own.close()

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        with database.begin() as session:
            progress_of(session, [job_id])
    with database.begin() as session:
        assert progress_of(session, [job_id]).seconds == 160
    database.close()
    assert failures == []


def test_an_unreachable_server_is_one_line_without_the_password() -> None:
    database = Database("postgresql://someone:s3cret@127.0.0.1:1/nowhere")
    with pytest.raises(ServiceError) as caught, database.begin():
        pass
    message = str(caught.value)
    assert "127.0.0.1:1/nowhere" in message
    assert "s3cret" not in message
    assert "\n" not in message


def test_a_database_that_cannot_be_created_is_a_service_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    database = Database(f"sqlite:///{tmp_path}/file/state.sqlite3")
    with pytest.raises(ServiceError, match="cannot create the folder"), database.begin():
        pass


def test_a_file_that_is_no_database_is_reported(tmp_path: Path) -> None:
    (tmp_path / "state.sqlite3").write_text("this is a letter to a friend, not a database\n" * 100)
    database = Database(f"sqlite:///{tmp_path}/state.sqlite3")
    with pytest.raises(ServiceError, match="not a database"), database.begin():
        pass


@pytest.mark.parametrize("url", ["nonsense", "mysql://localhost/x", "postgresql+psycopg2://localhost/x"])
def test_an_unusable_url_is_a_settings_error(url: str) -> None:
    with pytest.raises(SettingsError):
        Database(url)


def test_postgresql_means_psycopg_3() -> None:
    assert describe("postgresql://u:p@host/name") == "postgresql+psycopg://u:***@host/name"


def test_a_database_at_the_newest_revision_opens_without_alembic(sqlite_url: str, sqlite: Database) -> None:
    with sqlite.begin():
        pass
    program = f"import sys; from models.database import Database\nwith Database({sqlite_url!r}).begin(): print('alembic' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_a_newer_database_is_refused(sqlite: Database, sqlite_url: str) -> None:
    with sqlite.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    newer = Database(sqlite_url)
    with pytest.raises(ServiceError, match="upgrade translate-docs"), newer.begin():
        pass
