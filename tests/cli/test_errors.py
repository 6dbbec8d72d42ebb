"""How commands end: exit codes, one line of error, tracebacks on demand, interruption."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cli import main
from console.command import Group
from models.errors import TranslateDocsError
from tests.cli.conftest import Cli

ROOT = Path(__file__).parents[2]


def failing(error: BaseException) -> click.Group:
    """Return a command line whose only command raises `error`."""

    @click.group(cls=Group)
    def group() -> None:
        """Fail."""

    @group.command()
    def fail() -> None:
        raise error

    return group


def all_errors(kind: type[TranslateDocsError] = TranslateDocsError) -> list[type[TranslateDocsError]]:
    return [kind, *(error for child in kind.__subclasses__() for error in all_errors(child))]


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
def test_every_error_becomes_one_line_and_its_exit_code(kind: type[TranslateDocsError]) -> None:
    result = CliRunner().invoke(failing(kind("first line\nsecond line")), ["fail"])
    assert result.exit_code == kind.exit_code
    assert result.output == "Error: first line second line\n"


def test_defect_becomes_one_line_too() -> None:
    result = CliRunner().invoke(failing(KeyError("x")), ["fail"])
    assert result.exit_code == 70
    assert result.output == "Error: internal error (KeyError: 'x'); -v shows where it happened\n"


def test_interruption_ends_with_130() -> None:
    assert CliRunner().invoke(failing(KeyboardInterrupt()), ["fail"]).exit_code == 130


def test_usage_error_ends_with_2(cli: Cli) -> None:
    assert cli("submit", "--no-such-option").exit_code == 2
    assert cli("no-such-command").exit_code == 2


@pytest.mark.parametrize("arguments", [("-v", "status", "7"), ("status", "-v", "7")])
def test_verbose_shows_the_traceback(cli: Cli, arguments: tuple[str, ...]) -> None:
    result = cli(*arguments)
    assert "Traceback" in result.stderr
    assert result.stderr.endswith("shows the jobs\n")


def test_error_has_no_traceback_without_verbose(cli: Cli) -> None:
    assert "Traceback" not in cli("status", "7").stderr


def test_database_out_of_reach_ends_with_75(cli: Cli) -> None:
    cli.environment["TRANSLATE_DOCS_DATABASE_URL"] = "postgresql://user:secret@127.0.0.1:1/none"
    result = cli("list")
    assert result.exit_code == 75
    assert result.stderr.count("\n") == 1
    assert "secret" not in result.stderr


def test_wrong_setting_ends_with_78(cli: Cli) -> None:
    cli.environment["TRANSLATE_DOCS_LEASE"] = "soon"
    result = cli("list")
    assert result.exit_code == 78
    assert "TRANSLATE_DOCS_LEASE" in result.stderr


def test_interrupted_submission_ends_with_130_and_can_be_resumed(cli: Cli) -> None:
    source = cli.write("a.txt")
    environment = {**os.environ, **cli.environment, "TRANSLATE_DOCS_FAILPOINT": "translate=sleep:60"}
    command = [sys.executable, str(ROOT / "cli.py"), "submit", "--engine", "pseudo", str(source)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        assert running.stderr.readline() == "job 1: 1 documents to translate\n"
        while cli.json("status")["documents"][0]["state"] != "translating":
            time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 130
        assert running.stderr.read().splitlines()[-2:] == ["`translate-docs resume` goes on with it", "interrupted"]
    assert not source.with_name("a.en.txt").exists()
    assert cli("resume").exit_code == 0
    assert source.with_name("a.en.txt").exists()


def test_version_is_printed() -> None:
    result = CliRunner().invoke(main, ["--version"])
    if result.exit_code:
        pytest.skip("translate-docs is not installed here, only checked out")
    assert result.output.startswith("translate-docs, version ")
