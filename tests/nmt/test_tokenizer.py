from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from models.errors import ModelError
from nmt.bundle import default_bundle
from nmt.tokenizer import SubwordTokenizer


@pytest.fixture(scope="module")
def tokenizer() -> SubwordTokenizer:
    return SubwordTokenizer(default_bundle())


@given(text=st.text(max_size=60))
def test_no_input_is_unknown_and_none_holds_the_end_of_sentence(tokenizer: SubwordTokenizer, text: str) -> None:
    (ids,) = tokenizer.encode([text])
    assert 0 not in ids
    assert len(ids) > 0 or not text.strip()


def test_full_width_letters_are_read_as_half_width_ones(tokenizer: SubwordTokenizer) -> None:
    full, half = tokenizer.encode(["ＡＢＣ１２３，好", "ABC123,好"])
    assert full.tolist() == half.tolist()


def test_blanks_around_chinese_make_no_difference(tokenizer: SubwordTokenizer) -> None:
    wide, tight = tokenizer.encode(["使用 Python 编写", "使用Python编写"])
    assert wide.tolist() == tight.tolist()


def test_placeholders_are_single_tokens(tokenizer: SubwordTokenizer) -> None:
    plain, marked = tokenizer.encode(["的价格", "⟦1⟧的价格⟦9⟧"])
    assert len(marked) <= len(plain) + 2


def test_a_literal_end_marker_is_only_text(tokenizer: SubwordTokenizer) -> None:
    (ids,) = tokenizer.encode(["他写了</s>三个字"])
    assert 0 not in ids


def test_a_file_that_is_no_tokenizer_is_a_model_error(tmp_path: Path) -> None:
    (tmp_path / "source.tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match="is not a tokenizer"):
        SubwordTokenizer(tmp_path)


def test_target_text_survives_encoding_and_decoding_with_placeholders_and_bytes(tokenizer: SubwordTokenizer) -> None:
    encoder = PreTrainedTokenizerFast(tokenizer_file=str(default_bundle() / "target.tokenizer.json"))
    for text in ("In 2023, ⟦1⟧ rose by ⟦2⟧", "naïve 🙂 café", "a_b.c/d"):
        assert tokenizer.decode(encoder.encode(text, add_special_tokens=False)) == text
