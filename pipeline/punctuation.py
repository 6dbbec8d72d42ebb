"""The marks of Chinese and English text and what they do to a sentence, as data."""

import re
from collections import defaultdict

MAX_PAIR = 400  # characters from an opening quote or bracket to its end; beyond, it counts as unbalanced

_HAN = "\u2e80-\u2fdf\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
HAN = re.compile(f"[{_HAN}]")
WIDE = re.compile(f"[{_HAN}\u3000-\u30ff\uff00-\uffef“”‘’…—]")

# Each mark with the kind of pair it belongs to; a bracket may be opened full-width and closed half-width.
OPENING = dict(zip("“‘「『《〈（(【〔［[", "”’」』》〉))】〕]]", strict=True))
CLOSING = dict(zip("”’」』》〉）)】〕］]", "”’」』》〉))】〕]]", strict=True))
STRAIGHT_QUOTE = '"'
OPENING_QUOTES = frozenset('“‘「『"')
ROUND_BRACKETS = frozenset("（(")
CLOSERS = frozenset([*CLOSING, '"', "'"])

FULL_STOPS = frozenset("。｡！？⁇⁈⁉‼")  # end a sentence whatever stands around
WEAK_STOPS = frozenset("!?．.…")  # end one only in the right surroundings
STOPS = FULL_STOPS | WEAK_STOPS
CONTINUING = frozenset("，、；：,;:")  # behind a stop, these carry the sentence on

ABBREVIATIONS = frozenset(
    [
        *("mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "gen", "col", "sgt", "capt", "rev", "hon", "pres", "gov", "sen", "rep"),
        *("vs", "etc", "e.g", "i.e", "cf", "al", "fig", "figs", "no", "nos", "vol", "ch", "sec", "pp", "ed", "eds", "ver", "approx", "est"),
        *("inc", "ltd", "co", "corp", "llc", "bros", "dept", "univ", "a.m", "p.m", "ph.d", "b.c", "a.d", "u.s", "u.k", "u.n", "u.s.a"),
        *("jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec"),
    ]
)

_PAIRED = re.compile("[" + re.escape("".join([*OPENING, *CLOSING, STRAIGHT_QUOTE])) + "]")


def pairs(line: str) -> dict[int, int]:
    """Return the offset of the closing mark for that of each opening quote or bracket of `line` that is balanced."""
    found: dict[int, int] = {}
    waiting: dict[str, list[int]] = defaultdict(list)
    for match in _PAIRED.finditer(line):
        mark, offset = match[0], match.start()
        if mark in OPENING:
            waiting[OPENING[mark]].append(offset)
            continue
        starts = waiting[CLOSING.get(mark, mark)]
        start = starts.pop() if starts else None
        if start is not None and offset - start <= MAX_PAIR:
            found[start] = offset
        elif mark == STRAIGHT_QUOTE and not line[offset - 1 : offset].isdigit():  # not an inch
            starts.append(offset)
    return found
