import pytest
from sqlalchemy import update

from models.database import Database
from models.errors import JobError
from models.leases import Step
from models.review import FlaggedSegment, flagged_segments
from models.segment import Origin, Translation, Verdict
from models.steps import Contents, finish_prepare
from models.tables import SegmentRow
from tests.stages import claimed, submitted

VERDICT = Verdict("好", "fine", "violated", "no form of it")


def test_only_segments_with_warnings_are_listed_with_all_that_is_known(database: Database) -> None:
    job, documents = submitted(database, 2)
    known = {
        "好吗": Translation("好吗", "Good?", -0.5, 2, ("term",), (-0.5, -0.5), (VERDICT,)),
        "再见": Translation("再见", "Bye", -0.1, 1, (), (-0.1,)),
    }
    for document in documents:
        lease = claimed(database, Step.PREPARE, document)
        with database.begin() as session:
            finish_prepare(session, lease, Contents("0" * 64, 2, list(known), known, []), 0.1)
    with database.begin() as session:
        session.execute(update(SegmentRow).where(SegmentRow.document_id == documents[1]).values(projection=0.25))
    with database.begin() as session:
        first, second = flagged_segments(session, job)
    assert first == FlaggedSegment("/in/0.txt", "/out/0.txt", "好吗", "Good?", ("term",), Origin.MACHINE, -0.5, None, (VERDICT,))
    assert (second.document, second.projection) == ("/in/1.txt", 0.25)


def test_an_unknown_job_is_an_error(database: Database) -> None:
    with pytest.raises(JobError), database.begin() as session:
        list(flagged_segments(session, 7))
