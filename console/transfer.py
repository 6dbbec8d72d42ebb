"""Shows how far a download is, on standard error: a bar on a terminal, now and then a line where there is none."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from console.format import duration, file_size

_LINE_SECONDS = 10.0


@contextmanager
def shown_transfer() -> Iterator[Callable[[int, int], None]]:
    """Yield what shows the bytes that are there and those that there will be."""
    if not sys.stderr.isatty():
        yield TransferLines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda have, total: bar.update(task, completed=have, total=total)


class TransferLines:
    """Prints a line now and then."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due = clock() + _LINE_SECONDS
        self._first: tuple[float, int] | None = None

    def __call__(self, have: int, total: int) -> None:
        """Print how far the download is, unless that was done a moment ago."""
        now = self._clock()
        self._first = self._first or (now, have)
        if now < self._due:
            return
        self._due = now + _LINE_SECONDS
        started, before = self._first
        rate = (have - before) / (now - started) if now > started else 0.0
        left = f", {duration((total - have) / rate)} left" if rate else ""
        click.echo(f"{file_size(have)} of {file_size(total)}{left}", err=True)
