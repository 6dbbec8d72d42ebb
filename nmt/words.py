"""Where the words of Chinese text end, by jieba's dictionary."""

import re
import warnings
from functools import cache, lru_cache
from itertools import accumulate
from typing import Any

_OTHER = re.compile(r"[^\u4e00-\u9fd5A-Za-z0-9]")
_LONGEST = 16  # characters of the dictionary's longest word


def open_segmenter() -> Any:
    """Return a jieba segmenter with the default dictionary, which no other code can have changed.

    The library would keep the parsed dictionary under a fixed name in the folder for temporary files, where anyone could put another.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its source has escapes that newer Pythons warn of, as does pkg_resources, which it tries
        import jieba  # noqa: PLC0415

    segmenter = jieba.Tokenizer()
    segmenter.FREQ, segmenter.total = segmenter.gen_pfdict(segmenter.get_dict_file())
    segmenter.initialized = True
    return segmenter


def parts_words(text: str, place: int) -> bool:
    """Return whether a word ends before character `place` of a text, between two Chinese ones, in the most probable segmentation.

    Only words of the dictionary count; what it lacks falls apart into characters, so that a name it does not know has ends everywhere.
    """
    if not _is_crossed(text, place):
        return True
    # What is not Chinese ends words in any case; a short text is cut much faster than a long one.
    start = max((run.end() for run in _OTHER.finditer(text, 0, place)), default=0)
    end = run.start() if (run := _OTHER.search(text, place)) else len(text)
    return place - start in _ends(text[start:end])


def _is_crossed(text: str, place: int) -> bool:
    """Return whether any word of the dictionary reaches across a place; where none does, no segmentation is needed."""
    frequencies = _segmenter().FREQ  # also holds the beginnings of words, with 0
    for start in range(max(0, place - _LONGEST), place):
        end = place + 1
        while end <= len(text) and (frequency := frequencies.get(text[start:end])) is not None:
            if frequency:
                return True
            end += 1
    return False


@lru_cache(maxsize=256)
def _ends(text: str) -> frozenset[int]:
    return frozenset(accumulate(map(len, _segmenter().cut(text, HMM=False))))


@cache
def _segmenter() -> Any:
    return open_segmenter()
