"""Word documents (.docx): their parts' XML is walked and edited in place; python-docx supplies the package's vocabulary."""

from collections.abc import Iterator, Sequence
from itertools import islice

from models.document import Block, Document
from models.errors import OutputError
from parsers.package import Package
from parsers.word_edit import apply, census, check_conserved, unbind
from parsers.word_parts import Part, parse, text_parts
from parsers.word_runs import Paragraph, paragraphs


class WordParser:
    """Reads and writes body, tables, text boxes, headers, footers, footnotes and endnotes; each `w:p` with text is a block.

    A part without a changed block keeps its bytes, and a document without one is returned as it came.
    """

    def read(self, data: bytes) -> Document:
        """Return the paragraphs of the document: main text first, then headers, footers, footnotes and endnotes."""
        parts = text_parts(Package.open(data))
        return Document(tuple(paragraph.block() for part in parts for paragraph in paragraphs(part.tree.getroot())))

    def write(self, data: bytes, blocks: Sequence[Block], lang: str) -> bytes:
        """Return the document with `blocks` in the place of its own; raise OutputError rather than lose anything else."""
        package = Package.open(data)
        stories = [(part, paragraphs(part.tree.getroot())) for part in text_parts(package)]
        count = sum(len(story) for _, story in stories)
        if len(blocks) != count:
            raise OutputError(f"the translation was not written: it has {len(blocks)} paragraphs, the document {count}")
        queue = iter(blocks)
        changed = {part.name: _rewrite(part, story, list(islice(queue, len(story))), lang) for part, story in stories}
        return package.replace({name: source for name, source in changed.items() if source is not None})


def _rewrite(part: Part, story: Sequence[Paragraph], blocks: Sequence[Block], lang: str) -> bytes | None:
    """Return the part with its changed blocks set, or None if there is none."""
    changes = list(_changes(story, blocks))
    if not changes:
        return None
    root = part.tree.getroot()
    before = census(root)
    changed = [slot for paragraph, old, new in changes for slot in apply(paragraph, old, new, lang)]
    unbind(root, changed)
    source = part.serialise()
    check_conserved(part.name, before, census(parse(part.name, source).tree.getroot()))
    return source


def _changes(story: Sequence[Paragraph], blocks: Sequence[Block]) -> Iterator[tuple[Paragraph, Block, Block]]:
    for paragraph, new in zip(story, blocks, strict=True):
        old = paragraph.block()
        if old != new:
            yield paragraph, old, new
