"""HTML: the page is read as a BeautifulSoup tree and written by replacing ranges of its source.

The tree is never serialised: BeautifulSoup would rewrite attributes, entities and quotes all over the page.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from bs4 import BeautifulSoup

from models.document import DEFAULT_OPTIONS, Block, Document, ReadOptions
from models.errors import DocumentTooLargeError
from parsers.encoding import DecodedText, declared_encoding, decode
from parsers.html_blocks import Page, PlacedBlock, Slot, read_page
from parsers.html_conservation import check_conserved
from parsers.html_inline import Region
from parsers.html_language import charset_edits, escape, language_edits
from parsers.html_tree import parse_html
from parsers.inline import wants_space_after, wants_space_before
from parsers.splicing import Edit, splice
from parsers.whitespace import SPACE

MAX_BYTES = 20_000_000


class HtmlParser:
    """Reads the texts and readable attributes of a page; writes them in place and leaves every other character as it was.

    A page in which no block changed comes back as the very same bytes. Otherwise it is written in UTF-8 and says so, or, with the option
    `keep_encoding`, in its own encoding with character references for what that cannot hold; and `lang` names the new language on <html>
    and wherever it named Chinese.
    """

    def read(self, data: bytes, options: ReadOptions = DEFAULT_OPTIONS) -> Document:  # noqa: ARG002 - none chooses the blocks of a page
        """Return the blocks of the page."""
        _, _, page = _parse(data)
        return Document(tuple(placed.block for placed in page.blocks))

    def write(self, data: bytes, blocks: Sequence[Block], lang: str, options: ReadOptions = DEFAULT_OPTIONS) -> bytes:
        """Return the page with its blocks replaced.

        Raises:
            ValueError: the blocks are not those of this page.
            LostMarkupError: a tag or an attribute would not come out as it went in.
        """
        decoded, tree, page = _parse(data)
        source = decoded.text
        moved: list[tuple[Region, Block]] = []
        edits: list[Edit] = []
        for placed, target in zip(page.blocks, blocks, strict=True):
            if placed.region and _moves(placed, target):
                moved.append((placed.region, target))
            else:
                edits += _slot_edits(source, placed, target)
        if not moved and not edits:
            return data
        edits += language_edits(source, tree, page.language_values, lang)
        if not options.keep_encoding:
            edits += charset_edits(source, tree, decoded)
        edits, copies = _with_moved(source, sorted(edits), moved)
        result = splice(source, edits)
        check_conserved(source, result, copies)
        return decoded.encode_with_references(result) if options.keep_encoding else decoded.encode(result)


def _parse(data: bytes) -> tuple[DecodedText, BeautifulSoup, Page]:
    """Return a page as text, tree and blocks."""
    if len(data) > MAX_BYTES:
        raise DocumentTooLargeError(f"more than {MAX_BYTES // 1_000_000} MB of HTML; split the page")
    decoded = decode(data, declared_encoding(data))
    tree = parse_html(decoded.text)
    return decoded, tree, read_page(tree, decoded.text)


def _moves(placed: PlacedBlock, target: Block) -> bool:
    """Tell whether the elements of a block must be set anew."""
    codes = [span.code for span in target.spans]
    return target != placed.block and (codes != list(range(len(placed.slots))) or _has_new_blanks(placed.block, target))


def _slot_edits(source: str, placed: PlacedBlock, target: Block) -> Iterator[Edit]:
    """Yield a replacement for each slot whose text is another one now."""
    texts = {span.code: target.text[span.start : span.end] for span in target.spans}
    for code, slot in enumerate(placed.slots):
        text = texts.get(code, "")
        if slot and text != slot.shown.text:
            yield slot.start, slot.end, _rendered(source, slot, text)


def _with_moved(source: str, edits: Sequence[Edit], moved: Sequence[tuple[Region, Block]]) -> tuple[list[Edit], list[str]]:
    """Return the edits with those inside a region made part of its own, in order, and the start tags of the elements that were copied."""
    result: list[Edit] = []
    copies: list[str] = []
    position = 0
    for region, target in sorted(moved, key=lambda pair: pair[0].start):
        first = bisect_left(edits, (region.start, region.start + 1))  # behind what goes in before the region
        last = bisect_left(edits, (region.end,))
        raw = source[region.start : region.end]
        rendered, made = region.render(target, escape, edits[first:last])
        result += [*edits[position:first], (region.start, region.end, f"{_lead(raw)}{rendered.strip(SPACE)}{_trail(raw)}")]
        copies += made
        position = last
    return [*result, *edits[position:]], copies


def _has_new_blanks(block: Block, target: Block) -> bool:
    """Tell whether a translation, in the order of its block, has a blank at an edge of an element where there was none."""
    for old, new in zip(block.spans, target.spans, strict=True):
        before, after = block.text[old.start : old.end], target.text[new.start : new.end]
        leads = after.startswith(" ") and not before.startswith(" ")
        trails = after.endswith(" ") and not before.endswith(" ")
        if new.path and after.strip(SPACE) and (leads or trails):
            return True
    return False


def _lead(raw: str) -> str:
    return raw[: len(raw) - len(raw.lstrip(SPACE))]


def _trail(raw: str) -> str:
    return raw[len(raw.rstrip(SPACE)) :]


def _rendered(source: str, slot: Slot, text: str) -> str:
    """Return a slot's new source, with the white space of the file where it still means the same."""
    raw, content = source[slot.start : slot.end], text.strip(SPACE)
    lead = _lead(raw)
    trail = raw[len(lead) :][len(raw.strip(SPACE)) :]
    starts_apart = text != text.lstrip(SPACE) or (slot.after_kept and wants_space_before(content[:1]))
    ends_apart = content != "" and (text != text.rstrip(SPACE) or (slot.before_kept and wants_space_after(content[-1])))
    before = lead if slot.shown.free_lead or slot.after_kept else ""
    after = trail if slot.shown.free_trail or slot.before_kept else ""
    before = before or (lead or " " if starts_apart else "")
    after = after or (trail or " " if ends_apart else "")
    quote = '"' if slot.quote == "" else slot.quote or ""
    written = before + escape(content, quote) + after
    return f'"{written}"' if slot.quote == "" else written
