"""Text to ids and back."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from nmt.tokenization import Located

# It would tell every user that PyTorch is missing, which nothing here needs.
os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
from transformers import PreTrainedTokenizerFast

END_OF_SENTENCE = "</s>"
SOURCE_FILE = "source.tokenizer.json"
TARGET_FILE = "target.tokenizer.json"


class SubwordTokenizer:
    """The two subword vocabularies of a bundle; byte fallback spells what they lack, so that no input is unknown."""

    def __init__(self, folder: Path) -> None:
        self._source = _load(folder / SOURCE_FILE)
        self._target = _load(folder / TARGET_FILE)

    def encode(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """Return the source ids of each text, without the end of sentence."""
        encoded = self._source(
            list(texts), add_special_tokens=False, split_special_tokens=True, return_attention_mask=False, return_token_type_ids=False
        )
        return [np.array(ids, np.int64) for ids in encoded["input_ids"]]

    def locate_source(self, text: str) -> Located:
        """Return the source ids of a text and where they stand in it."""
        return _located(self._source, text)

    def locate_target(self, text: str) -> Located:
        """Return the target ids of a text and where they stand in it."""
        return _located(self._target, text)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of target ids.

        The tokenizer's own `decode` would put blanks around placeholders and leave out bytes, which it takes for special tokens.
        """
        tokens = self._target.convert_ids_to_tokens(list(ids))
        return str(self._target.backend_tokenizer.decoder.decode(tokens)).strip()


def _located(tokenizer: PreTrainedTokenizerFast, text: str) -> Located:
    encoded = tokenizer(text, add_special_tokens=False, split_special_tokens=True, return_offsets_mapping=True)
    return Located(np.array(encoded["input_ids"], np.int64), [tuple(span) for span in encoded["offset_mapping"]])


def _load(path: Path) -> PreTrainedTokenizerFast:
    try:
        return PreTrainedTokenizerFast(tokenizer_file=str(path), eos_token=END_OF_SENTENCE, pad_token=END_OF_SENTENCE)
    except Exception as error:  # the Rust library raises bare Exception
        raise ModelError(f"{path} is not a tokenizer ({error}); fetch the bundle again") from error
