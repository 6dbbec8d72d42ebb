"""What a test starts as a process of its own: `inline JOB WORKERS`, `follow JOB`, `enqueue`, `worker CONCURRENCY`; JOB 0 means all."""

import sys
from collections.abc import Callable

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


def main(command: str, *arguments: str) -> int:
    settings = Settings.from_env()
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
