"""Checks what the application stands on: versions, database, broker, model."""

import platform
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from models.database import Database
from models.errors import ServiceError, TranslateDocsError
from models.reports import list_jobs
from models.tables import REVISION, JobState
from nmt.bundle import verify
from nmt.library import find_bundle
from pipeline.settings import Settings

PACKAGES = ("translate-docs", "onnxruntime", "tokenizers", "celery", "kombu", "sqlalchemy", "lxml", "python-docx", "beautifulsoup4")


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at and found; `error` says what is wrong and what to do."""

    name: str
    detail: str
    error: TranslateDocsError | None = None


def diagnose(settings: Settings) -> list[Check]:
    """Return the result of every check, whatever the others found."""
    checks: dict[str, Callable[[Settings], str]] = {"versions": _versions, "database": _database, "broker": _broker, "model": _model}
    return [_run(name, check, settings) for name, check in checks.items()]


def _run(name: str, check: Callable[[Settings], str], settings: Settings) -> Check:
    try:
        return Check(name, check(settings))
    except TranslateDocsError as error:
        return Check(name, str(error), error)


def _versions(_settings: Settings) -> str:
    return ", ".join([f"Python {platform.python_version()}", *(f"{package} {_version(package)}" for package in PACKAGES)])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _database(settings: Settings) -> str:
    database = Database(settings.database_url)
    try:
        with database.begin() as session:
            running = len(list_jobs(session, JobState.RUNNING))
    finally:
        database.close()
    return f"{database}, revision {REVISION}, {running} unfinished jobs"


def _broker(settings: Settings) -> str:
    if settings.broker_url is None:
        return "none set: jobs run inside the commands"
    from tasks.celery import create_app  # noqa: PLC0415 - only a broker needs it
    from tasks.runtime import check_broker  # noqa: PLC0415

    check_broker(settings.broker_url)
    workers = create_app(settings).control.ping(timeout=1.0)
    if not workers:
        raise ServiceError("the broker answers, but no worker does; start one with `translate-docs worker`")
    return f"{len(workers)} workers answer"


def _model(settings: Settings) -> str:
    manifest = verify(find_bundle(settings.model, Path(settings.model_folder)))
    return f"{manifest.name} ({manifest.precision}) in {manifest.folder}, {len(manifest.files)} files with the right digests"
