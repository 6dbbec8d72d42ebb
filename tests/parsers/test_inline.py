"""Inline markup taken apart and put together in another order."""

import re
from html import escape, unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.document import Block, SpanKind
from parsers.inline import Atom, Inline, Kind, collapsed
from tests.parsers.pseudo import parts, retold

_TOKEN = re.compile(r"<(/?)(\w+)(/?)>|([^<]+)")


def inline(source: str) -> Inline:
    """Return the atoms of tags without attributes; `<x/>` is an anchor, `<code/>` one that reads as a word, `<br/>` a break."""
    atoms = []
    for match in _TOKEN.finditer(source):
        end, name, empty, text = match.groups()
        if text:
            atoms.append(Atom(Kind.TEXT, text, unescape(text)))
        elif empty:
            kind = Kind.BREAK if name == "br" else Kind.ANCHOR
            atoms.append(Atom(kind, match[0], "\n" if name == "br" else "", is_word=name == "code"))
        else:
            atoms.append(Atom(Kind.CLOSE if end else Kind.OPEN, match[0], name=name))
    return Inline(collapsed(atoms))


def written(source: str, *told: str | tuple[int, str]) -> str:
    made = inline(source)
    return made.render(retold(made.block, list(told)), escape)


def test_slots_know_the_elements_around_them() -> None:
    block = inline("甲<b>乙<i>丙</i></b><x/><br/>丁").block
    assert parts(block) == ["甲", "乙", "丙", "", "\n", "丁"]
    assert [len(span.path) for span in block.spans] == [0, 1, 2, 0, 0, 0]
    assert [span.kind for span in block.spans][3:5] == [SpanKind.ANCHOR, SpanKind.BREAK]


def test_element_without_text_is_an_anchor_with_its_tags() -> None:
    assert parts(inline("甲<a></a>").block) == ["甲", ""]
    assert written("甲<a></a>乙", (2, "b "), (1, ""), (0, "a")) == "b <a></a>a"


def test_element_that_comes_apart_is_copied() -> None:
    made = inline("甲<b>乙</b>")
    told = retold(made.block, [(1, "x"), (0, " a "), (1, "y")])
    assert made.render(told, escape, lambda tag: tag.replace("<b", "<b copy")) == "<b>x</b> a <b copy>y</b>"


def test_blanks_at_the_ends_of_an_element_go_outside() -> None:
    assert written("甲<b>乙</b>丙", "a", " b ", "c") == "a <b>b</b> c"


def test_unchanged_text_keeps_its_source_and_new_text_is_escaped() -> None:
    assert written("&#65;<b>甲</b>", "A", "a<b") == "&#65;<b>a&lt;b</b>"


def test_element_that_lost_its_text_stays_and_text_beside_it_does_not_keep_one_open() -> None:
    assert written("甲<b>乙</b>", "a", "") == "a<b></b>"
    assert written("<b>甲<i>乙</i></b>", "", "b") == "<b><i>b</i></b>"


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (("see", "", "now"), "see <code/> now"),
        (("see ", "", ", now"), "see <code/>, now"),
        (("(", "", ")"), "(<code/>)"),
        (("", "", "。"), "<code/>。"),
    ],
)
def test_word_that_is_kept_has_the_spaces_of_english(told: tuple[str, ...], wanted: str) -> None:
    assert written("甲<code/>乙", *told) == wanted


def test_markup_that_does_not_nest_keeps_its_order() -> None:
    assert not inline("<i>甲<b>乙</i>丙</b>").block.movable
    assert written("<i>甲<b>乙</i>丙</b>", "a", "b", "c") == "<i>a<b>b</i>c</b>"


@pytest.mark.parametrize("told", [[0], [0, 1, 1], [1, 1, 0]])
def test_block_without_every_slot_or_with_an_anchor_twice_is_refused(told: list[int]) -> None:
    made = inline("甲<x/>")
    with pytest.raises(ValueError, match="slots"):
        made.render(retold(made.block, [(code, "") for code in told]), escape)


SOURCES = st.recursive(
    st.sampled_from(["甲", "乙 ", "<x/>", "<br/>", "<code/>"]),
    lambda inner: st.lists(inner, max_size=4).map("".join) | inner.map("<b>{}</b>".format) | inner.map("<i>{}</i>".format),
    max_leaves=12,
)


@given(SOURCES, st.data())
def test_slots_in_any_order_give_well_nested_markup_with_each_anchor_once(source: str, data: st.DataObject) -> None:
    made = inline(source)
    block: Block = made.block
    codes = data.draw(st.permutations(range(len(block.spans))))
    result = made.render(retold(block, [(code, parts(block)[code]) for code in codes]), escape)
    stack: list[str] = []
    for end, name, empty, _ in _TOKEN.findall(result):
        if end:
            assert stack.pop() == name
        elif name and not empty:
            stack.append(name)
    assert stack == []
    for anchor in ("<x/>", "<br/>", "<code/>"):
        assert result.count(anchor) == source.count(anchor)
    assert result.count("甲") == source.count("甲")
