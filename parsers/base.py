"""The protocol of a parser: two methods, and a third where a format needs it."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from models.document import DEFAULT_OPTIONS, Block, Document, ReadOptions


class Parser(Protocol):
    """Reads one format into blocks and writes translated blocks back into the same file.

    `write(data, read(data, options).blocks, lang, options)` changes nothing but what names the language: the same parts, the same nodes,
    the same bytes where no text was set. Both methods are deterministic: the same input gives the same bytes. Both must be given the same
    options, which choose the blocks.

    Raises:
        InputError: one of its subclasses, with a message that says what is wrong and what to do.
    """

    def read(self, data: bytes, options: ReadOptions = DEFAULT_OPTIONS) -> Document:
        """Return the translatable blocks of the file `data`, in reading order."""
        ...

    def write(self, data: bytes, blocks: Sequence[Block], lang: str, options: ReadOptions = DEFAULT_OPTIONS) -> bytes:
        """Return the file `data` with its blocks replaced, one for one and in order, as a document in the language `lang` (BCP 47)."""
        ...


@runtime_checkable
class MayBeIncomplete(Protocol):
    """A parser of a format that cannot set every mark around every text."""

    def incomplete(self, data: bytes, blocks: Sequence[Block], options: ReadOptions = DEFAULT_OPTIONS) -> frozenset[int]:
        """Return the numbers of the blocks that `write` writes without some of their emphases or line breaks."""
        ...
