"""Texts that differ in nothing but letter case, width or script made equal, character by character."""

from functools import cache

import opencc

_FULL_WIDTH = range(0xFF01, 0xFF5F)
_TO_HALF_WIDTH = 0xFF01 - 0x21
_IDEOGRAPHIC_SPACE = 0x3000
_CASED = (range(0x41, 0x2C00), range(0x10400, 0x10450))  # Latin, Greek, Cyrillic and their neighbours
_HAN = range(0x3400, 0xA000)


@cache
def folding_table(*, width: bool, script: bool) -> dict[int, int]:
    """Return a table for `str.translate` that puts letters in lower case, and on request full width to half, traditional to simplified.

    It maps one character to one, so that places in the folded text are places in the text.
    """
    table = {code: ord(lower) for codes in _CASED for code in codes if len(lower := chr(code).lower()) == 1 and lower != chr(code)}
    table |= {code: ord(chr(code).lower()) for code in _FULL_WIDTH if chr(code).lower() != chr(code)}
    if width:
        table |= {code: ord(chr(code - _TO_HALF_WIDTH).lower()) for code in _FULL_WIDTH} | {_IDEOGRAPHIC_SPACE: ord(" ")}
    if script:
        table |= _simplified()
    return table


def _simplified() -> dict[int, int]:
    """Return each traditional character with its simplified one, after OpenCC's table of characters."""
    characters = [chr(code) for code in _HAN]
    # One to a line: no phrase of the library's dictionary spans two.
    simplified = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")
    return {ord(old): ord(new) for old, new in zip(characters, simplified, strict=True) if old != new}
