"""The model that ships, on real sentences. None of these tests judges how good a translation is."""

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import ModelError
from models.segment import Translation
from nmt.bundle import default_bundle, load_manifest
from nmt.search import SearchOptions
from nmt.session import Session
from nmt.translator import Translator, open_translator

SENTENCES = [
    "今天天气很好。",
    "公司将于明年三月在上海设立新的研发中心，预计投资二十亿元。",
    "请在安装前备份所有数据。",
    "ONNX Runtime 1.23 支持 INT8 量化。",
    "⟦1⟧的价格是⟦2⟧元。",
    "根据《合同法》第五十二条的规定，下列情形之一的，合同无效：一方以欺诈、胁迫的手段订立合同，损害国家利益。",
    "你好",
    "🙂龘",
    "他走了以后，房间里安静下来，只听见窗外的雨声，谁也没有再说一句话，直到天色渐渐亮了起来。",
]


@pytest.fixture(scope="module")
def translator() -> Translator:
    return open_translator(None, 2, 1)


@pytest.fixture(scope="module")
def alone(translator: Translator) -> dict[str, Translation]:
    return {sentence: translator.translate([sentence])[0] for sentence in SENTENCES}


@settings(max_examples=25, deadline=None)
@given(batch=st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=12))
def test_a_sentence_has_the_same_translation_and_score_bits_in_every_batch(
    translator: Translator, alone: dict[str, Translation], batch: list[str]
) -> None:
    assert translator.translate(batch) == [alone[sentence] for sentence in batch]


def test_a_second_session_with_more_threads_gives_the_same_bits(alone: dict[str, Translation]) -> None:
    other = open_translator(None, 2, 2)
    assert other.translate(SENTENCES) == [alone[sentence] for sentence in SENTENCES]


def test_a_sentence_becomes_english(alone: dict[str, Translation]) -> None:
    for sentence in (SENTENCES[0], SENTENCES[1], SENTENCES[2]):
        translation = alone[sentence]
        assert translation.target.isascii()
        assert any(letter.isalpha() for letter in translation.target)
        assert translation.score < 0 < translation.tokens


def test_blank_text_stays_blank(translator: Translator) -> None:
    assert [item.target for item in translator.translate(["", " ", "　\t"])] == ["", "", ""]
    assert translator.translate([]) == []


def test_a_text_too_long_for_the_model_is_translated_in_parts_and_says_so(translator: Translator) -> None:
    text = "我们公司成立于二零零一年，主要从事软件开发，客户包括银行、保险和证券机构，" * 8
    (translation,) = translator.translate([text])
    assert "divided" in translation.warnings
    assert translation.source == text
    assert translation.tokens > 0


def test_a_text_without_any_place_to_cut_is_translated_too(translator: Translator) -> None:
    (translation,) = translator.translate(["龘" * 300])
    assert "divided" in translation.warnings
    assert translation.target


def test_a_narrower_beam_is_another_signature(translator: Translator) -> None:
    greedy = open_translator(None, 1, 1)
    assert greedy.signature != translator.signature
    assert greedy.translate(SENTENCES[:3])


def test_no_beam_is_an_error() -> None:
    with pytest.raises(ModelError, match="--beam is 0"):
        open_translator(None, 0, 1)


def test_a_graph_that_is_none_is_a_model_error(tmp_path: Path) -> None:
    folder = shutil.copytree(default_bundle(), tmp_path / "bundle")
    (folder / "decoder.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelError, match=r"decoder\.onnx cannot be loaded"):
        Session(load_manifest(folder), 1)


def test_what_goes_round_in_circles_is_searched_again_and_then_in_halves() -> None:
    class Stuck(Translator):
        """Finds nothing but circles unless the beam is wide or the text short."""

        def _search_all(self, texts: list[str], search: SearchOptions) -> dict[str, Translation]:
            searched.append((tuple(texts), search.beam))
            return {text: Translation(text, text, 0.0, 1, () if self.sound(text, search.beam) else ("repetition",)) for text in texts}

        @staticmethod
        def sound(text: str, beam: int) -> bool:
            return ("宽" in text and beam > 4) or len(text) < 10

    searched: list[tuple[tuple[str, ...], int]] = []
    translator = open_translator(None, 4, 1)
    stuck = Stuck(translator._session, translator._tokenizer, 4)
    wide, long, hopeless = (
        "这是宽的一句话而且很长很长很长",
        "这是很长的一句话，应该分成两半",
        "这个句子，" + "无论如何都没有办法翻译出来的长句子" * 2,
    )
    results = stuck.translate([wide, long, hopeless, "好"])
    assert [result.warnings for result in results] == [(), ("divided",), ("repetition",), ()]
    assert searched[0] == ((wide, long, hopeless, "好"), 4)
    assert searched[1] == ((wide, long, hopeless), 8)
    assert searched[2][0][:2] == ("这是很长的一句话，", "应该分成两半")


def test_placeholders_come_out_once_each_however_hard_the_sentence(translator: Translator) -> None:
    sources = ["⟦1⟧和⟦2⟧以及⟦3⟧都在⟦4⟧附近的⟦5⟧里，离⟦6⟧不远。", "在⟦2⟧的⟦1⟧。", "⟦3⟧⟦1⟧⟦2⟧"]
    for result in translator.translate(sources):
        assert sorted(re.findall("⟦.⟧", result.target)) == sorted(re.findall("⟦.⟧", result.source))
