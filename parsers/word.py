"""Word documents (.docx): their parts' XML is walked and edited in place; python-docx supplies the package's vocabulary."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from models.document import DEFAULT_OPTIONS, Block, Document, ReadOptions
from models.errors import OutputError
from parsers.package import Package
from parsers.word_check import anchors, census, check_conserved
from parsers.word_edit import apply, is_moved, unbind
from parsers.word_numbering import relabel
from parsers.word_parts import Part, is_signed, numbering_of, parse, styles_of, text_parts
from parsers.word_revisions import accept_revisions
from parsers.word_runs import paragraphs
from parsers.word_slots import Paragraph
from parsers.word_styles import looks_of

SIGNATURE_VOID = "signature-void"


@dataclass(frozen=True, slots=True)
class _Story:
    """A part and its paragraphs; `is_accepted` tells that its tracked changes were accepted, so that it is another than the file's."""

    part: Part
    paragraphs: list[Paragraph]
    is_accepted: bool


class WordParser:
    """Reads and writes body, tables, text boxes, headers, footers, notes and, by option, comments, properties, charts and SmartArt.

    Each `w:p` with text is a block. A part without a changed block keeps its bytes, and a document without one is returned as it came.
    """

    def read(self, data: bytes, options: ReadOptions = DEFAULT_OPTIONS) -> Document:
        """Return the paragraphs of the document: main text first, then headers, footers, notes, comments, graphics and properties."""
        package = Package.open(data)
        blocks = tuple(paragraph.block() for story in _stories(package, options) for paragraph in story.paragraphs)
        return Document(blocks, (SIGNATURE_VOID,) if is_signed(package) else ())

    def write(self, data: bytes, blocks: Sequence[Block], lang: str, options: ReadOptions = DEFAULT_OPTIONS) -> bytes:
        """Return the document with `blocks` in the place of its own.

        Raises:
            OutputError: the blocks are not those of this document.
            LostMarkupError: the document would lose anything beside its text.
        """
        package = Package.open(data)
        stories = _stories(package, options)
        count = sum(len(story.paragraphs) for story in stories)
        if len(blocks) != count:
            raise OutputError(f"the translation was not written: it has {len(blocks)} paragraphs, the document {count}")
        queue = iter(blocks)
        changed = {story.part.name: _rewrite(story, list(islice(queue, len(story.paragraphs))), lang) for story in stories}
        written = {name: source for name, source in changed.items() if source is not None}
        if written and options.numbering and lang.lower().startswith("en"):
            written |= _relabelled(package, stories[0].part)
        return package.replace(written)


def _stories(package: Package, options: ReadOptions) -> list[_Story]:
    parts = text_parts(package, options)
    looks = looks_of(styles_of(package, parts[0]), options.dnt_styles)
    stories = []
    for part in parts:
        root = part.tree.getroot()
        is_accepted = options.accept_revisions and accept_revisions(root)
        stories.append(_Story(part, paragraphs(root, looks, options), is_accepted))
    return stories


def _relabelled(package: Package, main: Part) -> dict[str, bytes]:
    """Return the numbering part in English, if that changes it."""
    part = numbering_of(package, main)
    return {part.name: part.serialise()} if part is not None and relabel(part.tree.getroot()) else {}


def _rewrite(story: _Story, blocks: Sequence[Block], lang: str) -> bytes | None:
    """Return the part with its changed blocks set, or None if nothing changed."""
    changes = list(_changes(story.paragraphs, blocks))
    if not changes:
        return story.part.serialise() if story.is_accepted else None
    root = story.part.tree.getroot()
    moves = any(is_moved(paragraph, new) for paragraph, new in changes)
    counts = (census, anchors) if moves else (census,)
    before = [count(root) for count in counts]
    changed = [slot for paragraph, new in changes for slot in apply(paragraph, new, lang)]
    unbind(root, changed)
    source = story.part.serialise()
    written = parse(story.part.name, source).tree.getroot()
    for count, had in zip(counts, before, strict=True):
        check_conserved(story.part.name, had, count(written), may_gain=moves and count is census)
    return source


def _changes(story: Sequence[Paragraph], blocks: Sequence[Block]) -> Iterator[tuple[Paragraph, Block]]:
    for paragraph, new in zip(story, blocks, strict=True):
        old = paragraph.block()
        if (old.text, [(span.end, span.code) for span in old.spans]) != (new.text, [(span.end, span.code) for span in new.spans]):
            yield paragraph, new
