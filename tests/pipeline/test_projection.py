"""Inline markup follows the words it lies on."""

from hypothesis import given
from hypothesis import strategies as st

from models.document import Block, Span, SpanKind
from models.segment import Link, Piece
from pipeline.votes import words_of
from pipeline.weave import Woven, needs_alignment, weave

Slot = tuple[str, tuple[int, ...]] | tuple[str, tuple[int, ...], SpanKind]


def block_of(*slots: Slot, movable: bool = True) -> Block:
    """Return a block of slots with their paths and kinds."""
    spans, text = [], ""
    for code, (part, path, *kind) in enumerate(slots):
        spans.append(Span(len(text), len(text) + len(part), code, path, *kind))
        text += part
    return Block(text, tuple(spans), movable)


def linked(source: str, target: str, *pairs: tuple[str, str]) -> list[Link]:
    """Return full links between these substrings."""
    places = [(source.index(ours), len(ours), target.index(theirs), len(theirs)) for ours, theirs in pairs]
    return [Link(start, start + length, place, place + size, 1.0) for start, length, place, size in places]


def woven(block: Block, target: str, *pairs: tuple[str, str]) -> Woven:
    piece = Piece(block.text, is_segment=True)
    return weave(block, [piece], {block.text: target}, {block.text: linked(block.text, target, *pairs)})


def shown(result: Woven) -> list[tuple[int, str]]:
    return [(span.code, result.block.text[span.start : span.end]) for span in result.block.spans]


def test_a_word_that_moves_to_the_front_keeps_its_format() -> None:
    result = woven(block_of(("我们的", ()), ("目标", (1,)), ("是增长。", ())), "Growth is goal of ours.",
                   ("我们", "ours"), ("目标", "goal"), ("是", "is"), ("增长", "Growth"))  # fmt: skip
    assert (1, "goal") in shown(result)
    assert result.placed["我们的目标是增长。"].confidence == 1.0


def test_two_words_that_change_places_change_their_slots() -> None:
    block = block_of(("昨天", (1,)), ("我去", ()), ("北京", (2,)), ("。", ()))
    result = woven(
        block, "I went to Beijing yesterday.", ("昨天", "yesterday"), ("我", "I"), ("去", "went"), ("北京", "Beijing"), ("。", ".")
    )
    assert [(code, text.strip()) for code, text in shown(result) if text.strip()] == [
        (1, "I went to"), (2, "Beijing"), (0, "yesterday"), (3, "."),
    ]  # fmt: skip


def test_slots_that_must_stay_keep_their_order() -> None:
    block = block_of(("昨天", (1,)), ("我去", ()), ("北京", (2,)), ("。", ()), movable=False)
    result = woven(block, "I went to Beijing yesterday.", ("昨天", "yesterday"), ("我", "I"), ("去", "went"), ("北京", "Beijing"))
    assert [code for code, _ in shown(result)] == [0, 1, 2, 3]


def test_a_gap_in_an_element_is_closed_and_a_nested_one_stays_inside() -> None:
    block = block_of(("中国", (1,)), ("最大的", (1, 2)), ("湖", (1,)), ("很美。", ()))
    result = woven(
        block, "The largest fine lake in China is beautiful.", ("中国", "China"), ("最大", "largest"), ("湖", "lake"), ("美", "beautiful")
    )
    inside = "".join(text for span, (_, text) in zip(result.block.spans, shown(result), strict=True) if span.path[:1] == (1,))
    assert inside == "largest fine lake in China"
    assert (1, "largest") in [(code, text.strip()) for code, text in shown(result)]


def test_a_word_that_stands_on_both_sides_needs_no_link() -> None:
    result = woven(block_of(("用", ()), ("Ctrl+S", (1,)), ("保存", ()), ("h2", (2,)), ("。", ())), "Save h2 with Ctrl+S.")
    assert {(1, "Ctrl+S"), (3, "h2")} <= set(shown(result))


def test_a_slot_that_cuts_a_word_of_both_sides_cuts_it_in_the_same_place() -> None:
    result = woven(block_of(("H", ()), ("2", (1,)), ("O是水。", ())), "This is water: H2O.", ("水", "water"))
    assert (1, "2") in shown(result)


def test_marks_and_articles_stay_outside() -> None:
    result = woven(block_of(("打开", ()), ("文件", (1,)), ("。", ())), "Open the file.", ("打开", "Open"), ("文件", "the file."))
    assert (1, "file") in shown(result)


def test_a_mark_that_the_element_has_stays_inside() -> None:
    result = woven(block_of(("注意：", (1,)), ("关机。", ())), "Note: shut down.", ("注意", "Note"), ("关机", "shut down"))
    assert (0, "Note:") in shown(result)


def test_an_anchor_stays_behind_its_word() -> None:
    block = block_of(("术语", ()), ("", (), SpanKind.ANCHOR), ("的", ()), ("定义", (1,)))
    result = woven(block, "definition of the term here", ("术语", "term"), ("定义", "definition"))
    before = result.block.text[: next(span.start for span in result.block.spans if span.code == 1)]
    assert before == "definition of the term"


def test_a_field_takes_its_own_text_or_none() -> None:
    block = block_of(("第", ()), ("3", (), SpanKind.FIELD), ("页", (1,)))
    assert (1, "3") in shown(woven(block, "Page 3", ("页", "Page")))
    assert (1, "") in shown(woven(block, "Page three", ("页", "Page")))


def test_a_field_never_takes_the_words_beside_it() -> None:
    block = block_of(("3", (), SpanKind.FIELD), ("页", ()), movable=False)
    assert shown(woven(block, "Page 3", ("页", "Page"))) == [(0, ""), (1, "Page 3")]


def test_a_segment_in_which_no_slot_takes_text_stays_as_it_is() -> None:
    block = block_of(("一", (), SpanKind.KEPT), ("二", (), SpanKind.KEPT))
    assert woven(block, "one two").block == block


def test_without_links_places_go_by_length_and_the_segment_is_flagged() -> None:
    block = block_of(("甲乙", ()), ("丙丁", (1,)))
    result = weave(block, [Piece(block.text, is_segment=True)], {block.text: "aa bb cc dd"}, {})
    assert [text.strip() for _, text in shown(result)] == ["aa bb", "cc dd"]
    assert result.placed[block.text].is_unsure


def test_an_element_that_no_link_places_goes_by_length_and_leaves_the_others_alone() -> None:
    block = block_of(("甲乙", (1,)), ("丙丁", ()), ("戊己", (2,)))
    result = woven(block, "one two three four six", ("丙丁", "three four"), ("戊己", "six"))
    assert [(code, text.strip()) for code, text in shown(result) if text.strip()] == [(0, "one two"), (1, "three four"), (2, "six")]
    assert result.placed[block.text].is_unsure


def test_an_anchor_without_links_goes_by_length() -> None:
    block = block_of(("甲乙", ()), ("", (), SpanKind.ANCHOR), ("丙丁", ()))
    assert (1, "") in shown(woven(block, "aa bb cc dd"))
    assert next(span.start for span in woven(block, "aa bb cc dd").block.spans if span.code == 1) == len("aa bb")


def test_only_segments_that_slots_cut_need_an_alignment() -> None:
    pieces = [Piece("甲。", is_segment=True), Piece("乙丙。", is_segment=True), Piece("丁。", is_segment=True)]
    assert needs_alignment(block_of(("甲。", ()), ("乙", (1,)), ("丙。丁。", ())), pieces) == {"乙丙。"}


paths = st.sampled_from([(), (), (1,), (1, 2), (3,), (3, 4)])
source_slots = st.lists(st.tuples(st.text(alphabet="甲乙丙丁。，A1", max_size=4), paths), min_size=1, max_size=7)
targets = st.text(alphabet="ab A1.,'()", max_size=40)


def nested(slots: list[tuple[str, tuple[int, ...]]]) -> list[Slot]:
    """Number the elements so that the slots in each stand next to each other; one without text is an anchor."""
    result: list[Slot] = []
    before: tuple[int, ...] = ()
    for number, (text, path) in enumerate(slots):
        shared = next((depth for depth in range(len(path), 0, -1) if [p % 10 for p in before[:depth]] == list(path[:depth])), 0)
        before = before[:shared] + tuple(10 * (number + 1) + element for element in path[shared:])
        result.append((text, before, SpanKind.TEXT if text else SpanKind.ANCHOR))
    return result


@st.composite
def examples(draw: st.DrawFn) -> tuple[Block, str, list[Link]]:
    block = block_of(*nested(draw(source_slots)), movable=draw(st.booleans()))
    target = draw(targets)
    links = []
    if block.text and target:
        for _ in range(draw(st.integers(0, 8))):
            start, place = draw(st.integers(0, len(block.text) - 1)), draw(st.integers(0, len(target) - 1))
            ends = draw(st.integers(start + 1, len(block.text))), draw(st.integers(place + 1, len(target)))
            links.append(Link(start, ends[0], place, ends[1], draw(st.floats(0, 1))))
    return block, target, links


@given(examples())
def test_nothing_is_lost_whatever_the_alignment(example: tuple[Block, str, list[Link]]) -> None:
    block, target, links = example
    pieces = [Piece(block.text, is_segment=True)] if block.text else []
    result = weave(block, pieces, {block.text: target}, {block.text: links}, 0.0).block
    if not any(span.kind is SpanKind.TEXT for span in block.spans):
        target = block.text
    codes = [span.code for span in result.spans]
    assert result.text == (target if pieces else "")
    assert [0, *(span.end for span in result.spans)] == [*(span.start for span in result.spans), len(result.text)]
    assert set(codes) == {span.code for span in block.spans}
    assert codes == sorted(set(codes)) or block.movable
    assert all(codes.count(span.code) == 1 and span.start == span.end for span in result.spans if span.kind is SpanKind.ANCHOR)


@given(examples())
def test_words_are_never_cut_unless_the_source_has_them_cut(example: tuple[Block, str, list[Link]]) -> None:
    block, target, links = example
    result = weave(block, [Piece(block.text, is_segment=True)], {block.text: target}, {block.text: links}, 0.0).block
    if not any(character in block.text for character in "A1"):
        inside = {place for start, end in words_of(target) for place in range(start + 1, end)}
        assert not inside & {span.start for span in result.spans}


@given(examples())
def test_the_slots_of_an_element_stay_together(example: tuple[Block, str, list[Link]]) -> None:
    block, target, links = example
    result = weave(block, [Piece(block.text, is_segment=True)], {block.text: target}, {block.text: links}, 0.0).block
    filled = [span.path for span in result.spans if span.end > span.start]
    for prefix in {path[: depth + 1] for path in filled for depth in range(len(path))}:
        inside = [path[: len(prefix)] == prefix for path in filled]
        assert sum(inside) == len(inside) - inside.index(True) - inside[::-1].index(True)
