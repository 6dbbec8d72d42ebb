"""The tables: jobs, their documents, batches and segments, the translation memory and the glossaries.

Times are seconds since the epoch. A lease (`lease_token`, `lease_owner`, `lease_until`) says which process works on a row and until when
that may be believed; `dispatched_at` is when a message about the row was last handed to the broker.
"""

from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Enum, ForeignKey, Index, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from models.segment import Origin

# The newest migration; models.database compares it with the database's own before it loads alembic.
REVISION = "0002"


class JobState(StrEnum):
    """running -> done | failed (some documents failed) | cancelled."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class DocumentState(StrEnum):
    """new -> parsing -> translating -> ready -> assembling -> done; any -> failed | cancelled."""

    NEW = "new"
    PARSING = "parsing"
    TRANSLATING = "translating"
    READY = "ready"
    ASSEMBLING = "assembling"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class BatchState(StrEnum):
    """pending -> leased -> done; leased -> pending (released, expired, failed once); leased -> dead (attempts used up)."""

    PENDING = "pending"
    LEASED = "leased"
    DONE = "done"
    DEAD = "dead"


FINAL_DOCUMENT_STATES = (DocumentState.DONE, DocumentState.FAILED, DocumentState.CANCELLED)


def _stored_by_value(states: type[StrEnum]) -> Enum:
    return Enum(states, native_enum=False, length=16, values_callable=lambda members: [member.value for member in members])


class Base(DeclarativeBase):
    """What all tables share."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        JobState: _stored_by_value(JobState),
        DocumentState: _stored_by_value(DocumentState),
        BatchState: _stored_by_value(BatchState),
        Origin: _stored_by_value(Origin),
    }


class JobRow(Base):
    """One submission. `signature` names the model and decoding that every one of its translations comes from."""

    __tablename__ = "jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[JobState] = mapped_column(default=JobState.RUNNING)
    options_json: Mapped[str] = mapped_column(Text)
    signature: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[float]
    finished_at: Mapped[float | None]


class DocumentRow(Base):
    """One file of a job.

    `segments` counts repeats, `unique_segments` does not; `known_segments` came from the memory and `done_segments` have a translation,
    both without repeats. `remaining` batches are neither done nor dead, `failed_batches` are dead. `seconds` is time spent working.
    `notes` are codes, joined by commas, of what its translation cannot keep; each counts among the `warnings`.
    """

    __tablename__ = "documents"
    __table_args__ = (
        CheckConstraint("remaining >= 0", name="remaining_not_negative"),
        Index(None, "job_id", "state"),
        Index(None, "state", "id"),
        # Hash: PostgreSQL refuses values of some thousand bytes in its other indexes.
        Index(None, "output", postgresql_using="hash"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id"))
    source: Mapped[str] = mapped_column(Text)
    output: Mapped[str] = mapped_column(Text)
    state: Mapped[DocumentState] = mapped_column(default=DocumentState.NEW)
    source_sha256: Mapped[str | None] = mapped_column(String(64))
    output_sha256: Mapped[str | None] = mapped_column(String(64))
    segments: Mapped[int] = mapped_column(default=0)
    unique_segments: Mapped[int] = mapped_column(default=0)
    known_segments: Mapped[int] = mapped_column(default=0)
    done_segments: Mapped[int] = mapped_column(default=0)
    warnings: Mapped[int] = mapped_column(default=0)
    notes: Mapped[str] = mapped_column(Text, default="")
    seconds: Mapped[float] = mapped_column(default=0.0)
    remaining: Mapped[int] = mapped_column(default=0)
    failed_batches: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_token: Mapped[str | None] = mapped_column(String(32))
    lease_owner: Mapped[str | None] = mapped_column(String(200))
    lease_until: Mapped[float | None]
    dispatched_at: Mapped[float | None]
    error_code: Mapped[str | None] = mapped_column(String(40))
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[float]
    started_at: Mapped[float | None]
    finished_at: Mapped[float | None]


class BatchRow(Base):
    """A few segments of one document that are translated together."""

    __tablename__ = "batches"
    __table_args__ = (UniqueConstraint("document_id", "seq"), Index(None, "state", "id"), Index(None, "document_id", "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    seq: Mapped[int]
    segments: Mapped[int]
    state: Mapped[BatchState] = mapped_column(default=BatchState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_token: Mapped[str | None] = mapped_column(String(32))
    lease_owner: Mapped[str | None] = mapped_column(String(200))
    lease_until: Mapped[float | None]
    dispatched_at: Mapped[float | None]
    error: Mapped[str | None] = mapped_column(Text)


class SegmentRow(Base):
    """One unique source text of a document; in no batch where nothing was left to do on it when the document was read.

    `warnings` are codes joined by commas. `alignment`, `token_scores` and `verdicts` are in the forms of models.compact; only segments that
    `needs_alignment` have the first. `projection` is how sure the place of its inline formatting is, 0 to 1, None where there was none to
    place.
    """

    __tablename__ = "segments"
    __table_args__ = (UniqueConstraint("document_id", "seq"), Index(None, "batch_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"))
    seq: Mapped[int]
    source: Mapped[str] = mapped_column(Text)
    target: Mapped[str | None] = mapped_column(Text)
    warnings: Mapped[str] = mapped_column(Text, default="")
    origin: Mapped[Origin | None]
    score: Mapped[float | None]
    token_scores: Mapped[str] = mapped_column(Text, default="")
    verdicts: Mapped[str] = mapped_column(Text, default="")
    needs_alignment: Mapped[bool] = mapped_column(default=False)
    alignment: Mapped[str | None] = mapped_column(Text)
    projection: Mapped[float | None]


class TranslationRow(Base):
    """One entry of the translation memory. models.memory says what its key is made of."""

    __tablename__ = "translations"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    signature: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(Text)
    target: Mapped[str] = mapped_column(Text)
    origin: Mapped[Origin] = mapped_column(default=Origin.MACHINE)
    score: Mapped[float]
    tokens: Mapped[int]
    warnings: Mapped[str] = mapped_column(Text, default="")
    token_scores: Mapped[str] = mapped_column(Text, default="")
    verdicts: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[float]


class AlignmentRow(Base):
    """How a model relates a source to a target, whoever translated it. models.alignments says what its key is made of."""

    __tablename__ = "alignments"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    links: Mapped[str] = mapped_column(Text)
    created_at: Mapped[float]


class GlossaryRow(Base):
    """A glossary as its user knows it: a name, and what it held from time to time."""

    __tablename__ = "glossaries"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[float]


class GlossaryVersionRow(Base):
    """What a glossary holds, never changed: other terms are another version. `digest` is that of the terms, `stored_at` the last time."""

    __tablename__ = "glossary_versions"
    __table_args__ = (UniqueConstraint("glossary_id", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    glossary_id: Mapped[int] = mapped_column(ForeignKey("glossaries.id"))
    digest: Mapped[str] = mapped_column(String(64))
    terms: Mapped[int]
    stored_at: Mapped[float]


class TermRow(Base):
    """One term of a version; `details_json` has what it says beyond its source and target, where it says more."""

    __tablename__ = "glossary_terms"
    __table_args__ = (UniqueConstraint("version_id", "seq"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("glossary_versions.id"))
    seq: Mapped[int]
    source: Mapped[str] = mapped_column(Text)
    target: Mapped[str] = mapped_column(Text)
    details_json: Mapped[str] = mapped_column(Text, default="")
