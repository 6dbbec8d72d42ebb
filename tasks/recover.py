"""Recovery as a task, and the side of the broker that submits: send what is due, follow until it is done."""

import time
from collections.abc import Callable

from models.errors import ServiceError
from models.reports import Progress
from models.schedule import is_running
from pipeline.settings import Settings
from tasks.celery import RECOVER, app
from tasks.processes import cores
from tasks.progress import Reporter
from tasks.runtime import Runtime, current, use

_POLL = 0.5


def recover() -> None:
    """Put right what dead processes and lost messages left behind."""
    current().recover()


app.task(recover, name=RECOVER, throws=(ServiceError,))


def enqueue(settings: Settings) -> int:
    """Tell the workers what is due, after the job was committed, and return how many messages were sent.

    Raises:
        ServiceError: the broker is out of reach; the job is kept and starts when it is back, or with `translate-docs resume`.
    """
    return use(settings, cores()).publish_due()


def follow(settings: Settings, job_id: int | None, on_progress: Callable[[Progress], None]) -> None:
    """Wait until the workers are done with a job, or with all, and recover from time to time meanwhile.

    Raises:
        ServiceError: the database is out of reach. (A broker that is may come back.)
    """
    runtime = use(settings, cores())
    report = Reporter(runtime.database, job_id, on_progress)
    runtime.recover()
    recovered = time.monotonic()
    while _is_running(runtime, job_id):
        report()
        time.sleep(_POLL)
        if time.monotonic() - recovered > settings.recover_every:
            _recover_if_possible(runtime)
            recovered = time.monotonic()
    report(final=True)


def _is_running(runtime: Runtime, job_id: int | None) -> bool:
    with runtime.database.begin() as session:
        return is_running(session, job_id)


def _recover_if_possible(runtime: Runtime) -> None:
    """Recover; a broker that is away does not end the waiting, a database that is away does at its next query."""
    try:
        runtime.recover()
    except ServiceError:
        return
