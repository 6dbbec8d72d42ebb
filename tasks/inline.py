"""Runs jobs without a broker: takes work from the database and runs the tasks in this process, and in some more beside it."""

import logging
import multiprocessing
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any

from models.errors import ServiceError
from models.leases import Step
from models.reports import Progress
from models.schedule import is_running, next_work
from pipeline.settings import Settings
from tasks.batches import translate_batch
from tasks.documents import assemble_document, prepare_document
from tasks.processes import cores, follow_parent
from tasks.progress import Reporter
from tasks.runtime import Runtime, use

_TASKS: Mapping[Step, Any] = {Step.PREPARE: prepare_document, Step.TRANSLATE: translate_batch, Step.ASSEMBLE: assemble_document}
_SILENCE = logging.NullHandler()
_POLL = 0.1
_PATIENCE = 5.0


def run(settings: Settings, job_id: int | None, workers: int, on_progress: Callable[[Progress], None]) -> None:
    """Work on a job, or on all, in this many processes, until it is done.

    KeyboardInterrupt passes through once the lease of the step in hand is given back and the other processes have ended.

    Raises:
        ServiceError: the database is out of reach.
    """
    threads = max(1, cores() // workers)
    runtime = use(settings, threads)
    report = Reporter(runtime.database, job_id, on_progress)
    with _helpers(workers - 1, (settings, job_id, threads)):
        work_off(runtime, job_id, report)
    report(final=True)


def work_off(runtime: Runtime, job_id: int | None, on_step: Callable[[], None]) -> None:
    """Do one step after the other until nothing is left, waiting for those that other processes have in hand."""
    for name in ("celery", "translate_docs"):
        # What failed is in the database; a log is kept only where the caller has set one up.
        logging.getLogger(name).addHandler(_SILENCE)
    pause = min(runtime.settings.recover_every, runtime.settings.lease / 3)
    recovered = -pause
    while True:
        if time.monotonic() - recovered >= pause:
            runtime.recover()
            recovered = time.monotonic()
        with runtime.database.begin() as session:
            work = next_work(session, job_id, runtime.settings.read_ahead)
            if work is None and not is_running(session, job_id):
                return
        if work is None:
            time.sleep(_POLL)
        else:
            _TASKS[work.step].apply((work.id,), throw=True)
        on_step()


@contextmanager
def _helpers(count: int, arguments: tuple[Settings, int | None, int]) -> Iterator[None]:
    """Run so many more processes meanwhile, and end them with this one."""
    # Spawned, never forked: a forked child would share database connections and the threads of the engine.
    context = multiprocessing.get_context("spawn")
    parent = multiprocessing.current_process().pid
    processes = [context.Process(target=_help, args=(parent, *arguments), daemon=True) for _ in range(count)]
    with _interrupts_blocked():
        for process in processes:
            process.start()
    try:
        yield
    finally:
        _end(processes)


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Let processes that start meanwhile never see a Ctrl-C: this process ends them, and they need not be able to at any moment."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Started by the first process otherwise, and on its way unblocks them.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end(processes: Sequence[BaseProcess]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(_PATIENCE)
        process.kill()
        process.join()


def _help(parent: int, settings: Settings, job_id: int | None, threads: int) -> None:
    """Work beside the process that runs the command, until nothing is left or that process ends."""
    signal.signal(signal.SIGTERM, _leave)
    follow_parent(parent)
    try:
        work_off(use(settings, threads), job_id, lambda: None)
    except ServiceError as error:
        # The process that runs the command meets it too, and reports it.
        sys.exit(error.exit_code)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    """Leave by an exception, so that the lease in hand is given back."""
    sys.exit(143)
