"""A folder with Chinese texts, a database, and processes that work on them and can be killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from models.database import Database
from models.jobs import NewDocument, create_job
from models.options import JobOptions
from models.reports import DocumentSummary, JobSummary, document_rows, job_summary
from pipeline.engines import EngineOptions, engine_signature
from pipeline.settings import Settings
from tests.invariants import audit, check_invariants
from tests.stages import OPTIONS

ROOT = Path(__file__).parents[2]


class Jobsite:
    """Everything about one job of the pseudo engine; small batches make a long job of few words."""

    def __init__(self, folder: Path, url: str, broker_url: str | None = None) -> None:
        self.folder = folder
        self.settings = Settings(database_url=url, broker_url=broker_url, batch_segments=4, lease=30.0)
        self.database = Database(url)
        self.job_id = 0
        if url.startswith("sqlite"):
            audit(self.database)

    def submit(self, texts: Mapping[str, str] | None = None, output: str = "out", options: JobOptions = OPTIONS) -> int:
        """Write the texts and record a job that translates them."""
        documents = []
        for name, text in (texts or {f"{number}.txt": chapter(number) for number in range(6)}).items():
            source = self.folder / name
            source.write_text(text, encoding="utf-8")
            documents.append(NewDocument(str(source), str(self.folder / output / name)))
        signature = engine_signature(EngineOptions(OPTIONS.engine))
        with self.database.begin() as session:
            self.job_id = create_job(session, options, signature, documents)
        return self.job_id

    def start(self, *command: str, **changes: Any) -> subprocess.Popen[str]:
        """Start a process of tests.tasks.drive with the settings, changed like this."""
        return start(*command, settings=replace(self.settings, **changes))

    def resume(self, workers: int = 1, **changes: Any) -> int:
        """Work on every job until nothing is left, and return the exit status."""
        process = self.start("inline", "0", str(workers), **changes)
        _, errors = process.communicate(timeout=120)
        assert "Traceback" not in errors, errors
        return process.returncode

    def summary(self) -> JobSummary:
        with self.database.begin() as session:
            return job_summary(session, self.job_id)

    def documents(self) -> list[DocumentSummary]:
        with self.database.begin() as session:
            return document_rows(session, self.job_id)

    def outputs(self, output: str = "out") -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted((self.folder / output).iterdir())}

    def check(self) -> None:
        check_invariants(self.database, self.settings.max_attempts)

    def close(self) -> None:
        self.database.close()


def chapter(number: int, sentences: int = 40) -> str:
    """Return a text in which no sentence occurs twice, also not in another chapter."""
    return "".join(f"这是第{number}章的第{sentence}句话。\n" for sentence in range(sentences))


def marked_chapter(number: int, sentences: int = 20) -> str:
    """Return a page with a bold word in each of its sentences, some of which are in every chapter."""
    own = (f"<p>这是第{number}章的<b>第{sentence}句</b>汇率话。</p>\n" for sentence in range(sentences))
    shared = (f"<p>每章都有<i>这第{sentence}句</i>银行话。</p>\n" for sentence in range(sentences // 2))
    return "".join((*own, *shared))


def start(*command: str, settings: Settings) -> subprocess.Popen[str]:
    """Start a process in a group of its own, so that a Ctrl-C reaches its helpers and not this test."""
    arguments = [sys.executable, "-m", "tests.tasks.drive", *command]
    environ = {**os.environ, **environment(settings)}
    return subprocess.Popen(
        arguments, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def environment(settings: Settings) -> dict[str, str]:
    values = {name: getattr(settings, name) for name in Settings.__dataclass_fields__}
    return {f"TRANSLATE_DOCS_{name.upper()}": "" if value is None else str(value) for name, value in values.items()}


def interrupt(process: subprocess.Popen[str]) -> None:
    """Do what a terminal does on Ctrl-C: tell the whole group."""
    os.killpg(process.pid, signal.SIGINT)


def wait_for_line(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdout is not None
    for found in process.stdout:
        if found.strip() == line:
            return
    raise AssertionError(f"the process ended without {line!r}: {process.stderr.read() if process.stderr else ''}")


def descendants(process: subprocess.Popen[str]) -> Sequence[int]:
    return [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
