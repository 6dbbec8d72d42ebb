"""Tells how far some jobs are, not more often than anyone can read it."""

import time
from collections.abc import Callable

from models.database import Database
from models.reports import Progress, list_jobs, progress_of
from models.tables import JobState

_EVERY = 0.2


class Reporter:
    """Calls `on_progress` about one job, or about all that run when it is made."""

    def __init__(self, database: Database, job_id: int | None, on_progress: Callable[[Progress], None]) -> None:
        self._database = database
        self._on_progress = on_progress
        self._reported = 0.0
        self._jobs = self._running() if job_id is None else [job_id]

    def __call__(self, final: bool = False) -> None:
        """Report, unless that was done a moment ago."""
        if not final and time.monotonic() - self._reported < _EVERY:
            return
        with self._database.begin() as session:
            progress = progress_of(session, self._jobs)
        self._on_progress(progress)
        self._reported = time.monotonic()

    def _running(self) -> list[int]:
        with self._database.begin() as session:
            return [job.id for job in list_jobs(session, JobState.RUNNING)]
