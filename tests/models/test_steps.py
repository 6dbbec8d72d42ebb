from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.alignments import recall_links
from models.database import Database
from models.leases import Lease, LeaseLostError, Step, release
from models.memory import recall
from models.reports import DocumentSummary, document_rows, progress_of
from models.segment import Link, Projection, Translation
from models.steps import Contents, finish_assemble, finish_prepare, load_batch, load_document, load_translations
from models.tables import BatchRow, DocumentRow, DocumentState, SegmentRow
from tests.invariants import check_invariants
from tests.stages import OPTIONS, SCOPE, SIGNATURE, claimed, finish, submitted, translating

KNOWN = Translation("a", "A", -0.1, 1, ("odd",))


def prepare(database: Database, contents: Contents) -> tuple[bool, DocumentSummary]:
    job_id, [document] = submitted(database)
    lease = claimed(database, Step.PREPARE, document)
    with database.begin() as session:
        ready = finish_prepare(session, lease, contents, 1.5)
        [row] = document_rows(session, job_id)
    return ready, row


def test_known_segments_are_in_no_batch_and_count_as_done(database: Database) -> None:
    ready, row = prepare(database, Contents("0" * 64, 5, ["a", "b"], {"a": KNOWN}, [["b"]]))
    assert not ready
    assert (row.segments, row.unique_segments, row.known_segments, row.done_segments, row.warnings) == (5, 2, 1, 1, 1)
    assert (row.state, row.seconds) == (DocumentState.TRANSLATING, 1.5)
    check_invariants(database)


def test_a_document_that_is_known_throughout_is_ready_at_once(database: Database) -> None:
    ready, row = prepare(database, Contents("0" * 64, 1, ["a"], {"a": KNOWN}, []))
    assert (ready, row.state) == (True, DocumentState.READY)


def test_a_document_without_segments_is_ready_at_once(database: Database) -> None:
    ready, row = prepare(database, Contents("0" * 64, 0, [], {}, []))
    assert (ready, row.state) == (True, DocumentState.READY)


def test_the_batch_has_its_segments_in_order(database: Database) -> None:
    _, [document] = submitted(database)
    [_, second] = translating(database, document, [["z"], ["y", "x", "w"]])
    lease = claimed(database, Step.TRANSLATE, second)
    with database.begin() as session:
        work = load_batch(session, lease)
    assert (list(work.sources), work.options, work.signature) == (["y", "x", "w"], OPTIONS, SIGNATURE)


def test_finished_translations_are_in_the_memory_and_in_the_document(database: Database) -> None:
    _, [document] = submitted(database)
    finish(database, claimed(database, Step.TRANSLATE, translating(database, document, [["a", "b"]])[0]))
    lease = claimed(database, Step.ASSEMBLE, document)
    with database.begin() as session:
        assert load_translations(session, lease) == ({"a": "A", "b": "B"}, {})
        assert set(recall(session, SCOPE, ["a", "b", "c"])) == {"a", "b"}


def test_who_lost_the_lease_stores_nothing_in_the_memory(database: Database) -> None:
    _, [document] = submitted(database)
    lease = claimed(database, Step.TRANSLATE, translating(database, document, [["a"]])[0])
    with database.begin() as session:
        release(session, lease)
    with pytest.raises(LeaseLostError):
        finish(database, lease)
    with database.begin() as session:
        assert recall(session, SCOPE, ["a"]) == {}
        assert session.scalars(select(SegmentRow.target)).all() == [None]


def test_the_time_of_all_steps_is_summed(database: Database) -> None:
    job_id, [document] = submitted(database)
    finish(database, claimed(database, Step.TRANSLATE, translating(database, document, [["a"]])[0]))
    lease = claimed(database, Step.ASSEMBLE, document)
    with database.begin() as session:
        finish_assemble(session, lease, "1" * 64, {}, 0.3)
        assert progress_of(session, [job_id]).seconds == pytest.approx(0.5)


@pytest.mark.parametrize("load", [load_document, load_batch])
def test_work_that_was_lost_cannot_be_loaded(database: Database, load: Callable[[Session, Lease], object]) -> None:
    _, [document] = submitted(database)
    lease = claimed(database, Step.PREPARE, document)
    if load is load_batch:
        with database.begin() as session:
            release(session, lease)
        lease = claimed(database, Step.TRANSLATE, translating(database, document, [["a"]])[0])
    with database.begin() as session:
        release(session, lease)
    with pytest.raises(LeaseLostError), database.begin() as session:
        load(session, lease)


def test_links_of_a_batch_are_kept_with_the_segment_and_in_the_memory(database: Database) -> None:
    _, [document] = submitted(database)
    lease = claimed(database, Step.PREPARE, document)
    with database.begin() as session:
        finish_prepare(session, lease, Contents("0" * 64, 2, ["a", "b"], {}, [["a", "b"]], frozenset("a")), 0.1)
        batch = session.scalars(select(BatchRow.id)).one()
    finish(database, claimed(database, Step.TRANSLATE, batch))
    lease = claimed(database, Step.ASSEMBLE, document)
    with database.begin() as session:
        assert load_translations(session, lease)[1] == {"a": [Link(0, 1, 0, 1, 1.0)]}
        assert set(recall_links(session, SCOPE, [("a", "A"), ("b", "B")])) == {"a"}


def test_known_links_are_kept_with_the_segment(database: Database) -> None:
    prepare(database, Contents("0" * 64, 1, ["a"], {"a": KNOWN}, [], frozenset("a"), {"a": "0 1 0 1 500"}))
    lease = claimed(database, Step.ASSEMBLE, 1)
    with database.begin() as session:
        assert load_translations(session, lease) == ({"a": "A"}, {"a": [Link(0, 1, 0, 1, 0.5)]})


def test_unsure_formatting_is_a_warning_of_its_segment(database: Database) -> None:
    prepare(database, Contents("0" * 64, 3, ["a", "b", "c"], {source: replace(KNOWN, source=source) for source in "abc"}, []))
    with database.begin() as session:
        session.execute(update(SegmentRow).where(SegmentRow.source != "a").values(warnings=""))
        session.execute(update(DocumentRow).values(warnings=1))
    placed = {"a": Projection(0.1, is_unsure=True), "b": Projection(0.2, is_unsure=True), "c": Projection(0.9, is_unsure=False)}
    lease = claimed(database, Step.ASSEMBLE, 1)
    with database.begin() as session:
        finish_assemble(session, lease, "1" * 64, placed, 0.1)
    with database.begin() as session:
        rows = session.execute(select(SegmentRow.warnings, SegmentRow.projection).order_by(SegmentRow.seq)).all()
        assert [tuple(row) for row in rows] == [("odd,markup", 0.1), ("markup", 0.2), ("", 0.9)]
        assert session.scalars(select(DocumentRow.warnings)).one() == 2


def test_what_a_document_loses_counts_as_warnings(database: Database) -> None:
    _, row = prepare(database, Contents("0" * 64, 1, ["a"], {"a": KNOWN}, [], notes=("signature",)))
    assert row.warnings == 2


def test_who_lost_the_lease_flags_nothing(database: Database) -> None:
    prepare(database, Contents("0" * 64, 1, ["a"], {"a": KNOWN}, []))
    lease = claimed(database, Step.ASSEMBLE, 1)
    with database.begin() as session:
        release(session, lease)
    with pytest.raises(LeaseLostError), database.begin() as session:
        finish_assemble(session, lease, "1" * 64, {"a": Projection(0.1, is_unsure=True)}, 0.1)
    with database.begin() as session:
        assert session.scalars(select(SegmentRow.projection)).all() == [None]
