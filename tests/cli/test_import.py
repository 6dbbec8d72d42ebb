"""`model import`, and translating with what it made."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

pytest.importorskip("onnx", reason="importing needs the build extra: pip install -e '.[build]'")

MODEL = Path(__file__).parents[1] / "data" / "csanmt" / "toy_shared_trained"
SOURCE, TARGET = "我昨天在北京买了三本书。", "I bought three books in Beijing yesterday."


def test_an_imported_model_translates_lines_and_documents(cli: Cli) -> None:
    model = shutil.copytree(MODEL, cli.folder / "model")
    configuration = json.loads((model / "configuration.json").read_text())
    configuration["model"]["beam_size"] = 3
    (model / "configuration.json").write_text(json.dumps(configuration))
    bundle = cli.folder / "bundle"
    result = cli("model", "import", model, "--output", bundle)
    assert (result.exit_code, result.stdout) == (0, "bundle: 5 files, int8\n")
    assert cli("translate", "--model", bundle, SOURCE).stdout == f"{TARGET}\n"
    letter = cli.write("letter.txt", f"{SOURCE}\n")
    submitted = cli.json("submit", letter, "--model", bundle)
    assert submitted["model"].endswith("-beam3")
    assert letter.with_name("letter.en.txt").read_text() == f"{TARGET}\n"
    assert cli.json("submit", letter, "--model", bundle, "--beam", 2)["model"].endswith("-beam2")


def test_an_import_prints_json(cli: Cli) -> None:
    printed = cli.json("model", "import", MODEL, "--output", cli.folder / "bundle", "--precision", "fp32")
    assert printed == cli.json("model", "verify", cli.folder / "bundle")
    assert (printed["precision"], printed["tokenizer"], printed["max_target"], printed["beam"]) == ("fp32", "jieba-bpe", 40, 4)


def test_what_cannot_be_imported_is_one_line_and_a_code(cli: Cli) -> None:
    result = cli("model", "import", cli.folder / "nowhere", "--output", cli.folder / "bundle")
    assert result.exit_code == 78
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1


def test_a_folder_of_something_else_is_kept(cli: Cli) -> None:
    letter = cli.write("letters/letter.txt")
    assert cli("model", "import", MODEL, "--output", letter.parent).exit_code == 73
    assert letter.exists()
