"""Subtitles: SubRip (.srt) and WebVTT (.vtt). Only the text of the cues changes; numbers, times, settings, notes and styles stay."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape as escape_html
from html import unescape
from itertools import pairwise
from math import ceil

from models.document import DEFAULT_OPTIONS, Block, Document, ReadOptions
from models.errors import CorruptDocumentError, DocumentTooLargeError
from parsers.encoding import DecodedText, decode
from parsers.inline import Atom, Inline, Kind, collapsed
from parsers.text import encoded
from parsers.wrapping import Line, split_lines, width

MAX_BYTES = 20_000_000
LINE_WIDTH = 42  # columns, the usual limit for subtitles in Latin script

_TIMES = re.compile(r"(?:\d+:)?\d+:\d+[.,]\d+\s*-->\s*(?:\d+:)?\d+:\d+[.,]\d+")
_NUMBER = re.compile(r"\d+")
_DIALOGUE = re.compile(r"[-–—－]\s*(?=\S)")
_MARKUP = re.compile(
    r"(?P<anchor><[\d:.]+>|</?v\b[^<>]*>|\{\\[^{}]*\}|<rt>.*?</rt>)|</(?P<close>[a-zA-Z]+)[^<>]*>|<(?P<open>[a-zA-Z]+)[^<>]*>",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class _Cue:
    """One utterance: lines of a cue that belong together, between two places of the file."""

    start: int
    end: int
    newline: str
    inline: Inline


class SubtitleParser:
    """Reads each cue as a block, or each of its lines where they are a dialogue; breaks a translation into lines of its own.

    The output is in UTF-8, or with `keep_encoding` in the encoding of the file. No language stands in such a file.
    """

    def read(self, data: bytes, options: ReadOptions = DEFAULT_OPTIONS) -> Document:  # noqa: ARG002 - none chooses the blocks
        """Return the cues of the file.

        Raises:
            CorruptDocumentError: there are no times of cues in it.
        """
        return Document(tuple(cue.inline.block for cue in _cues(_decode(data).text)))

    def write(self, data: bytes, blocks: Sequence[Block], lang: str, options: ReadOptions = DEFAULT_OPTIONS) -> bytes:  # noqa: ARG002 - no language stands in the file
        """Return the file with its cues replaced; the very same bytes where none changed.

        Raises:
            ValueError: the blocks are not those of this file.
        """
        decoded = _decode(data)
        escape = _escape_vtt if _is_vtt(decoded.text) else _escape_srt
        parts, position = [], 0
        for cue, block in zip(_cues(decoded.text), blocks, strict=True):
            if block != cue.inline.block:
                written = cue.inline.render(_broken(block), escape)
                parts += [decoded.text[position : cue.start], written.replace("\n", cue.newline or "\n")]
                position = cue.end
        return encoded(decoded, "".join([*parts, decoded.text[position:]]), options) if parts else data


def _decode(data: bytes) -> DecodedText:
    """Return the file's text."""
    if len(data) > MAX_BYTES:
        raise DocumentTooLargeError(f"more than {MAX_BYTES // 1_000_000} MB of subtitles; split the file")
    return decode(data)


def _is_vtt(text: str) -> bool:
    """Tell whether the file is WebVTT: it says so itself."""
    return text.startswith("WEBVTT")


def _cues(text: str) -> list[_Cue]:
    """Return the utterances of the file in order."""
    lines = list(split_lines(text, marks=False))
    times = [number for number, line in enumerate(lines) if line and _TIMES.match(line.text)]
    if not times and any(lines) and not _is_vtt(text):
        raise CorruptDocumentError("no cue with its times (00:00:01,000 --> 00:00:02,000); not a file of subtitles")
    vtt = _is_vtt(text)
    return [
        _cue(text, utterance, vtt=vtt)
        for start, end in pairwise([*times, len(lines)])
        for utterance in _utterances(_texts(lines[start + 1 : end], last=end == len(lines), vtt=vtt))
    ]


def _texts(lines: Sequence[Line | None], *, last: bool, vtt: bool) -> list[Line | None]:
    """Return the lines of a cue's text: those to the first blank one in WebVTT, in SubRip all but the number of the next cue."""
    texts = list(lines)
    if vtt:
        return texts[: texts.index(None)] if None in texts else texts
    if not last and texts and texts[-1] and _NUMBER.fullmatch(texts[-1].text):
        texts.pop()
    return texts


def _utterances(lines: Sequence[Line | None]) -> Iterator[list[Line]]:
    """Yield the lines that belong together: to a blank line, or to the next speaker."""
    group: list[Line] = []
    for line in [*lines, None]:
        if group and (line is None or _DIALOGUE.match(line.text)):
            yield group
            group = []
        if line:
            group.append(line)


def _cue(text: str, lines: Sequence[Line], *, vtt: bool) -> _Cue:
    """Return the utterance of these lines, without the dash of a speaker."""
    dash = _DIALOGUE.match(lines[0].text)
    start, end = lines[0].start + (dash.end() if dash else 0), lines[-1].end
    return _Cue(start, end, lines[0].newline, Inline(_atoms(text[start:end], vtt=vtt)))


def _atoms(source: str, *, vtt: bool) -> list[Atom]:
    """Return the texts and tags of an utterance, with its lines joined."""
    found: list[Atom] = []
    position = 0
    for match in _MARKUP.finditer(source):
        found.append(_text(source[position : match.start()], vtt=vtt))
        kind = Kind.ANCHOR if match["anchor"] else Kind.OPEN if match["open"] else Kind.CLOSE
        found.append(Atom(kind, match[0], name=(match["open"] or match["close"] or "").lower()))
        position = match.end()
    return collapsed([*found, _text(source[position:], vtt=vtt)])


def _text(raw: str, *, vtt: bool) -> Atom:
    """Return a text between tags."""
    return Atom(Kind.TEXT, raw, unescape(raw) if vtt else raw)


def _broken(block: Block) -> Block:
    """Return a block whose text is in as few lines as it takes, of about the same length."""
    count = ceil(width(block.text) / LINE_WIDTH)
    text = block.text.replace("\n", " ")
    for number in range(1, count):
        aim = len(text) * number // count
        spaces = [place for place, c in enumerate(text) if c == " " and text.rfind("\n", 0, place) < place - 1]
        if spaces:
            best = min(spaces, key=lambda place: abs(place - aim))
            text = f"{text[:best]}\n{text[best + 1 :]}"
    return replace(block, text=text)


def _escape_vtt(text: str) -> str:
    return escape_html(text, quote=False)


def _escape_srt(text: str) -> str:
    return text.replace("-->", "->")
