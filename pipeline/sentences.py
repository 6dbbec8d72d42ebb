"""Where the sentences of a line of Chinese end."""

import re
from collections.abc import Iterator, Mapping

from pipeline.punctuation import (
    ABBREVIATIONS,
    CLOSERS,
    CONTINUING,
    FULL_STOPS,
    HAN,
    OPENING,
    OPENING_QUOTES,
    ROUND_BRACKETS,
    STOPS,
    WIDE,
    pairs,
)

MIN_BEFORE_ELLIPSIS = 4  # Han characters; fewer are a hesitation (我……我不知道), not a sentence
ELLIPSIS_WINDOW = 40  # characters

_MARK = re.compile("[" + re.escape("".join(sorted({*OPENING, *OPENING_QUOTES, *STOPS}))) + "]")
_NOT_SPACE = re.compile(r"\S")
_LIST_MARKER = re.compile(r"[（(]?(?:[\d.]+|[A-Za-z]|[ivxIVX]{1,4})")
_LATIN_WORD = re.compile(r"[A-Za-z.]+\Z")
_LONGEST_WORD = 12


def sentence_ends(line: str) -> Iterator[int]:
    """Yield the offset behind each sentence of `line`, its closing marks included; the last is the end of the line.

    A pair of quotes or brackets is passed over whole. A quote that ends in a stop ends the sentence only before another quote, since what
    follows is mostly its speaker (`“这是对的。”他说。`); a bracket does where it makes up the sentence.
    """
    if not _MARK.search(line):
        yield len(line)
        return
    paired = pairs(line)
    start, position, ended = _skip_space(line, 0), 0, 0
    while match := _MARK.search(line, position):
        mark = match.start()
        if mark in paired:
            position = paired[mark] + 1
            ends = _pair_ends_sentence(line, start, mark, position)
        elif line[mark] in STOPS:
            position = _behind_stops(line, mark, paired)
            ends = _stop_ends_sentence(line, start, mark, position)
        else:
            position = mark + 1
            continue
        if ends:
            yield position
            start, ended = _skip_space(line, position), position
    if ended < len(line):
        yield len(line)


def _pair_ends_sentence(line: str, start: int, mark: int, end: int) -> bool:
    """Tell whether the sentence from `start` ends with the pair in line[mark:end]."""
    if end == len(line) or line[mark : end - 1].rstrip("".join(CLOSERS))[-1:] not in STOPS:
        return False
    if line[mark] in OPENING_QUOTES:
        return _next(line, end) in OPENING_QUOTES
    return line[mark] in ROUND_BRACKETS and start == mark and _next(line, end) not in STOPS | CONTINUING


def _behind_stops(line: str, position: int, paired: Mapping[int, int]) -> int:
    """Return the offset behind a run of stops and of closing marks that open no pair."""
    while position < len(line) and (line[position] in STOPS or (line[position] in CLOSERS and position not in paired)):
        position += 1
    return position


def _stop_ends_sentence(line: str, start: int, mark: int, end: int) -> bool:
    """Tell whether the sentence from `start` ends with the stops in line[mark:end]."""
    stops, following = line[mark:end], line[end : end + 1]
    if following in CONTINUING:
        return False
    if not FULL_STOPS.isdisjoint(stops):
        return True
    if stops[0] == "…" or stops.startswith(".."):
        return _stands_free(following) and len(HAN.findall(line, max(start, mark - ELLIPSIS_WINDOW), mark)) >= MIN_BEFORE_ELLIPSIS
    if stops[0] in "!?":
        return _stands_free(following)
    return _dot_ends_sentence(line, start, mark, end)


def _dot_ends_sentence(line: str, start: int, mark: int, end: int) -> bool:
    """Tell whether the sentence from `start` ends with a single dot at `mark`, and not a number, a name or an abbreviation."""
    before, following = line[mark - 1 : mark], line[end : end + 1]
    if mark - start <= _LONGEST_WORD and _LIST_MARKER.fullmatch(line, start, mark):
        return False
    if line[mark] == "．" or HAN.match(before):
        return _stands_free(following) and not before.isdigit()
    word = _LATIN_WORD.search(line[max(start, mark - _LONGEST_WORD) : mark])
    if not following.isspace() or (word and (len(word[0]) == 1 or word[0].lower() in ABBREVIATIONS)):
        return False
    after = _next(line, end)
    return after.isupper() or after in OPENING or bool(HAN.match(after))


def _stands_free(following: str) -> bool:
    """Tell whether a stop before `following` is no part of a word, a number or a formula."""
    return not following or following.isspace() or bool(WIDE.match(following)) or following in OPENING_QUOTES


def _next(line: str, position: int) -> str:
    """Return the next character that is not white space, empty at the end of the line."""
    position = _skip_space(line, position)
    return line[position : position + 1]


def _skip_space(line: str, position: int) -> int:
    """Return the offset of the next character that is not white space."""
    match = _NOT_SPACE.search(line, position)
    return match.start() if match else len(line)
