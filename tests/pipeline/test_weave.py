from hypothesis import given
from hypothesis import strategies as st

from models.document import Block, Span
from models.segment import Piece
from pipeline.segmenter import split
from pipeline.weave import weave


def block_of(*slots: str) -> Block:
    """Return a block whose slots hold these texts."""
    spans, offset = [], 0
    for code, text in enumerate(slots):
        spans.append(Span(offset, offset + len(text), code))
        offset += len(text)
    return Block("".join(slots), tuple(spans))


def slots_of(block: Block) -> list[str]:
    return [block.text[span.start : span.end] for span in block.spans]


def woven(slots: list[str], **translations: str) -> list[str]:
    block = block_of(*slots)
    return slots_of(weave(block, split(block.text), translations, {}).block)


def test_a_slot_that_is_the_whole_segment_holds_the_whole_translation() -> None:
    assert woven(["今天很好。"], **{"今天很好。": "Today is fine."}) == ["Today is fine."]


def test_slots_keep_their_order_and_cut_between_words() -> None:
    slots = woven(["我们的", "目标", "是增长。"], **{"我们的目标是增长。": "Our goal is growth."})
    assert "".join(slots) == "Our goal is growth."
    assert all(text.strip() for text in slots)
    assert [word for text in slots for word in text.split()] == ["Our", "goal", "is", "growth."]


def test_the_blank_beside_a_marked_word_stays_outside_it() -> None:
    slots = woven(
        ["请仔细阅读", "说明", "然后再开始安装。"], **{"请仔细阅读说明然后再开始安装。": "Read the guide and then start the installation."}
    )
    assert slots[1] == slots[1].strip()
    assert slots[1]


def test_a_latin_word_that_stands_on_both_sides_keeps_its_slot() -> None:
    slots = woven(
        ["使用", "Python", "编写程序的人越来越多。"],
        **{"使用Python编写程序的人越来越多。": "More and more people write programs in Python today."},
    )
    assert slots[1] == "Python"


def test_sentences_get_the_blank_that_chinese_lacks() -> None:
    slots = woven(["你好。再见。"], **{"你好。": "Hello.", "再见。": "Goodbye."})
    assert slots == ["Hello. Goodbye."]


def test_breaks_tabs_and_indentation_stay_exactly() -> None:
    slots = woven(["　　你好。", "\n", "再见。", "\t", " 走吧。"], **{"你好。": "Hello.", "再见。": "Bye.", "走吧。": "Go."})
    assert slots == ["　　Hello.", "\n", "Bye.", "\t", " Go."]


def test_a_segment_without_translation_keeps_its_source() -> None:
    assert woven(["你", "好。再见。"], **{"再见。": "Bye."}) == ["你", "好。 Bye."]


def test_a_block_without_slots_is_plain_text() -> None:
    assert weave(Block("你好。", ()), split("你好。"), {"你好。": "Hello."}, {}).block == Block("Hello.", ())


def test_every_slot_with_text_keeps_a_word_while_there_are_enough() -> None:
    slots = woven(["甲", "乙", "丙", "丁。"], **{"甲乙丙丁。": "one two three four"})
    assert [text.strip() for text in slots] == ["one", "two", "three", "four"]


def test_more_slots_than_words_lose_nothing() -> None:
    slots = woven(["甲", "乙", "丙。"], **{"甲乙丙。": "word"})
    assert "".join(slots) == "word"


chinese = st.text(alphabet="甲乙丙。，“” \n\tA1", max_size=12)
english = st.text(alphabet="abc .,1A", max_size=30)


@given(st.lists(chinese, max_size=6), st.lists(english, min_size=1, max_size=4))
def test_slots_always_tile_the_translation_and_keep_their_codes(slots: list[str], targets: list[str]) -> None:
    block = block_of(*slots)
    pieces = split(block.text)
    translations = {piece.text: targets[index % len(targets)] for index, piece in enumerate(pieces) if piece.is_segment}
    result = weave(block, pieces, translations, {}).block
    assert [span.code for span in result.spans] == [span.code for span in block.spans]
    assert "".join(slots_of(result)) == (result.text if result.spans else "")
    assert all(before.end == after.start for before, after in zip(result.spans, result.spans[1:], strict=False))


@given(st.lists(chinese, max_size=6))
def test_identity_translation_changes_nothing(slots: list[str]) -> None:
    block = block_of(*slots)
    pieces = [Piece(piece.text, is_segment=True) for piece in split(block.text)]
    assert weave(block, pieces, {}, {}).block == block


def test_a_number_that_the_translation_lost_leaves_its_slot_empty() -> None:
    slots = woven(["第 ", "1", " 页，共 ", "12", " 页"], **{"第 1 页，共 12 页": "For more information"})
    assert "".join(slots) == "For more information"
    assert slots[1] == slots[3] == ""


def test_page_numbers_keep_their_slots_even_when_they_are_the_same() -> None:
    slots = woven(["第 ", "1", " 页，共 ", "1", " 页"], **{"第 1 页，共 1 页": "Page 1 of 1 page"})
    assert [slots[1], slots[3]] == ["1", "1"]


def test_a_sign_at_the_end_never_takes_a_word() -> None:
    slots = woven(["总部设在上海", "①"], **{"总部设在上海①": "The head office is in Shanghai"})
    assert slots == ["The head office is in Shanghai", ""]
