"""Real documents, their words put in the opposite order: whatever moves, the parsers can write it and nothing is lost."""

import re
from pathlib import Path

import pytest

from models.document import Block
from models.errors import InputError
from models.segment import Link, Piece
from parsers.registry import parser_for
from pipeline.weave import weave

REAL = Path(__file__).parents[3] / "shared" / "documents"
FILES = sorted(path for path in REAL.rglob("*") if path.suffix.lower() in (".docx", ".html", ".htm"))
WORD = re.compile(r"[\u3400-\u9fff]|[^\s\u3400-\u9fff]+")


def backwards(block: Block) -> Block:
    """Return the block with the words of each line in the opposite order and a letter more, aligned as they are."""
    pieces = [Piece(text, is_segment=not text.isspace()) for text in re.split(r"([\t\n]+)", block.text) if text]
    targets: dict[str, str] = {}
    links: dict[str, list[Link]] = {}
    for piece in pieces:
        target, found = "", []
        for match in reversed(list(WORD.finditer(piece.text))):
            start = len(target)
            target += f"x{match[0]} "
            found.append(Link(*match.span(), start, len(target) - 1, 1.0))
        targets[piece.text], links[piece.text] = target.rstrip(), found
    return weave(block, pieces, targets, links).block


@pytest.mark.slow
@pytest.mark.skipif(not FILES, reason=f"there are no documents in {REAL}")
@pytest.mark.timeout(600)
def test_words_of_real_documents_can_stand_in_any_order() -> None:
    moved = 0
    for path in FILES:
        data, parser = path.read_bytes(), parser_for(path)
        try:
            blocks = parser.read(data).blocks
        except InputError:
            continue
        woven = [backwards(block) for block in blocks]
        assert parser.write(data, woven, "en")  # it raises rather than lose anything
        moved += sum([span.code for span in block.spans] != sorted(span.code for span in block.spans) for block in woven)
    assert moved > 100
