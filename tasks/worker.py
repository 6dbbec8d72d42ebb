"""The Celery worker: prefork, a model in every child, recovery on a timer."""

import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from models.database import Database
from models.errors import ServiceError
from models.options import JobOptions
from nmt.library import find_bundle
from pipeline.engines import EngineOptions, engine_memory, engine_signature
from pipeline.settings import Settings
from tasks.processes import fitting_processes, share_of_cores

logger = logging.getLogger("translate_docs")
_PAUSE = 1.0


def run_worker(settings: Settings, concurrency: int | None = None, log_level: str = "INFO") -> int:
    """Work on what the broker says until told to stop, and return the exit status.

    Without `concurrency` there are as many processes as the machine carries with the default model.

    Raises:
        ServiceError: there is no broker, or it or the database cannot be reached.
        ModelError: the default model is missing or damaged.
    """
    if settings.broker_url is None:
        raise ServiceError("a worker needs a broker; set TRANSLATE_DOCS_BROKER_URL, for example redis://localhost:6379/0")
    # billiard reads it when it is imported: a plain SIGTERM waits for the step in hand, however long that takes.
    os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")
    from tasks import batches, documents, recover  # noqa: F401, PLC0415 - Celery would look for them in the current folder first
    from tasks.celery import app  # noqa: PLC0415

    _check_services(settings, settings.broker_url)
    concurrency = concurrency or settings.workers or fitting_processes(engine_memory(_default_engine(settings)))
    told_to_stop = watch(settings, concurrency)
    worker = app.Worker(concurrency=concurrency, loglevel=log_level, without_gossip=True, without_mingle=True)
    worker.start()
    if not told_to_stop.is_set():
        _start_again(settings.broker_url)
    return int(worker.exitcode or 0)


def watch(settings: Settings, concurrency: int) -> threading.Event:
    """Prepare every child of the pool, recover from time to time, and return what tells that the worker was told to stop."""
    from celery import signals  # noqa: PLC0415

    threads = share_of_cores(concurrency)
    told_to_stop = threading.Event()

    def prepare_child(**_: Any) -> None:
        _prepare_child(settings, threads)

    def start_timer(**_: Any) -> None:
        threading.Thread(target=_recover_for_ever, args=(settings,), daemon=True).start()

    def stop(**_: Any) -> None:
        told_to_stop.set()

    signals.worker_process_init.connect(prepare_child, weak=False)
    signals.worker_ready.connect(start_timer, weak=False)
    signals.worker_shutting_down.connect(stop, weak=False)
    return told_to_stop


def _check_services(settings: Settings, broker_url: str) -> None:
    """Raise what the children of the pool could only log."""
    from tasks.runtime import check_broker  # noqa: PLC0415 - it imports Celery

    engine_signature(_default_engine(settings))
    check_broker(broker_url)
    database = Database(settings.database_url)
    with database.begin():
        pass
    # Nothing that is open may cross the forks of the pool.
    database.close()


def _start_again(broker_url: str) -> None:
    """Replace this process by a new one of the same command, once the broker answers.

    Where Redis goes away just as a message is acknowledged, Celery gives up the whole worker (5.7: "Unrecoverable error").
    """
    from tasks.runtime import check_broker  # noqa: PLC0415 - it imports Celery

    for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    logger.error("the worker stopped by itself and is started again")
    while True:
        time.sleep(_PAUSE)
        try:
            check_broker(broker_url)
        except ServiceError as error:
            logger.warning("%s", error)
        else:
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - the command that this process is


def _default_engine(settings: Settings) -> EngineOptions:
    bundle = str(find_bundle(settings.model, Path(settings.model_folder)).resolve()) if settings.model else None
    return EngineOptions(settings.engine, bundle, JobOptions().beam)


def _prepare_child(settings: Settings, threads: int) -> None:
    """Load the model: after the fork, since a session that crosses one hangs, and before the first message."""
    from tasks.runtime import use  # noqa: PLC0415

    use(settings, threads).open_engine(_default_engine(settings))


def _recover_for_ever(settings: Settings) -> None:
    """Send a recovery to the children every so often: this process has no database connection that a fork could copy."""
    from tasks.celery import RECOVER, app  # noqa: PLC0415

    pause = threading.Event()
    while True:
        try:
            with app.connection_for_write(settings.broker_url) as connection:
                app.send_task(RECOVER, connection=connection, expires=settings.recover_every)
        except Exception as error:
            # Whatever keeps one recovery from being sent, the next must be tried.
            logger.warning("recovery was not sent: %s", error)
        pause.wait(settings.recover_every)
