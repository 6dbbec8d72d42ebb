"""Servers that a test starts for itself: on loopback or a socket, in a folder of their own, gone with the test."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis

_PATIENCE = 20.0


def redis_binary() -> str | None:
    return shutil.which("redis-server")


def postgres_folder() -> Path | None:
    """Return the folder of PostgreSQL's programs, which Debian keeps out of the path."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    return folders[-1] if folders else None


class RedisServer:
    """A redis-server without persistence on a free port."""

    def __init__(self, folder: Path) -> None:
        self.port = _free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(self._folder)]
        command = [str(redis_binary()), *arguments]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_until(self._answers)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        try:
            with redis.Redis(port=self.port) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False


@contextmanager
def running_redis(folder: Path) -> Iterator[RedisServer]:
    server = RedisServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def running_postgres() -> Iterator[str]:
    """Yield the URL of a server; root may not run one, so it hands over to the user postgres."""
    # Its own folder in /tmp: the path of a socket must be short, and pytest's folders are closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="td-pg-"))
    prefix: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        prefix = ["runuser", "-u", "postgres", "--"]
    programs, data = postgres_folder(), folder / "data"
    _run_quietly([*prefix, f"{programs}/initdb", "-D", str(data), "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync"])
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=60"
    control = [*prefix, f"{programs}/pg_ctl", "-D", str(data), "-w"]
    _run_quietly([*control, "-o", options, "-l", str(folder / "log"), "start"])
    try:
        yield f"postgresql+psycopg://tester@/postgres?host={folder}"
    finally:
        _run_quietly([*control, "-m", "immediate", "stop"])
        shutil.rmtree(folder)


def create_postgres_schema(url: str, name: str) -> str:
    """Create an empty schema and return the URL under which it is all there is: a database each would take the disk minutes to delete."""
    with psycopg.connect(f"host={url.partition('host=')[2]} user=tester dbname=postgres", autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{name}"')
    return f"{url}&options=-csearch_path%3D{name}"


def wait_until(condition: Callable[[], bool], patience: float = _PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("it did not happen in time")
        time.sleep(0.02)


def _run_quietly(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
