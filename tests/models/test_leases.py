import threading

import pytest
from sqlalchemy import select, update

from models.database import Database
from models.leases import LeaseLostError, Step, claim, extend, fail, fail_attempt, release
from models.reports import document_rows, job_summary
from models.tables import BatchRow, BatchState, DocumentRow, DocumentState, JobState
from tests.invariants import audit, check_invariants
from tests.stages import EXPIRED, TERMS, claimed, finish, submitted, translating


@pytest.fixture
def batch(database: Database) -> int:
    _, [document] = submitted(database)
    return translating(database, document, [["a", "b"], ["c"]])[0]


def state_of(database: Database, batch_id: int) -> tuple[BatchState, int, str | None]:
    with database.begin() as session:
        row = session.get_one(BatchRow, batch_id)
        return row.state, row.attempts, row.lease_token


def document_state(database: Database, document_id: int) -> DocumentState | None:
    with database.begin() as session:
        return session.scalar(select(DocumentRow.state).where(DocumentRow.id == document_id))


def test_a_batch_is_claimed_once(database: Database, batch: int) -> None:
    claimed(database, Step.TRANSLATE, batch)
    with database.begin() as session:
        assert claim(session, Step.TRANSLATE, batch, TERMS) is None


def test_an_unknown_row_cannot_be_claimed(database: Database, batch: int) -> None:
    with database.begin() as session:
        assert [claim(session, step, 999, TERMS) for step in Step] == [None, None, None]


def test_a_done_batch_cannot_be_claimed(database: Database, batch: int) -> None:
    finish(database, claimed(database, Step.TRANSLATE, batch))
    with database.begin() as session:
        assert claim(session, Step.TRANSLATE, batch, TERMS) is None


def test_an_expired_lease_can_be_claimed_by_another(database: Database, batch: int) -> None:
    claimed(database, Step.TRANSLATE, batch, EXPIRED)
    assert claimed(database, Step.TRANSLATE, batch).attempt == 2


def test_no_row_is_claimed_more_often_than_allowed(database: Database, batch: int) -> None:
    for _ in range(3):
        claimed(database, Step.TRANSLATE, batch, EXPIRED)
    with database.begin() as session:
        assert claim(session, Step.TRANSLATE, batch, TERMS) is None


def test_who_lost_the_lease_changes_nothing(database: Database, batch: int) -> None:
    audit(database) if str(database).startswith("sqlite") else None
    stale = claimed(database, Step.TRANSLATE, batch, EXPIRED)
    finish(database, claimed(database, Step.TRANSLATE, batch))
    before = state_of(database, batch)
    with database.begin() as session:
        assert not extend(session, stale, 60)
        assert not release(session, stale)
        assert not fail(session, stale, "internal", "too late")
        assert not fail_attempt(session, stale, "internal", "too late", 3)
    with pytest.raises(LeaseLostError):
        finish(database, stale)
    assert state_of(database, batch) == before
    check_invariants(database)


def test_a_late_finish_writes_nothing_while_another_works(database: Database, batch: int) -> None:
    stale = claimed(database, Step.TRANSLATE, batch, EXPIRED)
    mine = claimed(database, Step.TRANSLATE, batch)
    with pytest.raises(LeaseLostError):
        finish(database, stale)
    assert state_of(database, batch) == (BatchState.LEASED, 2, mine.token)


def test_an_extended_lease_does_not_run_out(database: Database, batch: int) -> None:
    lease = claimed(database, Step.TRANSLATE, batch, EXPIRED)
    with database.begin() as session:
        assert extend(session, lease, 60)
        assert claim(session, Step.TRANSLATE, batch, TERMS) is None


@pytest.mark.parametrize("step", [Step.PREPARE, Step.ASSEMBLE])
def test_releasing_a_document_gives_the_attempt_back(database: Database, step: Step) -> None:
    _, [document] = submitted(database)
    if step is Step.ASSEMBLE:
        translating(database, document, [])
    before = document_state(database, document)
    lease = claimed(database, step, document)
    with database.begin() as session:
        assert release(session, lease)
        assert session.scalar(select(DocumentRow.attempts).where(DocumentRow.id == document)) == 0
    assert document_state(database, document) is before


def test_releasing_a_batch_gives_the_attempt_back(database: Database, batch: int) -> None:
    lease = claimed(database, Step.TRANSLATE, batch)
    with database.begin() as session:
        assert release(session, lease)
    assert state_of(database, batch) == (BatchState.PENDING, 0, None)


def test_a_batch_that_fails_three_times_is_dead(database: Database, batch: int) -> None:
    for attempt in range(3):
        assert state_of(database, batch)[:2] == (BatchState.PENDING, attempt)
        lease = claimed(database, Step.TRANSLATE, batch)
        with database.begin() as session:
            assert fail_attempt(session, lease, "internal", "boom", 3)
    assert state_of(database, batch)[0] is BatchState.DEAD
    check_invariants(database)


@pytest.mark.parametrize("dead_first", [True, False])
def test_a_document_with_a_dead_batch_fails_whichever_batch_ends_last(database: Database, dead_first: bool) -> None:
    job_id, [document] = submitted(database)
    bad, good = (claimed(database, Step.TRANSLATE, batch) for batch in translating(database, document, [["a"], ["b"]]))
    if not dead_first:
        assert not finish(database, good)
    with database.begin() as session:
        fail(session, bad, "model", "no such word")
    if dead_first:
        assert not finish(database, good)
    with database.begin() as session:
        [row] = document_rows(session, job_id)
        assert (row.state, row.error_code, row.error) == (DocumentState.FAILED, "model", "no such word")
        assert job_summary(session, job_id).state is JobState.FAILED
    check_invariants(database)


def test_a_job_ends_when_its_last_document_fails(database: Database) -> None:
    job_id, documents = submitted(database, 2)
    for document in documents:
        lease = claimed(database, Step.PREPARE, document)
        with database.begin() as session:
            fail(session, lease, "corrupt", "not a document")
    with database.begin() as session:
        assert job_summary(session, job_id).state is JobState.FAILED
    check_invariants(database)


def test_the_last_batch_makes_its_document_ready_exactly_once(database: Database) -> None:
    """Eight connections each finish one batch of the same document at the same instant, document after document."""
    workers, count = 8, 25
    _, documents = submitted(database, count)
    batches = [translating(database, document, [[f"{document} {number}"] for number in range(workers)]) for document in documents]
    leases = [[claimed(database, Step.TRANSLATE, batch) for batch in of_document] for of_document in batches]
    triggered, together = [], threading.Barrier(workers)

    def work(number: int) -> None:
        own = Database(database.url)
        for of_document in leases:
            together.wait()
            if finish(own, of_document[number]):
                triggered.append(of_document[number].id)
        own.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(triggered) == count
    assert {document_state(database, document) for document in documents} == {DocumentState.READY}
    check_invariants(database)


def test_a_clock_that_steps_back_costs_work_but_never_a_second_result(database: Database, batch: int) -> None:
    first = claimed(database, Step.TRANSLATE, batch)
    with database.begin() as session:
        session.execute(update(BatchRow).values(lease_until=BatchRow.lease_until - 3600))
    second = claimed(database, Step.TRANSLATE, batch)
    finish(database, second)
    with pytest.raises(LeaseLostError):
        finish(database, first)
    check_invariants(database)
