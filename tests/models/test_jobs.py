import pytest

from models.database import Database
from models.errors import JobError
from models.jobs import Candidate, NewDocument, Retried, cancel_job, create_job, find_unchanged, retry_job
from models.leases import LeaseLostError, Step, fail
from models.options import JobOptions
from models.reports import document_rows, job_summary, list_jobs, progress_of
from models.steps import finish_assemble
from models.tables import DocumentState, JobState
from tests.invariants import check_invariants
from tests.stages import OPTIONS, SIGNATURE, claimed, finish, submitted, translating


def failed(database: Database) -> tuple[int, list[int]]:
    """Create a job of two documents, the first of which failed in a batch."""
    job_id, documents = submitted(database, 2)
    good, bad = translating(database, documents[0], [["a"], ["b"]])
    finish(database, claimed(database, Step.TRANSLATE, good))
    lease = claimed(database, Step.TRANSLATE, bad)
    with database.begin() as session:
        fail(session, lease, "model", "no such word")
    return job_id, documents


def done(database: Database, source_sha256: str = "0" * 64) -> int:
    """Create a job whose one document is done."""
    job_id, [document] = submitted(database)
    translating(database, document, [])
    lease = claimed(database, Step.ASSEMBLE, document)
    with database.begin() as session:
        finish_assemble(session, lease, "1" * 64, {}, 0.5)
    return job_id


def test_a_new_job_runs_and_counts_its_documents(database: Database) -> None:
    job_id, _ = submitted(database, 3)
    with database.begin() as session:
        job = job_summary(session, job_id)
    assert (job.state, job.options, job.signature) == (JobState.RUNNING, OPTIONS, SIGNATURE)
    assert (job.progress.total, job.progress.finished, job.progress.documents[DocumentState.NEW]) == (3, 0, 3)


def test_a_job_whose_documents_were_all_turned_away_has_failed(database: Database) -> None:
    with database.begin() as session:
        job_id = create_job(session, OPTIONS, SIGNATURE, [NewDocument("/in/a", "", "empty", "the file has no bytes")])
        assert job_summary(session, job_id).state is JobState.FAILED
        assert [(row.error_code, row.error) for row in document_rows(session, job_id)] == [("empty", "the file has no bytes")]


def test_a_job_without_documents_is_done(database: Database) -> None:
    with database.begin() as session:
        assert job_summary(session, create_job(session, OPTIONS, SIGNATURE, [])).state is JobState.DONE


def test_an_unknown_job_is_an_error(database: Database) -> None:
    for ask in (job_summary, document_rows, cancel_job, retry_job):
        with pytest.raises(JobError, match="no job 7"), database.begin() as session:
            ask(session, 7)


def test_jobs_are_listed_newest_first_and_by_state(database: Database) -> None:
    first, second = done(database), submitted(database)[0]
    with database.begin() as session:
        assert [job.id for job in list_jobs(session)] == [second, first]
        assert [job.id for job in list_jobs(session, JobState.DONE)] == [first]


def test_segments_are_counted_as_batches_finish(database: Database) -> None:
    job_id, [document] = submitted(database)
    batches = translating(database, document, [["a", "b"], ["c"]])
    finish(database, claimed(database, Step.TRANSLATE, batches[0]))
    with database.begin() as session:
        progress = progress_of(session, [job_id])
    assert (progress.segments, progress.unique_segments, progress.done_segments, progress.known_segments) == (3, 3, 2, 0)


def test_cancelling_ends_the_job_and_drops_what_is_in_flight(database: Database) -> None:
    job_id, documents = submitted(database, 2)
    lease = claimed(database, Step.TRANSLATE, translating(database, documents[0], [["a"], ["b"]])[0])
    with database.begin() as session:
        assert cancel_job(session, job_id) == 2
        assert {row.state for row in document_rows(session, job_id)} == {DocumentState.CANCELLED}
    with pytest.raises(LeaseLostError):
        finish(database, lease)
    check_invariants(database)


def test_only_a_running_job_can_be_cancelled(database: Database) -> None:
    job_id = done(database)
    with pytest.raises(JobError, match="is done"), database.begin() as session:
        cancel_job(session, job_id)


def test_a_document_being_written_can_be_cancelled(database: Database) -> None:
    job_id, [document] = submitted(database)
    translating(database, document, [])
    lease = claimed(database, Step.ASSEMBLE, document)
    with database.begin() as session:
        cancel_job(session, job_id)
    with pytest.raises(LeaseLostError), database.begin() as session:
        finish_assemble(session, lease, "1" * 64, {}, 0.5)
    check_invariants(database)


def test_retrying_starts_failed_documents_afresh(database: Database) -> None:
    job_id, _ = failed(database)
    with database.begin() as session:
        assert retry_job(session, job_id) == Retried(1, 0)
        rows = document_rows(session, job_id)
        assert [(row.state, row.error_code, row.unique_segments) for row in rows] == [(DocumentState.NEW, None, 0)] * 2
        assert job_summary(session, job_id).state is JobState.RUNNING
    check_invariants(database)


def test_a_document_that_was_turned_away_is_not_retried(database: Database) -> None:
    with database.begin() as session:
        job_id = create_job(session, OPTIONS, SIGNATURE, [NewDocument("/in/a", "", "empty", "the file has no bytes")])
    with pytest.raises(JobError, match=r"retried; 1 turned away at submission must be submitted again$"), database.begin() as session:
        retry_job(session, job_id)


@pytest.mark.parametrize(
    ("sha256", "options", "signature", "unchanged"),
    [
        ("0" * 64, OPTIONS, SIGNATURE, True),
        ("2" * 64, OPTIONS, SIGNATURE, False),
        ("0" * 64, JobOptions(engine="pseudo", beam=1), SIGNATURE, False),
        ("0" * 64, OPTIONS, "another model", False),
    ],
)
def test_an_output_is_unchanged_when_source_model_and_options_are(
    database: Database, sha256: str, options: JobOptions, signature: str, unchanged: bool
) -> None:
    done(database)
    with database.begin() as session:
        found = find_unchanged(session, options, signature, [Candidate("/in/0.txt", "/out/0.txt", sha256)])
    assert found == ({"/out/0.txt"} if unchanged else set())


def test_what_counts_is_who_wrote_the_output_last(database: Database) -> None:
    done(database)
    with database.begin() as session:
        job_id = create_job(session, JobOptions(engine="identity"), "identity-1", [NewDocument("/in/0.txt", "/out/0.txt")])
        [document] = document_rows(session, job_id)
    translating(database, document.id, [])
    lease = claimed(database, Step.ASSEMBLE, document.id)
    with database.begin() as session:
        finish_assemble(session, lease, "1" * 64, {}, 0.5)
        assert find_unchanged(session, OPTIONS, SIGNATURE, [Candidate("/in/0.txt", "/out/0.txt", "0" * 64)]) == set()
