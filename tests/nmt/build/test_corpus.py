import lzma
import random
import re
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from nmt.build import corpus
from nmt.build.corpus import COPIES, WRITTEN, corpus_files, draw, held_out, load_packed, pack, read_pairs, with_placeholders
from nmt.build.vocabulary import train_tokenizer
from nmt.config import PLACEHOLDERS

PAIRS = [(f"第{number}号文件已经发布。", f"File number {number} has been released.") for number in range(3000)]


@pytest.fixture(scope="module")
def tokenizers() -> tuple[Tokenizer, Tokenizer]:
    sources, targets = zip(*PAIRS[:500], strict=True)
    return (
        train_tokenizer(sources, size=600, alphabet=100, source=True),
        train_tokenizer(targets, size=600, alphabet=100, source=False),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, pairs in (("news", PAIRS), ("other", PAIRS[:100]), ("tw_laws", PAIRS[1000:])):
        with lzma.open(tmp_path / f"{name}.tsv.xz", "wt", encoding="utf-8") as file:
            file.writelines(f"{source}\t{target}\n" for source, target in pairs)
    return tmp_path


def test_no_held_out_sentence_is_ever_drawn(folder: Path) -> None:
    slices = held_out([folder])
    reserved = {source for pairs in slices.values() for source, _ in pairs}
    drawn = {source for source, _ in draw([folder], {}, 1.0, seed=1)}
    assert 20 < len(slices["general"]) < 80
    assert slices["legal"]
    assert not reserved & drawn


def test_sources_are_drawn_as_often_as_told(folder: Path) -> None:
    few = draw([folder], {"news": 0.5, "other": 0.0, "tw_laws": 0.0}, 1.0, seed=1)
    many = draw([folder], {"news": 2.0, "other": 0.0, "tw_laws": 0.0}, 1.0, seed=1)
    assert 0.2 < len(few) / len(many) < 0.3
    assert draw([folder], {}, 1.0, seed=3) == draw([folder], {}, 1.0, seed=3) != draw([folder], {}, 1.0, seed=4)


def test_what_both_sides_share_becomes_the_same_placeholder() -> None:
    source, target = with_placeholders(("请安装 Python 3.12。", "Please install Python 3.12."), random.Random(1))
    marks = [mark for mark in PLACEHOLDERS if mark in source]
    assert len(marks) == 2
    assert "Python" not in source + target
    assert all(target.count(mark) == 1 for mark in marks)


def test_text_repeated_on_one_side_is_left_alone() -> None:
    pair = ("A1 和 A1", "A1 only")
    assert with_placeholders(pair, random.Random(1)) == pair


def test_packed_pairs_read_back_and_long_or_empty_ones_are_left_out(tokenizers: tuple[Tokenizer, Tokenizer], tmp_path: Path) -> None:
    pairs = [*PAIRS[:5], ("", "x"), ("文" * 500, "text " * 500)]
    assert pack(pairs, tokenizers, tmp_path / "set.npz") == 5
    data = load_packed(tmp_path / "set.npz")
    assert len(data) == len(data.target) == len(data.links) == 5
    assert tokenizers[0].decode(data.source[3].tolist(), skip_special_tokens=False) == "第 3号文件已经发布。"
    assert np.array_equal(data.target.lengths(), [len(data.target[index]) for index in range(5)])
    assert not data.links.lengths().any()


def test_a_placeholder_carries_no_blank_of_its_own(tokenizers: tuple[Tokenizer, Tokenizer]) -> None:
    for tokenizer, text in ((tokenizers[0], "文件⟦1⟧。⟦2⟧号"), (tokenizers[1], "See (⟦1⟧), ⟦2⟧s and ⟦3⟧.")):
        encoded = tokenizer.encode(text, add_special_tokens=False)
        assert tokenizer.decode(encoded.ids, skip_special_tokens=False) == text


def test_end_of_sentence_has_id_zero_and_bytes_spell_the_unknown(tokenizers: tuple[Tokenizer, Tokenizer]) -> None:
    assert tokenizers[0].token_to_id("</s>") == tokenizers[1].token_to_id("</s>") == 0
    ids = tokenizers[1].encode("naïve 🙂").ids
    assert tokenizers[1].decode(ids, skip_special_tokens=False) == "naïve 🙂"


def test_the_pairs_that_come_with_the_project_are_whole_and_drawn() -> None:
    folder = Path(corpus.__file__).parent / "written"
    assert {path.name for path in corpus_files([folder])} == {f"{name}.tsv.xz" for name in WRITTEN} <= {f"{name}.tsv.xz" for name in COPIES}
    pairs = [pair for path in corpus_files([folder]) for pair in read_pairs(path)]
    assert len({source for source, _ in pairs}) == len(pairs) > 17_000
    assert all(re.search("[\u4e00-\u9fff]", source) and not re.search("[\u4e00-\u9fff]", target) for source, target in pairs)
