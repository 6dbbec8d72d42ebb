"""Runs jobs for a command and shows how far they are: a bar on a terminal, now and then a line where there is none."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from console.format import duration
from console.report import progress_line
from models.database import Database
from models.reports import Progress, job_summary
from models.tables import DocumentState, JobState
from pipeline.settings import Settings

_POLL_SECONDS = 0.5
_LINE_SECONDS = 10.0
# A rate from less than this says nothing.
_SETTLED_SECONDS = 2.0


def work(settings: Settings, job: int | None, workers: int | None, *, detach: bool) -> None:
    """Get a job done, or all unfinished ones: in this process and more beside it, or by the broker's workers."""
    if settings.broker_url is not None:
        from tasks.recover import enqueue, follow

        enqueue(settings)
        if not detach:
            with shown_progress("the workers go on with it; `translate-docs status --watch` waits for them") as show:
                follow(settings, job, show)
    elif detach:
        _leave_to_another(job, workers)
    else:
        from tasks.inline import run

        with shown_progress("`translate-docs resume` goes on with it") as show:
            run(settings, job, workers, show)


def watch_job(database: Database, job: int) -> None:
    """Wait until a job is done."""
    with shown_progress("the job goes on") as show:
        while True:
            with database.begin() as session:
                summary = job_summary(session, job)
            show(summary.progress)
            if summary.state is not JobState.RUNNING:
                return
            time.sleep(_POLL_SECONDS)


def _leave_to_another(job: int | None, workers: int | None) -> None:
    """Start a process that goes on when this one, and its terminal, are gone."""
    command = [sys.executable, str(Path(__file__).parents[1] / "cli.py"), "resume"]
    if workers is not None:
        command.append(f"--workers={workers}")
    if job is not None:
        command.append(str(job))
    # What goes wrong stands in the database.
    silent = [(os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_RDWR, 0) for descriptor in range(3)]
    os.posix_spawn(sys.executable, command, os.environ, file_actions=silent, setsid=True)


@contextmanager
def shown_progress(when_interrupted: str) -> Iterator[Callable[[Progress], None]]:
    """Yield what shows the progress it is given, on standard error; on Ctrl-C say what becomes of the job."""
    try:
        if sys.stderr.isatty():
            with _bar() as show:
                yield show
        else:
            yield Lines()
    except KeyboardInterrupt:
        click.echo(when_interrupted, err=True)
        raise


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn
    from rich.progress import Progress as Bar

    pace = Pace()
    with Bar(
        SpinnerColumn(), BarColumn(), TextColumn("{task.description}", markup=False), console=Console(stderr=True), transient=True
    ) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda progress: bar.update(
            task, description=pace.line(progress), total=expected_segments(progress) or None, completed=progress.done_segments
        )


class Lines:
    """Prints a line now and then."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pace = Pace(clock)
        self._due = clock() + _LINE_SECONDS

    def __call__(self, progress: Progress) -> None:
        """Print how far the work is, unless that was done a moment ago."""
        line = self._pace.line(progress)
        if self._clock() >= self._due:
            click.echo(line, err=True)
            self._due = self._clock() + _LINE_SECONDS


class Pace:
    """How fast the work goes, from the first look at it on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first: tuple[float, int] | None = None

    def line(self, progress: Progress) -> str:
        """Return how far the work is, how fast it goes and how much longer it takes, as far as that can be told."""
        rate = self._rate(progress)
        if not rate:
            return progress_line(progress)
        left = duration((expected_segments(progress) - progress.done_segments) / rate)
        return f"{progress_line(progress)}, {rate:.1f} segments/s, {left} left"

    def _rate(self, progress: Progress) -> float:
        """Return segments translated per second, without those that the memory knew; 0.0 while nothing can be said."""
        translated = progress.done_segments - progress.known_segments
        self._first = self._first or (self._clock(), translated)
        started, before = self._first
        elapsed = self._clock() - started
        return max(0, translated - before) / elapsed if elapsed > _SETTLED_SECONDS else 0.0


def expected_segments(progress: Progress) -> int:
    """Return the number of segments once all documents are read, taking those not yet read for as long as the others."""
    unread = progress.documents[DocumentState.NEW] + progress.documents[DocumentState.PARSING]
    read = progress.total - unread
    return progress.unique_segments + (unread * progress.unique_segments // read if read else 0)
