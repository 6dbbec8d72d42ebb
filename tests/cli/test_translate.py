"""`translate`: the line filter."""

import json
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Cli

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, str(ROOT / "cli.py"), "translate", "--engine", "pseudo"]


def test_arguments_are_lines(cli: Cli) -> None:
    assert cli("translate", "--engine", "pseudo", "你好。再见！", "早\n晚").stdout == "[你好。] [再见！]\n[早]\n[晚]\n"


def test_as_many_lines_come_out_as_went_in(cli: Cli) -> None:
    lines = ["你好", "", "  ", "再见", ""] * 40
    result = cli("translate", "--engine", "identity", stdin="".join(f"{line}\n" for line in lines))
    assert result.stdout.splitlines() == lines


def test_empty_input_gives_empty_output(cli: Cli) -> None:
    result = cli("translate", "--engine", "pseudo", stdin="")
    assert (result.exit_code, result.stdout) == (0, "")


def test_json_has_one_object_a_line(cli: Cli) -> None:
    result = cli("translate", "--engine", "pseudo", "--json", stdin="你好\n\n再见\n")
    objects = [json.loads(line) for line in result.stdout.splitlines()]
    assert [found["translation"] for found in objects] == ["[你好]", "", "[再见]"]
    assert objects[0] == {"source": "你好", "translation": "[你好]", "score": 0.0, "tokens": 4, "warnings": [], "terms": []}


def test_input_that_is_not_utf8_is_an_error(cli: Cli) -> None:
    result = cli("translate", "--engine", "pseudo", stdin="你好".encode("gb18030"))
    assert result.exit_code == 65
    assert result.stderr == "Error: the input is not UTF-8 in line 1\n"


def test_line_is_answered_while_the_pipe_stays_open() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as filtering:
        assert filtering.stdin is not None
        assert filtering.stdout is not None
        filtering.stdin.write("你好\n".encode())
        filtering.stdin.flush()
        assert filtering.stdout.readline().decode() == "[你好]\n"
        filtering.stdin.close()
        assert filtering.wait(60) == 0


def test_closed_output_ends_quietly() -> None:
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as filtering:
        assert filtering.stdin is not None
        assert filtering.stdout is not None
        assert filtering.stderr is not None
        filtering.stdout.close()
        filtering.stdin.write("你好\n".encode() * 1000)
        filtering.stdin.close()
        assert filtering.wait(60) == 141
        assert filtering.stderr.read() == b""
