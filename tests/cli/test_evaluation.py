"""Scoring a model, as a user sees it."""

import subprocess
import sys
from pathlib import Path

import pytest

from nmt.bundle import default_bundle
from tests.cli.conftest import Cli

ROOT = Path(__file__).parents[2]
SHIPPED = default_bundle().name
SOURCE = "请安装数据库。\n请更新索引。\n"


@pytest.fixture
def files(cli: Cli) -> tuple[Path, Path]:
    """Two sentences, and the model's own translation of them as the reference."""
    pytest.importorskip("sacrebleu", reason="scoring needs the build extra: pip install -e '.[build]'")
    translated = [cli("translate", line).stdout for line in SOURCE.splitlines()]
    return cli.write("set.zh", SOURCE), cli.write("set.en", "".join(translated))


def test_a_model_that_translates_as_the_reference_does_scores_a_hundred(cli: Cli, files: tuple[Path, Path]) -> None:
    source, reference = files
    result = cli.json("model", "eval", SHIPPED, "--source", source, "--reference", reference)
    assert (result["sentences"], result["bleu"], result["chrf"]) == (2, 100.0, 100.0)
    assert "tok:13a" in result["sacrebleu"]["bleu"]
    assert result["signature"] == cli.json("model", "list")[0]["signature"]
    text = cli("model", "eval", SHIPPED, "--source", source, "--reference", source).stdout.splitlines()
    assert text[0].startswith("2 sentences in ")
    assert text[1].startswith("BLEU 0.00  ")


def test_files_that_do_not_belong_together_are_refused(cli: Cli, files: tuple[Path, Path]) -> None:
    source, _ = files
    short = cli.write("short.en", "One line.\n")
    result = cli("model", "eval", SHIPPED, "--source", source, "--reference", short)
    assert (result.exit_code, result.stdout) == (65, "")
    assert result.stderr == f"Error: {source} has 2 lines and {short} 1; each needs its reference in the same line\n"
    latin = cli.folder / "latin.en"
    latin.write_bytes(b"caf\xe9\n")
    assert cli("model", "eval", SHIPPED, "--source", latin, "--reference", short).stderr == f"Error: {latin} is not UTF-8; convert it\n"


def test_without_the_scorer_one_line_says_what_to_install(cli: Cli) -> None:
    source = cli.write("set.zh", SOURCE)
    code = "import sys; sys.modules['sacrebleu'] = None; from cli import main; main()"
    arguments = ["model", "eval", SHIPPED, "--source", str(source), "--reference", str(source)]
    done = subprocess.run([sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 78
    assert done.stderr == "Error: scoring a model needs the package sacrebleu: pip install '.[build]', in the folder of the sources\n"
