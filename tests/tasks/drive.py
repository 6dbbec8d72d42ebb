"""What a test starts as a process of its own: `inline JOB WORKERS`, `follow JOB`, `enqueue`, `worker CONCURRENCY`; JOB 0 means all.

`crashing MARKER` is a worker that crashes the first time, and leaves the file MARKER.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from models.errors import TranslateDocsError
from models.reports import Progress
from pipeline.settings import Settings
from tasks.worker import run_worker


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def report() -> Callable[[Progress], None]:
    """Return a callback that prints `started` when it first hears of progress."""
    heard: list[Progress] = []

    def hear(progress: Progress) -> None:
        if not heard:
            say("started")
        heard.append(progress)

    return hear


def crash_once(marker: Path) -> None:
    """Make the worker's consumer fail like one that Redis left at the wrong moment."""
    # Only now: a worker decides how signals are read before Celery is imported.
    os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")
    from celery import bootsteps  # noqa: PLC0415

    from tasks.celery import app  # noqa: PLC0415

    class Crash(bootsteps.StartStopStep):  # type: ignore[misc]
        requires = ("celery.worker.consumer.tasks:Tasks",)

        def start(self, parent: object) -> None:
            if not marker.exists():
                marker.touch()
                raise AttributeError("'NoneType' object has no attribute 'hostname'")

    app.steps["consumer"].add(Crash)


def main(command: str, *arguments: str) -> int:
    settings = Settings.from_env()
    if command == "crashing":
        crash_once(Path(arguments[0]))
        return run_worker(settings)
    numbers = [int(argument) for argument in arguments]
    if command == "worker":
        return run_worker(settings, numbers[0])
    # Only now: a worker decides how signals are read before Celery is imported.
    from tasks import inline, recover  # noqa: PLC0415

    if command == "inline":
        inline.run(settings, numbers[0] or None, numbers[1], report())
    elif command == "follow":
        recover.follow(settings, numbers[0] or None, report())
    else:
        say(str(recover.enqueue(settings)))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except TranslateDocsError as error:
        sys.stderr.write(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
