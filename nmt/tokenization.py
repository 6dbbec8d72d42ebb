"""Text to ids and back, whichever way a bundle's model was trained with."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from nmt.bundle import MANIFEST, Manifest


class Located(NamedTuple):
    """A text's ids, and for each of them where its characters start and end in the text."""

    ids: NDArray[np.int64]
    spans: list[tuple[int, int]]


class Tokenizer(Protocol):
    """Source text to ids, target ids to text."""

    def encode(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """Return the source ids of each text, without the end of sentence; at least one for a text that is not blank."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of target ids, without white space around it."""
        ...

    def locate_source(self, text: str) -> Located:
        """Return the ids that `encode` gives, and where they stand in the text."""
        ...

    def locate_target(self, text: str) -> Located:
        """Return ids for a target text, and where they stand in it; `decode` gives the text back, or one close to it."""
        ...


def open_tokenizer(manifest: Manifest) -> Tokenizer:
    """Load the tokenizer of a bundle and none of the libraries of the others.

    Raises:
        ModelError: its files are damaged, or it is of a kind that this version does not know.
    """
    if manifest.tokenizer == "subword":
        from nmt.tokenizer import SubwordTokenizer  # noqa: PLC0415

        return SubwordTokenizer(manifest.folder)
    if manifest.tokenizer == "jieba-bpe":
        from nmt.jieba_tokenizer import JiebaTokenizer  # noqa: PLC0415

        return JiebaTokenizer(manifest.folder, manifest.network.source_vocabulary)
    path = manifest.path(MANIFEST)
    raise ModelError(f"{path} names the tokenizer {manifest.tokenizer!r}, which this version does not know; update translate-docs")
