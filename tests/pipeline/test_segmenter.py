import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.phrases import MAX_CHARS
from pipeline.punctuation import HAN, MAX_PAIR
from pipeline.segmenter import split


def segments(text: str) -> list[str]:
    return [piece.text for piece in split(text) if piece.is_segment]


def gaps(text: str) -> list[str]:
    return [piece.text for piece in split(text) if not piece.is_segment]


MARKED = [
    "今天很好。|明天呢？|不知道！",
    "真的！！！|好吗？！|好的……。|走吧",
    "他走了很久……|她没有说话。",
    "我……我不知道。",
    "……然后他走了。",
    "“这是对的。”他说。|下一句。",
    "他说：“走吧。我们回家。”然后离开了。|明天见。",
    "「你来吗？」她问。",
    '他问："走吗？"我说："走。"他走了。',
    "“走。”|“好。”",
    "他说：“很好！”，然后走了。",
    "他说“‘好。’是什么意思？”我笑了。",
    "今天很好。”|明天也好。",
    "《为什么？》这本书很好。|你看了吗？",
    "（见第三条。）|下一句。",
    "他（昨天说。）走了。",
    "甲方（以下简称“甲方”）。|乙方",
    "（未关闭的括号。|第二句。|第三句。",
    "“没有关闭的引号。|第二句。",
    '15" 屏幕很好。|他说"好。走。"后离开。',
    "价格是3.5元，见www.x.com.cn和a.b@c.com。|完",
    "第３．２节很好．|下一句",
    "第一条 总则。|第二条 定义",
    "1. 打开文件。|2. 关闭文件。",
    "（一）总则。|a) 说明|",
    "1.2. 概述",
    "iv. 结论",
    "一、总则",
    "今天很好.|明天也好.| 后天呢?|不知道!|好",
    "使用 Python 3.12. |然后部署。",
    "由 Dr. 王和 U.S. 公司的 J. 李 vs. 张 etc. 完成。",
    "成立于 ABC Co., Ltd. 公司。",
    "见 https://a.com/?q=1&b=2!x 和 a != b 一行。",
    "你好！ |再见。",
    "甲；乙；丙。",
    "好，|",
    "真的⁇|假的⁈",
]


@pytest.mark.parametrize("marked", MARKED)
def test_text_is_cut_where_the_bars_are(marked: str) -> None:
    assert segments(marked.replace("|", "")) == [part.strip() for part in marked.split("|") if part]


@pytest.mark.parametrize("text", ["2024-01-01", "。。。", "Hello, world. Bye!", " \u3000", "3.5%", "★", "https://example.com/"])
def test_text_without_a_han_character_is_a_gap(text: str) -> None:
    assert [(piece.text, piece.is_segment) for piece in split(text)] == [(text, False)]


def test_empty_text_has_no_pieces() -> None:
    assert split("") == []


def test_white_space_breaks_and_tabs_live_in_gaps() -> None:
    assert gaps("\u3000\u3000甲。 乙\t丙 \n\n 丁。\u00a0") == ["\u3000\u3000", " ", "\t", " \n\n ", "\u00a0"]


def test_sentence_in_latin_script_between_chinese_ones_is_a_gap() -> None:
    assert [piece.text for piece in split("你好。Hello there. See you! 再见。")] == ["你好。", "Hello there. See you! ", "再见。"]


def test_semicolon_divides_only_a_long_sentence() -> None:
    clause = "我们公司成立于二零零一年，主要从事软件开发，客户遍布全国各地"
    assert segments(f"{clause}；{clause}。") == [f"{clause}；{clause}。"]
    assert segments(f"{clause}；{clause}；{clause}；{clause}；{clause}。") == [
        f"{clause}；{clause}；",
        f"{clause}；{clause}；{clause}。",
    ]


@pytest.mark.parametrize("mark", ["；", "，", "、", " "])
def test_long_sentence_is_cut_behind_the_best_mark_near_its_middle(mark: str) -> None:
    parts = segments(f"{'甲' * 70}{mark}{'乙' * 70}。")
    assert [len(part) for part in parts] == [70 + (mark != " "), 71]


def test_semicolon_is_a_better_place_than_a_comma() -> None:
    assert segments("甲" * 60 + "；" + "乙" * 20 + "，" + "丙" * 70) == ["甲" * 60 + "；", "乙" * 20 + "，" + "丙" * 70]


def test_comma_outside_brackets_is_a_better_place_than_one_inside() -> None:
    parts = segments("甲" * 50 + "，" + "乙" * 15 + "（丙丙，丁丁）" + "戊" * 70)
    assert parts[0] == "甲" * 50 + "，"


def test_long_quote_is_cut_at_the_sentences_inside_it() -> None:
    parts = segments("他说：“" + "今天天气很好，我们去公园吧。" * 20 + "”然后走了。")
    assert len(parts) == 3
    assert all(part.endswith("。") for part in parts)


def test_run_without_punctuation_is_cut_into_equal_parts() -> None:
    assert {len(part) for part in segments("甲" * 2000)} == {117, 118}


def test_latin_word_or_number_is_never_cut() -> None:
    text = "甲" * 100 + "supercalifragilistic1234567890" * 3 + "乙" * 100
    assert any("supercalifragilistic1234567890" * 3 in part for part in segments(text))
    assert [piece.text for piece in split("文字" + "x" * 3000 + "结束")] == ["文字", "x" * 3000, "结束"]


def test_thousands_and_times_are_not_cut() -> None:
    parts = segments("甲" * 115 + "1,234,567元" + "乙" * 100)
    assert any("1,234,567" in part for part in parts)


def test_unbalanced_quote_reaches_no_further_than_the_longest_pair() -> None:
    assert segments("“开始。" + "中间的话。" * 200 + "”")[:2] == ["“开始。", "中间的话。"]
    assert 200 * len("中间的话。") > MAX_PAIR


ALPHABET = st.sampled_from(
    [*"甲乙一AbZ01 \u3000\t\n\r\x85。！？!?．.…，、；：,;“”‘’「」《》（）()\"'[]", "Dr.", "www.a.cn", "甲" * 130, "x" * 500]
)


@given(st.lists(ALPHABET).map("".join))
def test_pieces_join_to_the_text_and_are_what_they_say(text: str) -> None:
    pieces = split(text)
    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text for piece in pieces)
    for piece in pieces:
        assert piece.is_segment == bool(HAN.search(piece.text))
        if piece.is_segment:
            assert piece.text == piece.text.strip()
            assert not set("\n\t\r") & set(piece.text)
    assert not any(not a.is_segment and not b.is_segment for a, b in pairwise(pieces))


@given(st.lists(st.sampled_from([*"甲乙丙，。；、 （）“”", "word", "1,234.5"]), max_size=600).map("".join))
def test_no_segment_is_longer_than_the_limit(text: str) -> None:
    assert all(sum(0.3 if c.isascii() else 1 for c in segment) <= MAX_CHARS + 2 for segment in segments(text))


@pytest.mark.parametrize(
    "unit",
    [
        "今天天气很好，我们去“公园”吧。他说：“好。”第3.5节（见图）。",
        *("甲", "甲乙，", "“甲", "甲。", "甲\n", "（", "甲a. ", "a… ", "1.", "（。）", '甲"。', " ", "x"),
    ],
)
def test_half_a_megabyte_takes_linear_time(unit: str) -> None:
    text = unit * (500_000 // len(unit)) + "甲"
    started = time.perf_counter()
    assert "".join(piece.text for piece in split(text)) == text
    assert time.perf_counter() - started < 5
