"""What English wants of signs that Chinese leaves behind, once the words around them are English."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from models.document import Block
from parsers.splicing import Edit
from parsers.word_names import HAN

_SIGNS: Final = {
    **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    "　": " ",
    "。": ".",
    "、": ",",
    "【": "[",
    "】": "]",
    "〔": "[",
    "〕": "]",
    "〈": "‘",
    "〉": "’",
    "《": "“",
    "》": "”",
    "「": "“",
    "」": "”",
    "『": "‘",
    "』": "’",
    "——": "—",
    "……": "…",
}
_SIGN = re.compile("|".join(map(re.escape, sorted(_SIGNS, key=len, reverse=True))))
_WORD = re.compile(r"[^\W_]")
_BRACKETS: Final = dict(zip("（【〔〈《「『［｛", "）】〕〉》」』］｝", strict=True))
_SPACE_BEFORE = frozenset("([“‘")
_SPACE_BEHIND = frozenset(".,;:!?)]”’")
_TIGHT_BEFORE = frozenset("([“‘\"'/\u2014-")
_TIGHT_BEHIND = frozenset(".,;:!?)]”’\"'/\u2014-%…") | frozenset("，。；：！？、）】》」』") | _BRACKETS.keys()
_NUMERIC = frozenset(".,:")  # tight between digits
_REACH = 40  # characters to look for a word on either side


def english(block: Block) -> Block:
    """Return `block` with half-width signs for full-width ones, and the blanks that go with them, where no Chinese stands next to them."""
    edits = list(_edits(block.text))
    if not edits:
        return block
    parts, position = [], 0
    for start, end, text in edits:
        parts += [block.text[position:start], text]
        position = end
    spans = tuple(replace(span, start=_moved(span.start, edits), end=_moved(span.end, edits)) for span in block.spans)
    return replace(block, text="".join([*parts, block.text[position:]]), spans=spans)


def half_width(text: str) -> str:
    """Return `text` with half-width signs for full-width ones, and no blanks added."""
    return _SIGN.sub(lambda match: _SIGNS[match[0]], text)


def _edits(text: str) -> Iterator[Edit]:
    signs = list(_SIGN.finditer(text))
    staying = {place for place, match in enumerate(signs) if not _is_among_english(text, *match.span())}
    for pair in _pairs([match[0] for match in signs]):
        if staying.intersection(pair):  # a bracket stays with its other half
            staying.update(pair)
    for place, match in enumerate(signs):
        start, end = match.span()
        is_indent = match[0] == "　" and not text[:start].strip()
        if place not in staying and not is_indent:
            yield start, end, _fitted(_SIGNS[match[0]], text[start - 1 : start] if start else "", text[end : end + 1])


def _pairs(signs: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the places of brackets that belong together."""
    waiting: list[int] = []
    for place, sign in enumerate(signs):
        if sign in _BRACKETS:
            waiting.append(place)
        elif waiting and sign == _BRACKETS[signs[waiting[-1]]]:
            yield waiting.pop(), place


def _is_among_english(text: str, start: int, end: int) -> bool:
    """Tell whether the nearest words, of which there is one at least, are not Chinese."""
    if HAN.match(text, start - 1) or HAN.match(text, end):
        return False
    before = _WORD.search(text[max(0, start - _REACH) : start][::-1])
    after = _WORD.search(text, end, end + _REACH)
    words = [found[0] for found in (before, after) if found]
    return bool(words) and not any(HAN.match(word) for word in words)


def _fitted(sign: str, before: str, after: str) -> str:
    """Return a sign with the blanks that English sets around it."""
    if before.isdigit() and after.isdigit() and sign in _NUMERIC:
        return sign
    if sign in _SPACE_BEFORE and before and not before.isspace() and before not in _TIGHT_BEFORE:
        return f" {sign}"
    if sign in _SPACE_BEHIND and after and not after.isspace() and after not in _TIGHT_BEHIND:
        return f"{sign} "
    return sign


def _moved(place: int, edits: Sequence[Edit]) -> int:
    return place + sum(len(text) - (end - start) for start, end, text in edits if end <= place)
