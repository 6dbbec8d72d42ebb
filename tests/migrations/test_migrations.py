import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.command import upgrade as run_upgrade
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, select, text
from sqlalchemy.orm import Session

from models.database import create_bare_engine, migrate
from models.segment import Origin
from models.tables import REVISION, Base, DocumentRow, SegmentRow, TranslationRow

ROOT = Path(__file__).parents[2]

FIRST_REVISION = (
    "INSERT INTO jobs VALUES (1, 'running', '{\"engine\": \"pseudo\"}', 'pseudo-1', 0, NULL)",
    """INSERT INTO documents (id, job_id, source, output, state, segments, unique_segments, known_segments, done_segments, warnings,
       remaining, failed_batches, seconds, attempts, created_at) VALUES (1, 1, 'a', 'b', 'ready', 1, 1, 1, 1, 1, 0, 0, 0, 0, 0)""",
    "INSERT INTO segments (id, document_id, seq, source, target, warnings) VALUES (1, 1, 0, 's', 'Hi', 'odd')",
    "INSERT INTO translations VALUES ('k', 'pseudo-1', 's', 'Hi', 0, 1, 'odd', 0)",
)


def upgrade(connection: Connection, revision: str) -> None:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(ROOT / "migrations"))
    run_upgrade(config, revision)


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


def test_what_the_first_revision_knew_is_kept(engine: Engine) -> None:
    with engine.begin() as connection:
        upgrade(connection, "0001")
        for statement in FIRST_REVISION:
            connection.execute(text(statement))
    migrate(engine)
    with Session(engine) as session:
        segment = session.scalars(select(SegmentRow)).one()
        entry = session.scalars(select(TranslationRow)).one()
        document = session.scalars(select(DocumentRow)).one()
    assert (segment.target, segment.needs_alignment, segment.alignment, segment.origin, segment.verdicts) == ("Hi", False, None, None, "")
    assert (entry.target, entry.origin, entry.token_scores) == ("Hi", Origin.MACHINE, "")
    assert (document.warnings, document.notes) == (1, "")


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
