"""What the tasks of one process share: settings, database, engine, broker."""

import os
from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path

from kombu.exceptions import OperationalError

from models.database import Database
from models.errors import ModelError, ServiceError
from models.leases import Terms
from models.memory import Scope
from models.options import JobOptions
from models.recovery import recover
from models.schedule import Work, due_messages, mark_dispatched
from pipeline.document import sweep
from pipeline.engines import Engine, EngineOptions, open_engine
from pipeline.glossary import Glossary
from pipeline.glossary_engine import GlossaryEngine
from pipeline.glossary_store import open_glossary
from pipeline.sandbox import Limits, Sandbox
from pipeline.settings import Settings
from tasks.celery import TASK_NAMES, app
from tasks.failpoints import Failpoint
from tasks.processes import cores, is_gone, owner_name

_BROKER_ERRORS = (OperationalError, OSError)


class Runtime:
    """The state of one process. Nothing in it may cross a fork: use() makes a new one in the child."""

    def __init__(self, settings: Settings, threads: int) -> None:
        self.settings = settings
        self.process = os.getpid()
        self.database = Database(settings.database_url)
        self.terms = Terms(owner_name(), settings.lease, settings.max_attempts)
        self.failpoint = Failpoint(settings.failpoint)
        self.sandbox = Sandbox(Limits(settings.file_memory, settings.file_seconds))
        # One at a time: every engine holds its own copy of a model.
        self.threads = threads
        self.open_engine = lru_cache(maxsize=1)(lambda options: open_engine(options, self.threads))
        self._open_glossary = lru_cache(maxsize=1)(partial(open_glossary, self.database))

    def engine(self, options: JobOptions, signature: str) -> Engine:
        """Return the engine for a job, with its glossary around it.

        Raises:
            ModelError: this host has another model than the job was submitted with.
        """
        engine = self.open_engine(EngineOptions(options.engine, options.bundle, options.beam))
        if engine.signature != signature:
            raise ModelError(f"the job was submitted with the model {signature}, but this worker has {engine.signature}; install the same")
        glossary = self.glossary(options)
        return engine if glossary is None else GlossaryEngine(engine, glossary)

    def glossary(self, options: JobOptions) -> Glossary | None:
        """Return the glossary of a job, or raise GlossaryError where the database has it no more."""
        return self._open_glossary(options.glossaries, options.terms) if options.glossaries else None

    def scope(self, options: JobOptions, signature: str) -> Scope:
        """Return which entries of the translation memory count for a job."""
        glossary = self.glossary(options)
        return Scope(signature) if glossary is None else Scope(signature, lru_cache(maxsize=None)(glossary.digest))

    def recover(self) -> None:
        """Put right what dead processes left behind, and tell the workers what is due."""
        for output in recover(self.database, self.settings.max_attempts, is_gone):
            sweep(Path(output))
        self.publish_due()

    def publish_due(self, low_water: int | None = None) -> int:
        """Send messages about what is due and return how many; with `low_water`, only once no more messages than that wait in the queue.

        Without a broker nothing is sent.

        Raises:
            ServiceError: the broker cannot be reached. Nothing is lost; the next call sends the messages.
        """
        window, redispatch = self.settings.window, self.settings.redispatch
        if self.settings.broker_url is None:
            return 0
        with self.database.begin() as session:
            due = due_messages(session, window, redispatch, window if low_water is None else low_water)
        if not due:
            return 0
        self.failpoint.reach("before-publish")
        self._send(due)
        with self.database.begin() as session:
            mark_dispatched(session, due)
        return len(due)

    def _send(self, messages: Sequence[Work]) -> None:
        try:
            with app.connection_for_write(self.settings.broker_url) as connection, connection.Producer() as producer:
                for message in messages:
                    app.send_task(TASK_NAMES[message.step], (message.id,), producer=producer)
        except _BROKER_ERRORS as error:
            raise _unreachable(self.settings.broker_url, error) from error


_current: Runtime | None = None


def use(settings: Settings, threads: int) -> Runtime:
    """Make the tasks of this process use these settings, and engines with this many threads."""
    global _current  # noqa: PLW0603 - Celery calls tasks with their arguments only
    _current = Runtime(settings, threads)
    return _current


def current() -> Runtime:
    """Return the state of this process, on first use (and after a fork) made from the environment."""
    if _current is None or _current.process != os.getpid():
        return use(Settings.from_env(), cores())
    return _current


def check_broker(url: str) -> None:
    """Raise ServiceError unless the broker answers."""
    try:
        with app.connection_for_write(url) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=5)
    except _BROKER_ERRORS as error:
        raise _unreachable(url, error) from error


def _unreachable(url: str | None, error: BaseException) -> ServiceError:
    shown = app.connection_for_write(url).as_uri(mask="***")
    reason = str(error).partition("\n")[0]
    return ServiceError(f"broker {shown} is not available: {reason}; what was submitted is kept, `translate-docs resume` starts it")
