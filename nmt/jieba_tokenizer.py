"""Text to ids and back as ModelScope's CSANMT pipeline does it: jieba and subword-nmt for Chinese, Moses' detokeniser for English."""

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from nmt.tokenization import Located
from nmt.words import open_segmenter

SOURCE_FILE = "source.vocabulary.txt"
TARGET_FILE = "target.vocabulary.txt"
CODES_FILE = "source.bpe.txt"
UNKNOWN = "<unk>"
_SEPARATOR = "@@"
_WORD = re.compile(r"\w+|[^\w\s]")
_CACHE_LIMIT = 100_000  # words: the library remembers every word that it ever cut


class JiebaTokenizer:
    """The vocabularies and the merges of an imported model. A token that the source vocabulary lacks gets the last id."""

    def __init__(self, folder: Path, source_size: int) -> None:
        """Read the files.

        Args:
            folder: the bundle.
            source_size: how many rows the source embedding has, which may be more than the vocabulary's lines.
        """
        self._source = {token: number for number, token in enumerate(read_vocabulary(folder / SOURCE_FILE))}
        self._target = read_vocabulary(folder / TARGET_FILE)
        self._target_ids = {token: number for number, token in enumerate(self._target)}
        self._unknown_target = self._target_ids.get(UNKNOWN, len(self._target) - 1)
        self._unknown = source_size - 1
        self._words = open_segmenter()
        self._merges = _merges(folder / CODES_FILE)
        self._detokenizer = _moses()

    def encode(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """Return the source ids of each text, without the end of sentence."""
        return [self._source_ids(self._tokens(text)) for text in texts]

    def locate_source(self, text: str) -> Located:
        """Return the source ids of a text and where they stand in it."""
        tokens = self._tokens(text)
        return Located(self._source_ids(tokens), _places(text, tokens))

    def locate_target(self, text: str) -> Located:
        """Return target ids of a text and where they stand in it: the longest subwords of the vocabulary from left to right.

        The model's own cuts may differ: what they were made with is not in its folder.
        """
        tokens = [token for word in _WORD.findall(text) for token in self._subwords(word)]
        return Located(np.array([self._target_ids.get(token, self._unknown_target) for token in tokens], np.int64), _places(text, tokens))

    def _subwords(self, word: str) -> Iterator[str]:
        start = 0
        while start < len(word):
            ends = (end for end in range(len(word), start, -1) if word[start:end] + _SEPARATOR * (end < len(word)) in self._target_ids)
            end = next(ends, start + 1)
            yield word[start:end] + _SEPARATOR * (end < len(word))
            start = end

    def _source_ids(self, tokens: Sequence[str]) -> NDArray[np.int64]:
        return np.array([self._source.get(token, self._unknown) for token in tokens], np.int64)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of target ids."""
        tokens = (self._target[number] if number < len(self._target) else UNKNOWN for number in ids)
        joined = " ".join(tokens).replace(f"{_SEPARATOR} ", "").replace(_SEPARATOR, "")
        return str(self._detokenizer.detokenize(joined.split()))

    def _tokens(self, text: str) -> list[str]:
        if len(self._merges.cache) > _CACHE_LIMIT:
            self._merges.cache.clear()
        # White space other than the blank is a token of its own up to here and vanishes in split().
        tokens: list[str] = self._merges.process_line(" ".join(self._words.cut(text))).split()
        return tokens


def _places(text: str, tokens: Sequence[str]) -> list[tuple[int, int]]:
    """Return where tokens that spell a text stand in it, one after the other."""
    places: list[tuple[int, int]] = []
    end = 0
    for token in tokens:
        core = token.removesuffix(_SEPARATOR)
        start = text.find(core, end)
        start, end = (start, start + len(core)) if start >= 0 else (end, end)
        places.append((start, end))
    return places


def read_vocabulary(path: Path) -> list[str]:
    """Return the tokens of a vocabulary file by id: one a line, blank lines count.

    Raises:
        ModelError: it cannot be read, or is not UTF-8.
    """
    return [line.strip() for line in _lines(path)]


def check_codes(path: Path) -> None:
    """Raise ModelError unless every line of a file of BPE codes, but for the version in the first, is a pair."""
    for number, line in enumerate(_lines(path), 1):
        versioned = number == 1 and line.startswith("#version:")
        if not versioned and len(line.strip("\r\n ").split(" ")) != 2:  # noqa: PLR2004 - a pair
            raise ModelError(f"{path}, line {number} is no pair of subwords; the file is damaged, fetch it again")


def _lines(path: Path) -> Iterator[str]:
    """Yield the lines as Python's text mode cuts them, which is how a model's ids were given."""
    try:
        with path.open(encoding="utf-8") as file:
            yield from file
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}; fetch it again") from error
    except UnicodeDecodeError as error:
        raise ModelError(f"{path} is not UTF-8 text ({error.reason} at byte {error.start}); fetch it again") from error


def _merges(path: Path) -> Any:
    check_codes(path)  # the library ends the process over a bad line
    from subword_nmt.apply_bpe import BPE  # noqa: PLC0415

    return BPE(io.StringIO(path.read_text(encoding="utf-8")), separator=_SEPARATOR)


def _moses() -> Any:
    from sacremoses import MosesDetokenizer  # noqa: PLC0415

    return MosesDetokenizer(lang="en")
