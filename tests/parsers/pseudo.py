"""A translator that marks what it was given."""

from collections.abc import Callable, Sequence
from dataclasses import replace

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


def slotwise(block: Block, translate: Callable[[str], str] = marked) -> Block:
    """Return `block` with the text of each slot translated on its own; breaks and anchors stay."""
    return retold(block, [translate(part) if part.strip() else part for part in parts(block)])


def retold(block: Block, texts: Sequence[str | tuple[int, str]]) -> Block:
    """Return `block` with these texts, each of the slot of its place or, as a pair, of the slot with this code."""
    told = [item if isinstance(item, tuple) else (code, item) for code, item in enumerate(texts)]
    slots = {span.code: span for span in block.spans}
    spans, position = [], 0
    for code, text in told:
        spans.append(replace(slots[code], start=position, end=position + len(text)))
        position += len(text)
    return replace(block, text="".join(text for _, text in told), spans=tuple(spans))
