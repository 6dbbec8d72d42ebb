"""Where translations come from and how sure they are, alignments, and glossaries."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    extend_documents()
    extend_segments()
    extend_translations()
    create_alignments()
    create_glossaries()


def extend_documents() -> None:
    with op.batch_alter_table("documents") as table:
        table.add_column(empty_text("notes"))


def extend_segments() -> None:
    with op.batch_alter_table("segments") as table:
        table.add_column(sa.Column("origin", sa.String(16), nullable=True))
        table.add_column(sa.Column("score", sa.Double(), nullable=True))
        table.add_column(empty_text("token_scores"))
        table.add_column(empty_text("verdicts"))
        table.add_column(sa.Column("needs_alignment", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("alignment", sa.Text(), nullable=True))
        table.add_column(sa.Column("projection", sa.Double(), nullable=True))


def extend_translations() -> None:
    with op.batch_alter_table("translations") as table:
        table.add_column(sa.Column("origin", sa.String(16), nullable=False, server_default="machine"))
        table.add_column(empty_text("token_scores"))
        table.add_column(empty_text("verdicts"))


def create_alignments() -> None:
    op.create_table(
        "alignments",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("links", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_alignments"),
    )


def create_glossaries() -> None:
    op.create_table(
        "glossaries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_glossaries"),
        sa.UniqueConstraint("name", name="uq_glossaries_name"),
    )
    op.create_table(
        "glossary_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("glossary_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("terms", sa.Integer(), nullable=False),
        sa.Column("stored_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["glossary_id"], ["glossaries.id"], name="fk_glossary_versions_glossary_id"),
        sa.PrimaryKeyConstraint("id", name="pk_glossary_versions"),
        sa.UniqueConstraint("glossary_id", "digest", name="uq_glossary_versions_glossary_id_digest"),
    )
    op.create_table(
        "glossary_terms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("details_json", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["glossary_versions.id"], name="fk_glossary_terms_version_id"),
        sa.PrimaryKeyConstraint("id", name="pk_glossary_terms"),
        sa.UniqueConstraint("version_id", "seq", name="uq_glossary_terms_version_id_seq"),
    )


def empty_text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")
