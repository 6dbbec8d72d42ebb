"""The commands with a broker: a real Redis server and a real worker."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.servers import RedisServer

ROOT = Path(__file__).parents[2]


@pytest.mark.redis
def test_folder_is_translated_by_a_worker(cli: Cli, redis_server: RedisServer) -> None:
    for number in range(3):
        cli.write(f"{number}.txt", f"第{number}页。\n")
    cli.environment |= {"TRANSLATE_DOCS_BROKER_URL": redis_server.url, "TRANSLATE_DOCS_ENGINE": "pseudo"}
    command = [sys.executable, str(ROOT / "cli.py"), "worker", "--log-level", "ERROR"]
    with subprocess.Popen(command, env={**os.environ, **cli.environment}) as worker:
        try:
            wait_for_worker(cli)
            result = cli("submit", cli.folder)
        finally:
            worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
    assert result.exit_code == 0, result.output
    assert len(list(cli.folder.glob("*.en.txt"))) == 3


@pytest.mark.redis
def test_doctor_misses_a_worker(cli: Cli, redis_server: RedisServer) -> None:
    cli.environment["TRANSLATE_DOCS_BROKER_URL"] = redis_server.url
    broker = next(check for check in cli.json("doctor") if check["check"] == "broker")
    assert not broker["ok"]
    assert "start one" in broker["detail"]


@pytest.mark.redis
def test_detached_submission_waits_in_the_queue(cli: Cli, redis_server: RedisServer) -> None:
    cli.environment["TRANSLATE_DOCS_BROKER_URL"] = redis_server.url
    result = cli.submit(cli.write("a.txt"), "--detach")
    assert result.exit_code == 0
    assert "job 1 running: 1 unfinished" in result.stdout


def wait_for_worker(cli: Cli) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if next(check for check in cli.json("doctor") if check["check"] == "broker")["ok"]:
            return
    raise AssertionError("no worker came up")
