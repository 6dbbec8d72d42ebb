"""Parity with jieba, subword-nmt and sacremoses as ModelScope's pipeline puts them together."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from models.errors import ModelError
from nmt import jieba_tokenizer
from nmt.jieba_tokenizer import CODES_FILE, SOURCE_FILE, TARGET_FILE, JiebaTokenizer, check_codes, read_vocabulary

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "csanmt"
EXAMPLES: dict[str, list[dict[str, Any]]] = json.loads((DATA / "tokenisation.json").read_text(encoding="utf-8"))
TARGET_TOKENS = list(dict.fromkeys(["</s>", *(token for example in EXAMPLES["target"] for token in example["tokens"])]))
SIZE = 106


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    for name, own in (("src_vocab.txt", SOURCE_FILE), ("bpe.zh", CODES_FILE)):
        shutil.copy(DATA / "toy_sep" / name, folder / own)
    (folder / TARGET_FILE).write_text("".join(f"{token}\n" for token in TARGET_TOKENS), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> JiebaTokenizer:
    return JiebaTokenizer(folder, SIZE)


@pytest.mark.parametrize("example", EXAMPLES["source"], ids=lambda example: repr(example["text"]))
def test_source_text_has_the_references_subwords_and_ids(tokenizer: JiebaTokenizer, example: dict[str, Any]) -> None:
    assert tokenizer._tokens(example["text"]) == example["bpe"]
    assert tokenizer.encode([example["text"]])[0].tolist() == example["ids"]


@pytest.mark.parametrize("example", EXAMPLES["target"], ids=lambda example: example["joined"])
def test_target_tokens_become_the_references_text(tokenizer: JiebaTokenizer, example: dict[str, Any]) -> None:
    assert tokenizer.decode([TARGET_TOKENS.index(token) for token in example["tokens"]]) == example["detok"]


def test_ids_beyond_the_target_vocabulary_are_unknown(tokenizer: JiebaTokenizer) -> None:
    assert tokenizer.decode([SIZE * 100]) == "<unk>"


def test_many_texts_at_once_are_cut_as_one_at_a_time(tokenizer: JiebaTokenizer) -> None:
    texts = [example["text"] for example in EXAMPLES["source"]]
    assert [ids.tolist() for ids in tokenizer.encode(texts)] == [example["ids"] for example in EXAMPLES["source"]]
    assert tokenizer.encode([]) == []


def test_what_the_library_remembers_does_not_grow_for_ever(folder: Path) -> None:
    tokenizer = JiebaTokenizer(folder, SIZE)
    tokenizer._merges.cache.update({str(number): () for number in range(jieba_tokenizer._CACHE_LIMIT + 1)})
    assert tokenizer.encode(["我昨天在北京买了三本书。"])[0].tolist() == EXAMPLES["source"][0]["ids"]
    assert len(tokenizer._merges.cache) < 100


def test_lines_of_a_vocabulary_are_counted_as_the_reference_counts_them(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary"
    path.write_bytes("</s>\n\n a \u2028b\r\n\x85\x0c\n的".encode())
    assert read_vocabulary(path) == ["</s>", "", "a \u2028b", "", "的"]


def test_the_later_of_two_equal_source_tokens_counts(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / SOURCE_FILE).write_text("</s>\n我\n你\n我\n", encoding="utf-8")
    assert JiebaTokenizer(tmp_path, 9).encode(["我", "他"])[0].tolist() == [3]
    assert JiebaTokenizer(tmp_path, 9).encode(["他"])[0].tolist() == [8]


@pytest.mark.parametrize("text", ["#version: 0.2\na b c\n", "#version: 0.2\na b\n\nc d\n", "a\n"])
def test_damaged_codes_are_an_error_and_do_not_end_the_process(folder: Path, tmp_path: Path, text: str) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / CODES_FILE).write_text(text)
    with pytest.raises(ModelError, match=r"source\.bpe\.txt, line \d is no pair"):
        JiebaTokenizer(tmp_path, SIZE)


def test_codes_without_a_version_are_read(tmp_path: Path) -> None:
    path = tmp_path / "codes"
    path.write_text("我 们\n他 们</w>\n", encoding="utf-8")
    check_codes(path)


def test_files_that_are_missing_or_no_text_are_named(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / TARGET_FILE).write_bytes("我".encode("gb18030"))
    with pytest.raises(ModelError, match=r"target\.vocabulary\.txt is not UTF-8"):
        JiebaTokenizer(tmp_path, SIZE)
    (tmp_path / TARGET_FILE).unlink()
    with pytest.raises(ModelError, match=r"target\.vocabulary\.txt cannot be read"):
        JiebaTokenizer(tmp_path, SIZE)


def test_opening_one_prints_nothing_writes_nothing_and_loads_no_other_tokenizer(folder: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from nmt.jieba_tokenizer import JiebaTokenizer; from nmt.tokenization import open_tokenizer;"
        f"JiebaTokenizer(Path({str(folder)!r}), {SIZE}).encode(['你好']); assert 'transformers' not in sys.modules"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-W", "error", "-c", program]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []
