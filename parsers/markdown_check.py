"""What a reader of Markdown makes of a translation: the marks and blocks that must not be lost, and whether a text reads as it is meant."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from models.document import Block
from models.errors import LostMarkupError
from parsers.inline import Inline
from parsers.markdown_footnotes import FOOTNOTE
from parsers.markdown_inline import DISPENSABLE, TASK

_TEXTS = frozenset(["text", "text_special", "softbreak"])
_CONTENTS = frozenset(["code_inline", "html_inline", FOOTNOTE])  # what is their content must not be lost
_EMPHASIS = frozenset(f"{name}_{side}" for name in DISPENSABLE for side in ("open", "close"))
_BREAK = ("hardbreak", "", "{}")
_PREFIX = re.compile(r"(?<=\n)[ \t>]+")  # of a line that goes on in a quotation or an item of a list

Marks = Counter[tuple[str, ...]]


Letters = Sequence[tuple[str, frozenset[str]]]  # what is read, beside white space, and the emphases around each character


class Reader:
    """Reads texts of a file apart from it; `references` are the addresses that its links name by labels."""

    def __init__(self, markdown: MarkdownIt, references: dict[str, object]) -> None:
        self._markdown = markdown
        self._references = references

    def shows(self, written: str, letters: Letters, marks: Marks) -> bool:
        """Tell whether `written`, as the whole of a block, reads as these letters and has these marks."""
        plain = _PREFIX.sub("", TASK.sub("", written, count=1))
        tokens = self._markdown.parse(plain, {"references": dict(self._references)})
        if [token.type for token in tokens] not in ([], ["paragraph_open", "inline", "paragraph_close"]):
            return False
        children = tokens[1].children or [] if tokens else []
        return list(_shown(children, frozenset())) == letters and not _difference(marks, marks_of(children))


def letters_of(inline: Inline, block: Block) -> Letters:
    """Return what is to be read of a translated block."""
    emphases = [names & DISPENSABLE for names in inline.around]
    return [(letter, emphases[span.code]) for span in block.spans for letter in block.text[span.start : span.end] if not letter.isspace()]


def marks_of(tokens: Sequence[Token]) -> Marks:
    """Return how often each mark stands among inline tokens, beside emphasis: its text shows whether that was read."""
    return Counter(_marks(tokens))


def without_breaks(marks: Marks, number: int) -> Marks:
    """Return marks with that many line breaks less."""
    return marks - Counter({_BREAK: number})


def check_conserved(source: Sequence[Token], result: Sequence[Token]) -> None:
    """Compare what a reader of both files would make of them, beside the text, emphasis and line breaks.

    Raises:
        LostMarkupError: a block is another one, or a link, an image, code or HTML is lost or came in.
    """
    if [_block_of(token) for token in source] != [_block_of(token) for token in result]:
        raise LostMarkupError("the translated text would have other blocks (lists, headings, tables); report this file as a defect")
    for old, new in zip(source, result, strict=True):
        if lost := _difference(_needed(old), _needed(new)):
            raise LostMarkupError(f"the mark {' '.join(lost).strip()[:60]!r} would be lost or come in; report this file as a defect")


def _needed(token: Token) -> Marks:
    """Return the marks of an inline token that must not be lost."""
    return Counter({mark: number for mark, number in marks_of(token.children or []).items() if mark != _BREAK})


def _difference(before: Marks, after: Marks) -> tuple[str, ...]:
    """Return a mark that is fewer times in `after`, or only there; nothing where there is none. More of one are copies of it."""
    lost = before - after
    return next(iter(lost or sorted(set(after) - set(before))), ())


def _block_of(token: Token) -> tuple[object, ...]:
    """Return what a block is."""
    return token.type, token.tag, token.info, "" if token.type == "inline" else token.content, str(token.attrs), token.meta.get("label")


def _marks(tokens: Sequence[Token]) -> Iterator[tuple[str, ...]]:
    """Yield the marks among inline tokens."""
    for token in tokens:
        if token.type not in _TEXTS | _EMPHASIS:
            content = token.content if token.type in _CONTENTS else ""
            yield token.type, content, str({name: value for name, value in token.attrs.items() if name != "alt"})
            yield from _marks(token.children or [])


def _shown(tokens: Sequence[Token], outer: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield what is read of inline tokens inside the emphases `outer`; the address that a link shows is none of it."""
    opened: Counter[str] = Counter(outer)
    address = False
    for token in tokens:
        if token.markup == "autolink":
            address = token.type == "link_open"
        elif token.type in _EMPHASIS:
            opened[token.type.rpartition("_")[0]] += token.nesting
        elif token.type in _TEXTS and not address:
            yield from ((letter, frozenset(+opened)) for letter in token.content if not letter.isspace())
        elif token.type == "image":
            yield from _shown(token.children or [], frozenset(+opened))
