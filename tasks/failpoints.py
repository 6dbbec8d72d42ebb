"""Places where a test can make a process die, fail or dawdle. Nothing happens unless TRANSLATE_DOCS_FAILPOINT is set."""

import os
import signal
import time


class Failpoint:
    """One place and what happens there: `POINT[~TEXT]=kill`, `=fail` or `=sleep:SECONDS`; with TEXT only where that is at hand."""

    def __init__(self, spec: str | None) -> None:
        where, _, self._action = (spec or "").partition("=")
        self._point, _, self._text = where.partition("~")

    def reach(self, point: str, *texts: str) -> None:
        """Do what the test asked for at this point."""
        if point != self._point or not (self._text in texts or self._text == ""):
            return
        action, _, argument = self._action.partition(":")
        if action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif action == "sleep":
            time.sleep(float(argument))
        else:
            raise RuntimeError(f"failpoint {point}")
