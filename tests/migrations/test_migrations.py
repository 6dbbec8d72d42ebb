import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from models.database import create_bare_engine, migrate
from models.tables import REVISION, Base

ROOT = Path(__file__).parents[2]


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = create_bare_engine(database_url)
    yield opened
    opened.dispose()


def test_an_empty_database_gets_exactly_the_tables_of_the_models(engine: Engine) -> None:
    migrate(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_a_missing_column_would_be_noticed(engine: Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE batches DROP COLUMN error"))
    with engine.connect() as connection:
        assert [change[0] for change in compare_metadata(MigrationContext.configure(connection), Base.metadata)] == ["add_column"]


def test_migrating_twice_changes_nothing(engine: Engine) -> None:
    migrate(engine)
    migrate(engine)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == REVISION


def test_the_revision_in_the_code_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]


def test_processes_that_start_together_migrate_once(database_url: str, engine: Engine) -> None:
    program = f"from models.database import Database\nwith Database({database_url!r}).begin() as session: pass"
    processes = [subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.PIPE) for _ in range(4)]
    errors = [process.communicate()[1].decode() for process in processes]
    assert errors == [""] * 4
    assert set(inspect(engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}


def test_a_migration_that_fails_leaves_nothing_behind(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE segments (id INTEGER)"))
    with pytest.raises(Exception, match="already exists"):
        migrate(engine)
    assert inspect(engine).get_table_names() == ["segments"]


def test_the_alembic_command_finds_the_configured_database(database_url: str) -> None:
    environ = {"TRANSLATE_DOCS_DATABASE_URL": database_url, "PATH": "", "PYTHONPATH": str(ROOT)}
    for command in (["upgrade", "head"], ["check"]):
        run = subprocess.run(
            [sys.executable, "-m", "alembic", *command], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr
