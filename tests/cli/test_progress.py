"""How far, how fast, how much longer."""

from collections.abc import Iterator

import pytest

from console.progress import Lines, Pace, expected_segments
from models.reports import Progress
from models.tables import DocumentState


def progress(done: int, unique: int = 100, known: int = 0, unread: int = 0, read: int = 1) -> Progress:
    documents = {**dict.fromkeys(DocumentState, 0), DocumentState.NEW: unread, DocumentState.TRANSLATING: read}
    return Progress(documents, unique, unique, known, done, 0, 0.0)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_rate_leaves_out_what_was_known() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.line(progress(40, known=40)) == "0/1 documents, 40/100 segments"
    clock.now += 10
    assert pace.line(progress(60, known=40)) == "0/1 documents, 60/100 segments, 2.0 segments/s, 20 s left"


def test_unread_documents_are_expected_to_be_like_the_others() -> None:
    assert expected_segments(progress(0, unique=100, unread=3, read=1)) == 400
    assert expected_segments(progress(0, unique=0, unread=3, read=0)) == 0


def test_lines_are_printed_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    show = Lines(clock)
    times: Iterator[float] = iter((0.0, 5.0, 11.0, 12.0, 22.0))
    for moment in times:
        clock.now = 1000.0 + moment
        show(progress(int(moment)))
    assert [line.split(",")[1] for line in capsys.readouterr().err.splitlines()] == [" 11/100 segments", " 22/100 segments"]
