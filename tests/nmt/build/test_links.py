import shutil
from collections import Counter
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from nmt.build.corpus import Link, load_packed, pack, pack_links, tokenise, unpack_links
from nmt.build.links import ALIGNER, main, symmetrised
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


@pytest.mark.slow
@pytest.mark.skipif(shutil.which(ALIGNER) is None, reason="the aligner is not installed: pip install eflomal")
def test_the_aligner_finds_which_word_is_which(tokenizers: tuple[Tokenizer, Tokenizer], tmp_path: Path) -> None:
    for name, tokenizer in zip(("source.json", "target.json"), tokenizers, strict=True):
        tokenizer.save(str(tmp_path / name))
    pack(PAIRS, tokenizers, tmp_path / "plain.npz")
    files = {"--data": "plain.npz", "--tokenizers": ".", "--output": "linked.npz"}
    main([str(item) for flag, name in files.items() for item in (flag, tmp_path / name)])
    data = load_packed(tmp_path / "linked.npz")
    seen = Counter(
        (int(data.source[row][one]), int(data.target[row][other]))
        for row in range(len(data))
        for one, other in unpack_links(data.links[row])
    )
    right = 0
    for one, other in WORDS.items():
        sources, targets = (tokenise([word], tokenizer)[0] for word, tokenizer in zip((one, other), tokenizers, strict=True))
        linked = {target: count for (source, target), count in seen.items() if source == sources[-1]}
        right += max(linked, key=linked.__getitem__) in targets
    assert right >= len(WORDS) - 1  # it samples
