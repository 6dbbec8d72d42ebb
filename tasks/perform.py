"""Does one step under a lease: claim, keep alive, and whatever happens, say in the database how it ended."""

import logging
import threading
from collections.abc import Callable
from types import TracebackType

from models.errors import ServiceError, TranslateDocsError
from models.leases import Lease, LeaseLostError, Step, claim, extend, fail, fail_attempt, release
from tasks.runtime import Runtime, current

logger = logging.getLogger("translate_docs")


def perform(step: Step, row_id: int, work: Callable[[Runtime, Lease], bool]) -> None:
    """Claim the row and do `work` on it; do nothing where the row is done, held elsewhere, or gone.

    `work` says whether it made a document ready, which is then passed on at once.

    Raises:
        ServiceError: the database or the broker is out of reach; the step stays to be done.
    """
    runtime = current()
    with runtime.database.begin() as session:
        lease = claim(session, step, row_id, runtime.terms)
    if lease is None:
        logger.debug("%s %d is not to be done", step, row_id)
        return
    ready = False
    try:
        runtime.failpoint.reach("claimed")
        with Heartbeat(runtime, lease):
            ready = work(runtime, lease)
    except LeaseLostError:
        logger.warning("%s %d was lost to another process", step, row_id)
    except ServiceError:
        _give_back(runtime, lease)
        raise
    except Exception as error:
        # One document must never stop the others.
        _record(runtime, lease, error)
    except BaseException:
        _give_back(runtime, lease)
        raise
    _pass_on(runtime, ready)


class Heartbeat:
    """Extends a lease from a thread of its own, three times in its length, until left or the step has taken too long."""

    def __init__(self, runtime: Runtime, lease: Lease) -> None:
        self._runtime = runtime
        self._lease = lease
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def _beat(self) -> None:
        pause = self._runtime.terms.seconds / 3
        for _ in range(int(self._runtime.settings.step_limit / pause)):
            if self._stop.wait(pause) or not self._extend():
                return

    def _extend(self) -> bool:
        try:
            with self._runtime.database.begin() as session:
                return extend(session, self._lease, self._runtime.terms.seconds)
        except ServiceError:
            return True


def _record(runtime: Runtime, lease: Lease, error: Exception) -> None:
    """Record why a step failed: for good where the error is of a known kind, else for this attempt."""
    with runtime.database.begin() as session:
        if isinstance(error, TranslateDocsError):
            fail(session, lease, error.code, str(error))
        else:
            logger.error("%s %d failed", lease.step, lease.id, exc_info=error)
            fail_attempt(session, lease, "internal", _one_line(error), runtime.terms.max_attempts)


def _pass_on(runtime: Runtime, ready: bool) -> None:
    """Tell the workers what is due; if that fails, the next recovery does it."""
    try:
        runtime.publish_due(low_water=None if ready else runtime.settings.window // 2)
    except ServiceError as error:
        logger.warning("%s", error)


def _give_back(runtime: Runtime, lease: Lease) -> None:
    try:
        with runtime.database.begin() as session:
            release(session, lease)
    except ServiceError:
        logger.warning("%s %d could not be given back; its lease runs out in %g s", lease.step, lease.id, runtime.terms.seconds)


def _one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
