import pytest

from models.database import Database
from models.leases import Step
from models.recovery import recover
from models.reports import DocumentSummary, document_rows, job_summary
from models.tables import BatchRow, BatchState, DocumentState, JobState
from tests.invariants import check_invariants
from tests.stages import EXPIRED, TERMS, claimed, finish, submitted, translating


def nobody(_owner: str) -> bool:
    return False


def document_of(database: Database, job_id: int) -> DocumentSummary:
    with database.begin() as session:
        return document_rows(session, job_id)[0]


def batch_state(database: Database, batch_id: int) -> BatchState:
    with database.begin() as session:
        return session.get_one(BatchRow, batch_id).state


def test_an_expired_batch_waits_again(database: Database) -> None:
    _, [document] = submitted(database)
    [batch] = translating(database, document, [["a"]])
    claimed(database, Step.TRANSLATE, batch, EXPIRED)
    recover(database, 3, nobody)
    assert batch_state(database, batch) is BatchState.PENDING
    check_invariants(database)


def test_a_live_lease_is_left_alone(database: Database) -> None:
    _, [document] = submitted(database)
    [batch] = translating(database, document, [["a"]])
    claimed(database, Step.TRANSLATE, batch, TERMS)
    recover(database, 3, nobody)
    assert batch_state(database, batch) is BatchState.LEASED


def test_the_lease_of_a_dead_process_ends_at_once(database: Database) -> None:
    _, [document] = submitted(database)
    [batch] = translating(database, document, [["a"]])
    claimed(database, Step.TRANSLATE, batch, TERMS)
    recover(database, 3, lambda owner: owner == TERMS.owner)
    assert batch_state(database, batch) is BatchState.PENDING


@pytest.mark.parametrize(("step", "state"), [(Step.PREPARE, DocumentState.NEW), (Step.ASSEMBLE, DocumentState.READY)])
def test_an_expired_document_waits_again(database: Database, step: Step, state: DocumentState) -> None:
    job_id, [document] = submitted(database)
    if step is Step.ASSEMBLE:
        translating(database, document, [])
    claimed(database, step, document, EXPIRED)
    recover(database, 3, nobody)
    assert document_of(database, job_id).state is state
    check_invariants(database)


def test_a_batch_that_killed_three_processes_is_dead_and_the_rest_goes_on(database: Database) -> None:
    job_id, documents = submitted(database, 2)
    poison, good = translating(database, documents[0], [["a"], ["b"]])
    for _ in range(3):
        claimed(database, Step.TRANSLATE, poison, EXPIRED)
    recover(database, 3, nobody)
    assert batch_state(database, poison) is BatchState.DEAD
    assert document_of(database, job_id).state is DocumentState.TRANSLATING
    finish(database, claimed(database, Step.TRANSLATE, good))
    row = document_of(database, job_id)
    assert (row.state, row.error_code) == (DocumentState.FAILED, "crashed")
    check_invariants(database)


@pytest.mark.parametrize("step", [Step.PREPARE, Step.ASSEMBLE])
def test_a_document_that_killed_three_processes_has_failed(database: Database, step: Step) -> None:
    job_id, [document] = submitted(database)
    if step is Step.ASSEMBLE:
        translating(database, document, [])
    for _ in range(3):
        claimed(database, step, document, EXPIRED)
    recover(database, 3, nobody)
    row = document_of(database, job_id)
    assert (row.state, row.error_code) == (DocumentState.FAILED, "crashed")
    with database.begin() as session:
        assert job_summary(session, job_id).state is JobState.FAILED
    check_invariants(database)


def test_recovering_twice_changes_nothing_more(database: Database) -> None:
    job_id, [document] = submitted(database)
    [batch] = translating(database, document, [["a"]])
    for _ in range(3):
        claimed(database, Step.TRANSLATE, batch, EXPIRED)
    recover(database, 3, nobody)
    once = document_of(database, job_id)
    recover(database, 3, nobody)
    assert document_of(database, job_id) == once
    check_invariants(database)
