"""Runs the migrations: on the connection that models.database hands over, or on the configured database for the alembic command."""

from alembic import context
from sqlalchemy import Connection

from models.database import create_bare_engine
from models.tables import Base
from pipeline.settings import Settings


def run(connection: Connection) -> None:
    # Batch mode lets SQLite, which cannot alter a table, copy it; transactional_ddl lets it roll a failed migration back.
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with create_bare_engine(Settings.from_env().database_url).begin() as own:
        run(own)
