"""A translator that marks what it was given."""

from collections.abc import Callable

from models.document import Block
from parsers.html_blocks import block_of


def marked(text: str) -> str:
    """Return a slot's text in brackets, the white space around it outside; white space alone stays as it is."""
    core = text.strip()
    return text.replace(core, f"[{core}]") if core else text


def pseudo_translated(block: Block, translate: Callable[[str], str] = marked) -> Block:
    """Return `block` with each of its slots translated on its own."""
    return block_of([translate(block.text[span.start : span.end]) for span in block.spans])


def parts(block: Block) -> list[str]:
    """Return the texts of the slots of a block."""
    return [block.text[span.start : span.end] for span in block.spans]
