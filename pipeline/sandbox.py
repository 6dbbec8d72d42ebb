"""Works on documents' files in a process of its own, with limits on memory and time: a hostile file harms nobody but itself.

The process is started with the first file and kept for the next ones. It is replaced where it died, was too slow or ran out of memory.
Started as a program (`-m pipeline.sandbox SOCKET BYTES`), this module is that process.
"""

import ctypes
import os
import resource
import signal
import socket
import subprocess
import sys
import traceback
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from models.document import DEFAULT_OPTIONS, ReadOptions
from models.errors import CorruptDocumentError, DocumentTimeoutError, DocumentTooLargeError, TranslateDocsError
from pipeline.document import Assembled, Assembly, Prepared, assemble, prepare, sweep

MEGABYTE = 1 << 20
_PR_SET_PDEATHSIG = 1
_PATIENCE = 5.0
_START_SECONDS = 60.0
_NEAR = 0.95
_FUNCTIONS: dict[str, Callable[..., Any]] = {"prepare": prepare, "assemble": assemble}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may cost: megabytes of address space, the program itself included (some 150), and seconds."""

    megabytes: int = 2048
    seconds: float = 120.0


class _Reply(NamedTuple):
    """What the process answers: a result, an error, or, where `is_full`, that memory ran out."""

    result: Any = None
    error: Exception | None = None
    is_full: bool = False


class Sandbox:
    """One such process. Not for use by several threads at once, and not across a fork."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._child: _Child | None = None

    def prepare(self, source: Path, reading: ReadOptions = DEFAULT_OPTIONS) -> Prepared:
        """Do what pipeline.document.prepare does; raise what it does, and DocumentTooLargeError or DocumentTimeoutError."""
        found: Prepared = self._call(source, "prepare", source, reading)
        return found

    def assemble(self, work: Assembly) -> Assembled:
        """Do what pipeline.document.assemble does; raise what it does, and DocumentTooLargeError or DocumentTimeoutError."""
        try:
            written: Assembled = self._call(work.source, "assemble", work)
        except BaseException:
            sweep(work.output)
            raise
        return written

    def close(self) -> None:
        """End the process; the next call starts another."""
        if self._child is not None:
            self._child.end()
        self._child = None

    def _call(self, source: Path, function: str, *arguments: object) -> Any:
        try:
            reply = self._ask(source, function, arguments) or self._ask(source, function, arguments)
        except BaseException:
            # Nobody must get the answer to a question that was given up.
            self.close()
            raise
        if reply is None:
            raise CorruptDocumentError(f"{source.name} makes the process that reads it die; it is damaged or built to do so")
        if reply.is_full:
            self.close()
            raise DocumentTooLargeError(
                f"{source.name} takes more than {self._limits.megabytes} MB of memory; split it, or set TRANSLATE_DOCS_FILE_MEMORY"
            )
        if reply.error is not None:
            raise reply.error
        return reply.result

    def _ask(self, source: Path, function: str, arguments: tuple[object, ...]) -> _Reply | None:
        """Return the answer of the process; None where it died, be it of the file or because someone killed it."""
        try:
            self._child = self._child or _Child(self._limits.megabytes)
            self._child.connection.send((function, arguments))
            if self._child.connection.poll(self._limits.seconds):
                reply: _Reply = self._child.connection.recv()
                return reply
        except (EOFError, ConnectionError):
            self.close()
            return None
        raise DocumentTimeoutError(
            f"{source.name} takes more than {self._limits.seconds:g} s to {function}; split it, or set TRANSLATE_DOCS_FILE_SECONDS"
        )


class _Child:
    """The process while it lives, and the connection to it."""

    def __init__(self, megabytes: int) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            # -P: what lies in the current folder is no module of ours. A session of its own: Ctrl-C is for its parent.
            command = [sys.executable, "-P", "-m", __spec__.name, str(theirs.fileno()), str(megabytes * MEGABYTE)]
            paths = [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
            environ = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
            process = subprocess.Popen(  # noqa: S603 - our own program
                command,
                pass_fds=[theirs.fileno()],
                env=environ,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self.connection = Connection(ours.detach())
        self.end = weakref.finalize(self, _end, process, self.connection, os.getpid())
        # The time it takes to start is not that of a file.
        if self.connection.poll(_START_SECONDS):
            self.connection.recv()


def _end(process: "subprocess.Popen[bytes]", connection: Connection, owner: int) -> None:
    if os.getpid() == owner:
        connection.close()
        process.kill()
        process.wait(_PATIENCE)


def serve(descriptor: int, memory: int) -> None:
    """Answer questions until the other side closes the connection or memory has run out."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    connection = Connection(descriptor)
    connection.send(_Reply())
    while True:
        try:
            function, arguments = connection.recv()
        except (EOFError, ConnectionError):
            return
        reply = _answer(function, arguments)
        connection.send(reply)
        if reply.is_full:
            return


def _answer(function: str, arguments: tuple[Any, ...]) -> _Reply:
    try:
        return _Reply(_FUNCTIONS[function](*arguments))
    except MemoryError:
        return _Reply(is_full=True)
    except TranslateDocsError as error:
        # libxml2 calls a file damaged where it gets no memory for it.
        return _Reply(is_full=True) if _memory_ran_out() else _Reply(error=type(error)(str(error)))
    except Exception as error:
        # A defect of ours. Any exception may be one that cannot be sent.
        failure = RuntimeError(f"{type(error).__name__}: {error}")
        failure.add_note(traceback.format_exc())
        return _Reply(error=failure)


def _memory_ran_out() -> bool:
    """Return whether this process has come near its limit, as far as the system tells."""
    status = Path("/proc/self/status")
    if not status.exists():
        return False
    peak = next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmPeak:"))
    return int(peak) * 1024 > _NEAR * resource.getrlimit(resource.RLIMIT_AS)[0]


if __name__ == "__main__":
    from pipeline.sandbox import serve as serve_importable

    # Answers must be of the classes that the other side knows, not of those of the module __main__.
    serve_importable(int(sys.argv[1]), int(sys.argv[2]))
