import pytest

from models.database import Database
from models.leases import Step, release
from models.schedule import Work, count_waiting, due_messages, is_running, mark_dispatched, next_work
from tests.stages import claimed, finish, submitted, translating


def upcoming(database: Database, job_id: int | None = None, read_ahead: int = 100) -> Work | None:
    with database.begin() as session:
        return next_work(session, job_id, read_ahead)


def due(database: Database, window: int = 10, redispatch: float = 60.0, low_water: int = 10) -> list[Work]:
    with database.begin() as session:
        return due_messages(session, window, redispatch, low_water)


def test_a_new_document_is_read_before_another_is_translated(database: Database) -> None:
    _, documents = submitted(database, 2)
    translating(database, documents[0], [["a"]])
    assert upcoming(database) == Work(Step.PREPARE, documents[1])


def test_once_enough_segments_wait_they_are_translated(database: Database) -> None:
    _, documents = submitted(database, 2)
    [batch, _] = translating(database, documents[0], [["a", "b"], ["c"]])
    assert upcoming(database, read_ahead=3) == Work(Step.TRANSLATE, batch)


def test_a_ready_document_is_written_first(database: Database) -> None:
    _, documents = submitted(database, 2)
    finish(database, claimed(database, Step.TRANSLATE, translating(database, documents[0], [["a"]])[0]))
    assert upcoming(database) == Work(Step.ASSEMBLE, documents[0])


def test_the_work_of_other_jobs_is_not_ours(database: Database) -> None:
    submitted(database)
    job_id, documents = submitted(database)
    assert upcoming(database, job_id) == Work(Step.PREPARE, documents[0])


def test_all_steps_that_wait_are_counted_as_far_as_asked(database: Database) -> None:
    submitted(database)
    job_id, documents = submitted(database, 3)
    translating(database, documents[0], [["a"], ["b"]])
    with database.begin() as session:
        counts = [count_waiting(session, *asked) for asked in ((job_id, 10), (job_id, 3), (None, 10))]
    assert counts == [4, 3, 5]


def test_nothing_is_left_while_another_process_has_the_last_step(database: Database) -> None:
    job_id, [document] = submitted(database)
    claimed(database, Step.PREPARE, document)
    assert upcoming(database) is None
    with database.begin() as session:
        assert is_running(session, None)
        assert is_running(session, job_id)
        assert not is_running(session, job_id + 1)


def test_what_was_sent_is_not_due_again_until_much_later(database: Database) -> None:
    _, [document] = submitted(database)
    [sent] = due(database)
    with database.begin() as session:
        mark_dispatched(session, [sent])
    assert sent == Work(Step.PREPARE, document)
    assert due(database) == []
    assert due(database, redispatch=-1.0) == [sent]


@pytest.mark.parametrize(("window", "low_water", "count"), [(5, 5, 3), (3, 3, 1), (5, 1, 0), (2, 2, 0)])
def test_only_so_many_messages_wait_in_the_queue(database: Database, window: int, low_water: int, count: int) -> None:
    submitted(database, 6)
    with database.begin() as session:
        mark_dispatched(session, due_messages(session, 2, 60.0, 2))
    assert len(due(database, window=window, low_water=low_water)) == count


def test_a_released_step_is_due_at_once(database: Database) -> None:
    _, [document] = submitted(database)
    with database.begin() as session:
        mark_dispatched(session, [Work(Step.PREPARE, document)])
    lease = claimed(database, Step.PREPARE, document)
    with database.begin() as session:
        release(session, lease)
    assert due(database) == [Work(Step.PREPARE, document)]
