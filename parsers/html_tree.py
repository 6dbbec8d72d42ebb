"""A BeautifulSoup tree whose tags and strings know their place in the source."""

from html import unescape
from io import StringIO

from bs4 import BeautifulSoup, Tag
from bs4._typing import _RawMarkup
from bs4.builder import HTMLTreeBuilder
from bs4.element import NavigableString

from models.errors import DocumentTooLargeError, UnsafeDocumentError
from parsers.html_scanner import EndTag, StartTag, Text, scan
from parsers.markup import BLOCK_TAGS, CELL_BARRIERS, IMPLIED_END_TAGS, LIST_BARRIERS, TABLE_BARRIERS, TABLE_TAGS, VOID_TAGS

MAX_DEPTH = 200
MAX_NODES = 500_000
_INLINE_END_BARRIERS = (BLOCK_TAGS | CELL_BARRIERS) - {"p"}


class SourceText(NavigableString):
    """A string of the tree, with character references resolved, and its range in the source."""

    start: int = 0
    end: int = 0


def text_at(source: str, start: int, end: int) -> SourceText:
    """Return the text that stands in a range of the source."""
    text = SourceText(unescape(source[start:end]))
    text.start, text.end = start, end
    return text


class SourceTreeBuilder(HTMLTreeBuilder):
    """Feeds BeautifulSoup from our scanner: `Tag.sourcepos` is the offset of the tag's `<`, each string is a `SourceText`.

    End tags that authors may leave out are supplied as the HTML standard says, and a stray end tag never closes an element outside its
    cell, or a block from within inline markup. Comments and declarations are not in the tree.
    """

    def __init__(self) -> None:
        super().__init__(multi_valued_attributes=None, string_containers={}, store_line_numbers=True)  # type: ignore[arg-type]
        self._nodes = 0

    def feed(self, markup: _RawMarkup) -> None:
        """Build the tree of `markup`."""
        source = str(markup)
        for token in scan(source):
            if isinstance(token, StartTag):
                self._start(token, source)
            elif isinstance(token, EndTag):
                self._end(token.name)
            elif isinstance(token, Text):
                self._text(token, source)

    @property
    def _tree(self) -> BeautifulSoup:
        """The tree being built."""
        if self.soup is None:
            raise RuntimeError("the builder has no tree")
        return self.soup

    def _start(self, token: StartTag, source: str) -> None:
        """Open an element."""
        self._close(IMPLIED_END_TAGS.get(token.name, frozenset()), _barriers(token.name))
        self._count_node()
        if len(self._tree.tagStack) > MAX_DEPTH:
            raise UnsafeDocumentError(f"elements are nested more than {MAX_DEPTH} deep")
        attributes = {a.name: unescape(source[a.start : a.end]) for a in reversed(token.attributes)}
        self._tree.handle_starttag(token.name, None, None, attributes, sourcepos=token.start)
        if token.self_closing or token.name in VOID_TAGS:
            self._tree.handle_endtag(token.name)

    def _end(self, name: str) -> None:
        """Close the nearest open element of this name, if the end tag may reach it."""
        self._close(frozenset([name]), _end_barriers(name))

    def _text(self, token: Text, source: str) -> None:
        """Add a string."""
        self._count_node()
        self._tree.object_was_parsed(text_at(source, token.start, token.end))

    def _close(self, names: frozenset[str], barriers: frozenset[str]) -> None:
        """Close the innermost open element of these names, unless a barrier stands before it."""
        if not names:
            return
        for tag in reversed(self._tree.tagStack):
            if tag.name in names:
                self._tree.handle_endtag(tag.name)
                return
            if tag.name in barriers:
                return

    def _count_node(self) -> None:
        """Keep the tree's memory bounded: a node takes about a kilobyte, a tag three bytes."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise DocumentTooLargeError(f"more than {MAX_NODES:,} elements and texts; split the page")


def parse_html(source: str) -> BeautifulSoup:
    """Return the tree of `source`."""
    # A file object, because BeautifulSoup warns of a short string without a tag that it may be a file name.
    return BeautifulSoup(StringIO(source), builder=SourceTreeBuilder())


def attribute(tag: Tag, name: str) -> str:
    """Return the value of an attribute, empty where there is none."""
    return str(tag.attrs.get(name, ""))


def _barriers(name: str) -> frozenset[str]:
    """Return the elements through which a start tag implies no end tag."""
    if name in TABLE_TAGS:
        return TABLE_BARRIERS if name != "table" else CELL_BARRIERS
    return LIST_BARRIERS if name in ("li", "dd", "dt") else CELL_BARRIERS


def _end_barriers(name: str) -> frozenset[str]:
    """Return the elements which an end tag does not close from within."""
    if name in BLOCK_TAGS:
        return TABLE_BARRIERS if name in TABLE_TAGS else CELL_BARRIERS
    return _INLINE_END_BARRIERS
