"""Paragraphs of plain text that are wrapped at a column: which lines belong together, and how a translation is wrapped again.

Nothing in a text file says that a newline is only a wrapped line. It is taken for one where most lines that another line follows end
near the same column, this line does too, and the first word of the next line would not have fitted behind it. Lists, tables, verse and
files of one line a paragraph fail one of these, and their lines stay apart.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from textwrap import wrap

from parsers.whitespace import is_wide

MIN_COLUMN = 40  # of a terminal, in which a Chinese character takes two
MAX_COLUMN = 200
SLACK = 6  # columns by which lines differ because some marks must not start a line
MIN_FULL_LINES = 2
MIN_FULL_SHARE = 0.6  # of the lines that another line follows

_MARK = re.compile(r"(?:[-*+•·●○◆■□▪①-⑳>]\s+|#{1,6}\s+|\(?\d{1,3}[.)]\s+)+(?=\S)")
_HEAD = re.compile(r"[(（]?(?:\d{1,3}|[一二三四五六七八九十]{1,3}|[a-zA-Z])[.)）、．]|第\w{1,5}[章节条款]|[#>|]")
_TABLE = re.compile(r"\S(?: {3,}|\t)\S|[─-╿|]")
_WORD = re.compile(r"[^\s\u2e80-\uffff]+|\S")


@dataclass(frozen=True, slots=True)
class Line:
    """The range of a line's text in the file, without the white space around it and the `mark` of a list before it.

    `indent` is the white space before the mark, `newline` what ends the line.
    """

    start: int
    end: int
    text: str
    indent: str
    mark: str
    newline: str

    @property
    def begins_item(self) -> bool:
        """Whether the line begins something that it says itself, as an item of a list or an article of a law."""
        return self.mark != "" or _HEAD.match(self.text) is not None


def width(text: str) -> int:
    """Return how many columns a text takes."""
    return sum(1 + is_wide(c) for c in text)


def paragraphs(lines: Sequence[Line | None]) -> tuple[list[list[Line]], int]:
    """Return the lines of each paragraph, and the column they are wrapped at, 0 where none are; None stands for a blank line."""
    column = _column(lines)
    groups: list[list[Line]] = []
    before: Line | None = None
    for line in lines:
        if line and before and column and _continues(before, line, column):
            groups[-1].append(line)
        elif line:
            groups.append([line])
        before = line
    return groups, column


def rewrapped(text: str, lines: Sequence[Line], column: int) -> str:
    """Return a paragraph's new text, wrapped at the column it was wrapped at; the first line's indentation stays in the file."""
    first, second = lines[0], lines[1]
    room = [max(column - width(line.indent + line.mark), MIN_COLUMN // 2) for line in (first, second)]
    start = " " * max(room[1] - room[0], 0)  # the room that the first line lacks
    wrapped = wrap(start + text.strip(), room[1], break_long_words=False, break_on_hyphens=False, drop_whitespace=True) or [""]
    return (first.newline + second.indent).join([wrapped[0].strip(), *wrapped[1:]])


def _column(lines: Sequence[Line | None]) -> int:
    """Return the column that most lines which another line follows end at, 0 where there is none."""
    widths = sorted(_right_edge(line) for line, after in pairwise(lines) if line and after and not after.begins_item)
    ends = ((bisect_right(widths, edge) - bisect_left(widths, edge - SLACK), edge) for edge in set(widths))
    count, edge = max(ends, default=(0, 0))
    wanted = max(MIN_FULL_LINES, MIN_FULL_SHARE * len(widths))
    return edge if count >= wanted and MIN_COLUMN <= edge <= MAX_COLUMN else 0


def _continues(before: Line, line: Line, column: int) -> bool:
    """Tell whether `line` goes on with the sentence of the line above."""
    if line.begins_item or _TABLE.search(before.text) or _TABLE.search(line.text) or not _hangs(before, line):
        return False
    edge = _right_edge(before)
    return edge <= column + SLACK and edge + max(SLACK, _first_word(before, line)) > column


def _hangs(before: Line, line: Line) -> bool:
    """Tell whether a line is indented as one that goes on: no more than the line above, or as the text behind its list mark."""
    indent, above = width(line.indent), width(before.indent)
    return indent <= above or indent == above + width(before.mark)


def _first_word(before: Line, line: Line) -> int:
    """Return the columns that the first word of a line would have taken on the line above."""
    word = _WORD.match(line.text)
    return width(word[0]) + (not is_wide(before.text[-1])) if word else 0


def _right_edge(line: Line) -> int:
    """Return the column at which a line ends."""
    return width(line.indent + line.mark + line.text)


def split_lines(text: str, *, marks: bool = True) -> Iterator[Line | None]:
    """Yield the lines of a text, None for a blank one; without `marks` those of lists are part of the text."""
    start = 0
    for match in re.finditer(r"\r\n|\r|\n|\Z", text):
        line = text[start : match.start()]
        stripped = line.strip()
        lead = len(line) - len(line.lstrip())
        found = _MARK.match(stripped) if marks else None
        mark = found[0] if found else ""
        end = start + lead + len(stripped)
        yield Line(start + lead + len(mark), end, stripped[len(mark) :], line[:lead], mark, match[0]) if stripped else None
        start = match.end()
