from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.document import Block, ReadOptions
from models.errors import CorruptDocumentError, DocumentTooLargeError, EmptyFileError
from parsers.subtitles import MAX_BYTES, SubtitleParser
from tests.parsers.pseudo import retold, slotwise

DATA = Path(__file__).parents[1] / "data" / "subtitles"
CUE = "1\n00:00:01,000 --> 00:00:02,000\n"
VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\n"


def blocks(source: str) -> list[Block]:
    return list(SubtitleParser().read(source.encode()).blocks)


def texts(source: str) -> list[str]:
    return [block.text for block in blocks(source)]


def write(source: str, *targets: str) -> str:
    """Write a file whose blocks have one slot of text each."""
    told = [retold(block, [target]) for block, target in zip(blocks(source), targets, strict=True)]
    return SubtitleParser().write(source.encode(), told, "en").decode()


@pytest.mark.parametrize("name", ["film.srt", "talk.vtt"])
def test_subtitles_are_translated_as_the_golden_file_shows(name: str, golden: Callable[[Path, bytes], None]) -> None:
    data = (DATA / name).read_bytes()
    golden(DATA / "expected" / name, SubtitleParser().write(data, [slotwise(block) for block in SubtitleParser().read(data).blocks], "en"))


@pytest.mark.parametrize("name", ["film.srt", "talk.vtt"])
def test_file_without_a_changed_cue_comes_back_byte_for_byte(name: str) -> None:
    data = (DATA / name).read_bytes()
    assert SubtitleParser().write(data, SubtitleParser().read(data).blocks, "en") == data


def test_lines_of_a_cue_are_one_sentence() -> None:
    assert texts(CUE + "很久很久\n以前\n\n2\n00:00:03,000 --> 00:00:04,000\n在 the\nfarm\n") == ["很久很久以前", "在 the farm"]


def test_speakers_of_a_dialogue_are_blocks_of_their_own_and_keep_their_dashes() -> None:
    source = CUE + "- 你来了？\n－我来\n了。\n"
    assert texts(source) == ["你来了？", "我来了。"]
    assert write(source, "You?", "Me.") == CUE + "- You?\n－Me.\n"


def test_long_translation_is_broken_into_lines_of_about_the_same_length() -> None:
    written = write(CUE + "甲\r\n乙\r\n", "Once upon a time, in a land that was far away from here, there lived a fox.")
    assert written == CUE + "Once upon a time, in a land that was\r\nfar away from here, there lived a fox.\r\n"


def test_number_of_the_next_cue_is_no_text_but_a_number_that_is_said_is() -> None:
    second = "2\n00:00:03,000 --> 00:00:04,000\n"
    assert texts(CUE + "一九八四\n\n" + second + "1984\n") == ["一九八四", "1984"]
    assert texts(CUE + second + "乙") == ["乙"]


def test_blank_line_inside_a_cue_of_subrip_does_not_hide_what_follows() -> None:
    assert texts(CUE + "甲\n\n乙\n\n2\n00:00:03,000 --> 00:00:04,000\n丙\n") == ["甲", "乙", "丙"]


def test_notes_styles_and_names_of_cues_stay() -> None:
    assert texts("WEBVTT 题\n\nNOTE 注\n\n名\n00:01.000 --> 00:02.000 line:0\n甲\n\nNOTE\n注\n") == ["甲"]


def test_tags_are_slots_that_can_move() -> None:
    source = VTT + "他<b>昨天</b>来<i>了</i>"
    (block,) = blocks(source)
    assert [span.path != () for span in block.spans] == [False, True, False, True]
    assert block.movable
    moved = retold(block, [(0, "He "), (3, "came"), (2, " "), (1, "yesterday")])
    assert SubtitleParser().write(source.encode(), [moved], "en").decode() == VTT + "He <i>came</i> <b>yesterday</b>"


def test_tags_that_do_not_nest_keep_their_order() -> None:
    source = CUE + "<i>甲<b>乙</i>丙</b>"
    (block,) = blocks(source)
    assert not block.movable
    told = retold(block, ["a ", "b ", "c"])
    assert SubtitleParser().write(source.encode(), [told], "en").decode() == CUE + "<i>a <b>b </i>c</b>"


def test_signs_are_escaped_in_webvtt_and_arrows_cannot_end_a_cue() -> None:
    assert texts(VTT + "甲 &amp; 乙") == ["甲 & 乙"]
    assert write(VTT + "甲", "a < b & c --> d") == VTT + "a &lt; b &amp; c --&gt; d"
    assert write(CUE + "甲", "a --> b & c") == CUE + "a -> b & c"


def test_encoding_is_kept_where_that_is_wanted() -> None:
    data = (CUE + "我们的公司").encode("gb18030")
    told = [retold(SubtitleParser().read(data).blocks[0], ["us"])]
    assert SubtitleParser().write(data, told, "en", ReadOptions(keep_encoding=True)) == (CUE + "us").encode()


def test_files_that_are_no_subtitles_are_refused() -> None:
    with pytest.raises(EmptyFileError):
        texts("")
    with pytest.raises(CorruptDocumentError, match="no cue"):
        texts("甲乙丙")
    with pytest.raises(DocumentTooLargeError, match="20 MB"):
        SubtitleParser().read(b" " * (MAX_BYTES + 1))


def test_blocks_of_another_file_are_refused() -> None:
    with pytest.raises(ValueError, match="slots"):
        SubtitleParser().write((CUE + "甲<b>乙</b>").encode(), blocks(CUE + "甲"), "en")


@given(
    st.lists(
        st.sampled_from(
            ["甲", "乙\n", "\n", "<i>", "</i>", "<b>", "</b>", "- ", "{\\an8}", " ", "3\n00:01.000 --> 00:02.000\n", "&lt;", "<"]
        )
    )
)
def test_any_file_comes_back_when_nothing_changed_and_keeps_its_tags_otherwise(pieces: list[str]) -> None:
    for head in (CUE, VTT):
        data = (head + "".join(pieces)).encode()
        read = SubtitleParser().read(data).blocks
        assert SubtitleParser().write(data, read, "en") == data
        written = SubtitleParser().write(data, [slotwise(block) for block in read], "en").decode()
        assert "".join(unescape(written).replace("[", "").replace("]", "").split()) == "".join(unescape(data.decode()).split())
