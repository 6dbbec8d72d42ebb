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
from types import FrameType, TracebackType
from typing import Any, Self

from models.errors import ModelError, ServiceError
from models.leases import Step
from models.options import JobOptions
from models.reports import Progress, job_summary, list_jobs
from models.schedule import count_waiting, is_running, next_work
from models.tables import JobState
from pipeline.engines import EngineOptions, engine_memory
from pipeline.settings import Settings
from tasks.batches import translate_batch
from tasks.documents import assemble_document, prepare_document
from tasks.processes import cores, fitting_processes, follow_parent, share_of_cores
from tasks.progress import Reporter
from tasks.runtime import Runtime, use

_TASKS: Mapping[Step, Any] = {Step.PREPARE: prepare_document, Step.TRANSLATE: translate_batch, Step.ASSEMBLE: assemble_document}
_SILENCE = logging.NullHandler()
_POLL = 0.1
_PATIENCE = 5.0
_MOST_PROCESSES = 16  # beside one SQLite file, unless asked for


def run(settings: Settings, job_id: int | None, workers: int | None, on_progress: Callable[[Progress], None]) -> None:
    """Work on a job, or on all, until it is done: in this process, and as far as there is work for them in more, up to `workers`.

    Without `workers` there are as many as the machine carries.

    KeyboardInterrupt passes through once the lease of the step in hand is given back and the other processes have ended.

    Raises:
        ServiceError: the database is out of reach.
    """
    runtime = use(settings, cores())
    with runtime.database.begin() as session:
        jobs = list_jobs(session, JobState.RUNNING) if job_id is None else [job_summary(session, job_id)]
    report = Reporter(runtime.database, job_id, on_progress)
    with _Helpers(runtime, job_id, most_processes(settings, [job.options for job in jobs], workers) - 1) as helpers:

        def on_step() -> None:
            helpers.call()
            report()

        helpers.call()
        work_off(runtime, job_id, on_step)
    report(final=True)


def most_processes(settings: Settings, jobs: Sequence[JobOptions], workers: int | None) -> int:
    """Return in how many processes these jobs may be run: `workers`, the setting, or as many as the machine carries with their models."""
    return workers or settings.workers or min(_MOST_PROCESSES, fitting_processes(max(map(_memory, jobs), default=1)))


def _memory(options: JobOptions) -> int:
    try:
        return engine_memory(EngineOptions(options.engine, options.bundle, options.beam))
    except ModelError:  # the steps of this job meet it too, and report it
        return 1


def work_off(runtime: Runtime, job_id: int | None, on_step: Callable[[], None]) -> None:
    """Do one step after the other until nothing is left, waiting for those that other processes have in hand."""
    for name in ("celery", "translate_docs", "sqlalchemy.pool"):
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


class _Helpers:
    """Processes that work beside this one, and end with it; one is started where work waits that no process will take at once.

    Engines get a thread for each core that would have nothing to do otherwise.
    """

    def __init__(self, runtime: Runtime, job_id: int | None, most: int) -> None:
        self._runtime = runtime
        self._job_id = job_id
        self._most = most
        self._processes: list[BaseProcess] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        _end(self._processes)

    def call(self) -> None:
        """Start as many as there is work for."""
        there = len(self._processes)
        if there == self._most:
            return
        with self._runtime.database.begin() as session:
            waiting = count_waiting(session, self._job_id, self._most + 1)
        wanted = max(there, waiting - 1)
        self._runtime.threads = share_of_cores(1 + wanted)
        # Spawned, never forked: a forked child would share database connections and the threads of the engine.
        context = multiprocessing.get_context("spawn")
        arguments = (multiprocessing.current_process().pid, self._runtime.settings, self._job_id, self._runtime.threads)
        with _interrupts_blocked():
            for _ in range(there, wanted):
                process = context.Process(target=_help, args=arguments, daemon=True)
                try:
                    process.start()
                except OSError:  # no more processes or memory for this user: those that are there do the work
                    self._most = len(self._processes)
                    break
                self._processes.append(process)


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
    finally:
        # It ends by itself now: an exception in what Python does at exit would only print a traceback.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    """Leave by an exception, so that the lease in hand is given back."""
    sys.exit(143)
