import shutil
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from nmt.build.corpus import Link, ParallelSet, gathered, load_packed, pack, pack_links, tokenise, unpack_links
from nmt.build.links import ALIGNER, lexicon, main, symmetrised
from nmt.build.vocabulary import train_tokenizer

ALIGNMENTS = st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20)
WORDS = {"猫": "cats", "狗": "dogs", "书": "books", "鸟": "birds"}
PAIRS = [("".join(words), " ".join(WORDS[word] for word in words)) for size in (1, 2, 3) for words in product(WORDS, repeat=size)]


@pytest.fixture(scope="module")
def tokenizers() -> tuple[Tokenizer, Tokenizer]:
    return (
        train_tokenizer([source for source, _ in PAIRS], size=300, alphabet=20, source=True),
        train_tokenizer([target for _, target in PAIRS], size=310, alphabet=30, source=False),
    )


@given(forward=ALIGNMENTS, backward=ALIGNMENTS)
def test_symmetrised_links_hold_what_both_directions_say_and_nothing_that_neither_says(forward: set[Link], backward: set[Link]) -> None:
    links = set(symmetrised(forward, backward))
    assert forward & backward <= links <= forward | backward
    assert set(symmetrised(backward, forward)) == links


def test_links_grow_into_words_that_have_none() -> None:
    assert symmetrised({(0, 0), (1, 1)}, {(0, 0)}) == [(0, 0), (1, 1)]
    assert symmetrised({(0, 0), (0, 1)}, {(0, 0)}) == [(0, 0), (0, 1)]
    assert symmetrised({(0, 0), (1, 1), (0, 1)}, {(0, 0), (1, 1)}) == [(0, 0), (1, 1)]
    assert symmetrised({(5, 5)}, {(0, 0)}) == [(0, 0), (5, 5)]


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100))))
def test_packed_links_read_back(links: list[Link]) -> None:
    assert unpack_links(pack_links(links)) == links


def test_the_lexicon_lists_the_most_frequent_targets_first() -> None:
    source = gathered([np.array([7, 8], np.uint16)] * 4)
    target = gathered([np.array(row, np.uint16) for row in ([1, 2], [1, 2], [3, 2], [4, 5])])
    links = gathered([pack_links([(0, 0), (1, 1)])] * 3 + [pack_links([(0, 0)])])
    table = lexicon(ParallelSet(source, target, links), 10, 2)
    assert table[7].tolist() == [1, 3]
    assert table[8].tolist() == [2, 0]
    assert not table[[0, 1, 9]].any()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which(ALIGNER) is None, reason="the aligner is not installed: pip install eflomal")
def test_the_aligner_finds_which_word_is_which(tokenizers: tuple[Tokenizer, Tokenizer], tmp_path: Path) -> None:
    for name, tokenizer in zip(("source.json", "target.json"), tokenizers, strict=True):
        tokenizer.save(str(tmp_path / name))
    pack(PAIRS, tokenizers, tmp_path / "plain.npz")
    files = {"--data": "plain.npz", "--tokenizers": ".", "--output": "linked.npz", "--lexicon": "lexicon.npy"}
    main([str(item) for flag, name in files.items() for item in (flag, tmp_path / name)])
    assert load_packed(tmp_path / "linked.npz").links.lengths().any()
    table = np.load(tmp_path / "lexicon.npy")
    right = 0
    for one, other in WORDS.items():
        sources, targets = (tokenise([word], tokenizer)[0] for word, tokenizer in zip((one, other), tokenizers, strict=True))
        right += table[sources[-1], 0] in targets
    assert right >= len(WORDS) - 1  # it samples
