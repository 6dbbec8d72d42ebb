"""The Celery worker: prefork, a model in every child, recovery on a timer."""

import logging
import os
import threading
from pathlib import Path
from typing import Any

from models.errors import ServiceError
from models.reports import JobOptions
from pipeline.engines import EngineOptions, engine_signature
from pipeline.settings import Settings

logger = logging.getLogger("translate_docs")


def run_worker(settings: Settings, concurrency: int = 1, log_level: str = "INFO") -> int:
    """Work on what the broker says until told to stop, and return the exit status.

    Raises:
        ServiceError: there is no broker, or it or the database cannot be reached.
        ModelError: the default model is missing or damaged.
    """
    if settings.broker_url is None:
        raise ServiceError("a worker needs a broker; set TRANSLATE_DOCS_BROKER_URL, for example redis://localhost:6379/0")
    # billiard reads it when it is imported: a plain SIGTERM waits for the step in hand, however long that takes.
    os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")
    from models.database import Database  # noqa: PLC0415 - the next ones import billiard
    from tasks import batches, documents, recover  # noqa: F401, PLC0415 - Celery would look for them in the current folder first
    from tasks.celery import app  # noqa: PLC0415
    from tasks.runtime import check_broker  # noqa: PLC0415

    engine_signature(_default_engine(settings))
    check_broker(settings.broker_url)
    database = Database(settings.database_url)
    with database.begin():
        pass
    database.close()
    watch(settings, concurrency)
    arguments = [
        "worker",
        "--pool=prefork",
        f"--concurrency={concurrency}",
        f"--loglevel={log_level}",
        "--without-gossip",
        "--without-mingle",
    ]
    try:
        app.worker_main(arguments)
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0
    return 0


def watch(settings: Settings, concurrency: int) -> None:
    """Prepare every child of the pool, and recover from time to time, once the worker runs in this process."""
    from celery import signals  # noqa: PLC0415

    from tasks.processes import cores  # noqa: PLC0415

    threads = max(1, cores() // concurrency)

    def prepare_child(**_: Any) -> None:
        _prepare_child(settings, threads)

    def start_timer(**_: Any) -> None:
        threading.Thread(target=_recover_for_ever, args=(settings,), daemon=True).start()

    signals.worker_process_init.connect(prepare_child, weak=False)
    signals.worker_ready.connect(start_timer, weak=False)


def _default_engine(settings: Settings) -> EngineOptions:
    bundle = str(Path(settings.model).resolve()) if settings.model else None
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
