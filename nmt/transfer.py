"""Downloads files over HTTP: goes on where an earlier try stopped, and keeps only what has the digest that it should have.

Proxies and certificates are those of the environment (`HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`).
"""

import hashlib
import http.client
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from models.errors import ModelError, OutputError, ServiceError

PART = ".part"
_CHUNK = 2**20
_ATTEMPTS = 5  # in a row that bring nothing
_TIMEOUT = 30.0  # seconds without a byte
_PARTIAL, _WRONG_RANGE = 206, 416
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_AGENT = {"User-Agent": "translate-docs"}

Show = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Download:
    """A file to be had: `size` in bytes, `sha256` in hexadecimal digits."""

    url: str
    path: Path
    size: int
    sha256: str


class Transfer:
    """Makes requests again while there is hope; `pause` waits a number of seconds."""

    def __init__(self, pause: Callable[[float], None] = time.sleep, timeout: float = _TIMEOUT) -> None:
        self._pause = pause
        self._timeout = timeout

    def read(self, url: str, limit: int, attempts: int = 3) -> bytes:
        """Return the first `limit` bytes of what the server answers.

        Raises:
            ModelError: the server has nothing there, or gives it to nobody.
            ServiceError: it is out of reach.
        """
        for failures in range(1, attempts + 1):
            try:
                with self._open(url, {}) as response:
                    content: bytes = response.read(limit)
                    return content
            except (OSError, http.client.HTTPException) as error:
                problem = _problem(url, error)
            if failures < attempts:
                self._pause(2.0 ** (failures - 1))
        raise ServiceError(problem)

    def save(self, item: Download, show: Show) -> None:
        """Get a file; what has come so far lies beside it as `.part`. `show` is told how many bytes are there.

        Raises:
            ModelError: the server does not have the file, or not the one with this digest.
            OutputError: it cannot be written.
            ServiceError: the server is out of reach; another call goes on where this one stopped.
        """
        if _digest(item.path) == item.sha256:
            show(item.size)
            return
        part = item.path.with_name(item.path.name + PART)
        for _ in range(2):
            self._fill(part, item, show)
            found = _digest(part)
            if found == item.sha256:
                part.replace(item.path)
                return
            part.unlink(missing_ok=True)
        raise ModelError(
            f"{item.url} came twice with the wrong content (SHA-256 {(found or '')[:12]} in place of {item.sha256[:12]}); "
            "something on the way changes it: try again later, or from another network"
        )

    def _fill(self, part: Path, item: Download, show: Show) -> None:
        """Append to the part until it has all bytes; only tries in a row that bring nothing count as failures."""
        failures = 0
        while (have := _size(part)) != item.size:
            try:
                self._append(part, have, item, show)
                problem = f"{_host(item.url)} cut the connection"
            except (OSError, http.client.HTTPException) as error:
                problem = _problem(item.url, error)
            failures = 0 if _size(part) > have else failures + 1
            if failures == _ATTEMPTS:
                raise ServiceError(f"{problem}; run it again: it goes on where it stopped, at {_size(part):,} of {item.size:,} bytes")
            if failures:
                self._pause(2.0 ** (failures - 1))

    def _append(self, part: Path, have: int, item: Download, show: Show) -> None:
        if have > item.size:
            part.unlink()
            have = 0
        with self._open(item.url, {"Range": f"bytes={have}-"} if have else {}) as response:
            if response.status != _PARTIAL or not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
                have = 0  # the server starts from the beginning
            with _Sink(part, have) as sink:
                while have < item.size and (chunk := response.read(min(_CHUNK, item.size - have))):
                    sink.write(chunk)
                    have += len(chunk)
                    show(have)

    def _open(self, url: str, headers: dict[str, str]) -> http.client.HTTPResponse:
        """Return the answer to a request; an answer that will not change raises ModelError."""
        if urlsplit(url).scheme not in ("http", "https"):
            raise ModelError(f"{url} is no address of a web server; it must begin with https://")
        try:
            response: http.client.HTTPResponse = urlopen(Request(url, headers=_AGENT | headers), timeout=self._timeout)  # noqa: S310 - see above
        except HTTPError as error:
            error.close()
            if error.code not in _PASSING | {_WRONG_RANGE}:
                raise ModelError(f"{url} is not to be had ({error.code} {error.reason})") from error
            raise
        return response


class _Sink:
    """The end of a file being downloaded; what goes wrong in writing is not the server's fault."""

    def __init__(self, path: Path, position: int) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab")
            if self._file.tell() != position:
                self._file.truncate(position)
        except OSError as error:
            raise self._refusal(error) from error

    def __enter__(self) -> "_Sink":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            with self._file:
                self._file.flush()
                if kind is None:
                    os.fsync(self._file.fileno())
        except OSError as error:
            raise self._refusal(error) from error

    def write(self, chunk: bytes) -> None:
        """Append."""
        try:
            self._file.write(chunk)
        except OSError as error:
            raise self._refusal(error) from error

    def _refusal(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self._path} cannot be written: {error.strerror}; put that right and run it again: it goes on where it stopped"
        )


def _problem(url: str, error: Exception) -> str:
    if isinstance(error, HTTPError):
        return f"{_host(url)} answers {error.code} {error.reason}"
    reason = error.reason if isinstance(error, URLError) else error
    return f"{_host(url)} cannot be reached ({getattr(reason, 'strerror', None) or reason or type(reason).__name__})"


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _digest(path: Path) -> str | None:
    if not path.exists():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
