import threading
import time
from collections.abc import Callable, Iterator

import pytest

from models.errors import CorruptDocumentError, ServiceError
from models.leases import Lease, LeaseLostError, Step
from models.tables import DocumentRow, DocumentState
from pipeline.settings import Settings
from tasks.perform import perform
from tasks.runtime import Runtime, use
from tests.stages import TERMS, claimed, submitted


@pytest.fixture
def settings(sqlite_url: str) -> Settings:
    return Settings(database_url=sqlite_url, lease=0.6)


@pytest.fixture
def runtime(settings: Settings) -> Iterator[Runtime]:
    made = use(settings, 1)
    yield made
    made.database.close()


@pytest.fixture
def document(runtime: Runtime) -> int:
    return submitted(runtime.database)[1][0]


def row(runtime: Runtime, document: int) -> DocumentRow:
    with runtime.database.begin() as session:
        return session.get_one(DocumentRow, document)


def lease_end(runtime: Runtime, document: int) -> float:
    end = row(runtime, document).lease_until
    assert end is not None
    return end


def doing(error: BaseException) -> Callable[[Runtime, Lease], bool]:
    def work(runtime: Runtime, lease: Lease) -> bool:
        raise error

    return work


def test_a_known_error_fails_the_document_for_good(runtime: Runtime, document: int) -> None:
    perform(Step.PREPARE, document, doing(CorruptDocumentError("no document")))
    found = row(runtime, document)
    assert (found.state, found.error_code, found.error) == (DocumentState.FAILED, "corrupt", "no document")


def test_an_unknown_error_counts_as_an_attempt(runtime: Runtime, document: int) -> None:
    perform(Step.PREPARE, document, doing(ValueError("what\nnow")))
    found = row(runtime, document)
    assert (found.state, found.attempts, found.lease_token) == (DocumentState.NEW, 1, None)


def test_the_third_unknown_error_fails_the_document_in_one_line(runtime: Runtime, document: int) -> None:
    for _ in range(3):
        perform(Step.PREPARE, document, doing(ValueError("what\nnow")))
    found = row(runtime, document)
    assert (found.state, found.error_code) == (DocumentState.FAILED, "internal")
    assert found.error == "ValueError: what now (given up after 3 attempts)"


@pytest.mark.parametrize("error", [ServiceError("gone"), KeyboardInterrupt(), SystemExit(0)])
def test_what_is_not_the_fault_of_the_document_costs_no_attempt(runtime: Runtime, document: int, error: BaseException) -> None:
    with pytest.raises(type(error)):
        perform(Step.PREPARE, document, doing(error))
    found = row(runtime, document)
    assert (found.state, found.attempts) == (DocumentState.NEW, 0)


def test_a_lost_lease_changes_nothing(runtime: Runtime, document: int) -> None:
    perform(Step.PREPARE, document, doing(LeaseLostError()))
    assert row(runtime, document).state is DocumentState.PARSING


def test_what_another_process_holds_is_left_alone(runtime: Runtime, document: int) -> None:
    claimed(runtime.database, Step.PREPARE, document, TERMS)
    perform(Step.PREPARE, document, doing(AssertionError("must not be called")))
    assert row(runtime, document).lease_owner == TERMS.owner


def test_the_lease_of_a_long_step_is_renewed(runtime: Runtime, document: int) -> None:
    ends: list[float] = []

    def work(runtime: Runtime, lease: Lease) -> bool:
        ends.append(lease_end(runtime, document))
        time.sleep(0.5)
        ends.append(lease_end(runtime, document))
        return False

    perform(Step.PREPARE, document, work)
    assert ends[1] > ends[0]


def test_the_lease_of_a_stuck_step_is_renewed_no_more(settings: Settings, sqlite_url: str) -> None:
    stuck = use(Settings(database_url=sqlite_url, lease=0.15, step_limit=0.2), 1)
    document = submitted(stuck.database)[1][0]

    def work(runtime: Runtime, lease: Lease) -> bool:
        time.sleep(0.6)
        assert lease_end(stuck, document) < time.time()
        return False

    perform(Step.PREPARE, document, work)
    assert row(stuck, document).attempts == 1
    stuck.database.close()


def test_no_heartbeat_is_left_when_the_step_has_ended(runtime: Runtime, document: int) -> None:
    before = threading.active_count()
    perform(Step.PREPARE, document, lambda runtime, lease: False)
    assert threading.active_count() == before
