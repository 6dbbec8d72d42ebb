import numpy as np
import pytest
from tokenizers import Tokenizer

from nmt.build.corpus import ParallelSet, gathered, pack_links, tokenise
from nmt.build.terms import Phrase, TermPlaceholders, phrases, with_terms
from nmt.build.vocabulary import train_tokenizer
from nmt.config import PLACEHOLDERS

SOURCE, TARGET = "我们更新数据库的索引。", "We update the index of the database."


@pytest.fixture(scope="module")
def tokenizers() -> tuple[Tokenizer, Tokenizer]:
    """One token a character on the source side, whole words on the target's."""
    return (
        train_tokenizer([*SOURCE], size=300, alphabet=30, source=True),
        train_tokenizer([TARGET] * 20, size=400, alphabet=60, source=False),
    )


@pytest.fixture(scope="module")
def pair(tokenizers: tuple[Tokenizer, Tokenizer]) -> ParallelSet:
    source, target = tokenise([SOURCE], tokenizers[0]), tokenise([TARGET], tokenizers[1])
    tokens = [[tokenizer.id_to_token(number) for number in side[0]] for tokenizer, side in zip(tokenizers, (source, target), strict=True)]
    words = [
        ("我", "▁We"),
        ("们", "▁We"),
        ("更", "▁update"),
        ("新", "▁update"),
        ("数", "▁database"),
        ("据", "▁database"),
        ("库", "▁database"),
    ]
    words += [("索", "▁index"), ("引", "▁index")]
    links = [
        (next(i for i, token in enumerate(tokens[0]) if token and token.strip("▁") == one), tokens[1].index(other)) for one, other in words
    ]
    return ParallelSet(source, target, gathered([pack_links(links)]))


def test_phrases_are_what_no_link_leaves() -> None:
    assert set(phrases(3, [(0, 0), (1, 2), (2, 1)])) == {(0, 1, 0, 1), (1, 2, 2, 3), (2, 3, 1, 2), (1, 3, 1, 3), (0, 3, 0, 3)}
    assert list(phrases(2, [(0, 0), (1, 0)])) == [Phrase(0, 2, 0, 1)]
    assert list(phrases(2, [])) == []


def test_a_term_becomes_the_same_placeholder_on_both_sides(tokenizers: tuple[Tokenizer, Tokenizer], pair: ParallelSet) -> None:
    texts = set()
    for seed in range(30):
        varied = with_terms(pair, tokenizers, 1.0, seed)
        assert not varied.links.lengths().any()
        source, target = (
            tokenizer.decode(side[0].tolist(), skip_special_tokens=False)
            for tokenizer, side in zip(tokenizers, (varied.source, varied.target), strict=True)
        )
        marks = [mark for mark in PLACEHOLDERS if mark in source]
        assert marks
        assert all(source.count(mark) == target.count(mark) == 1 for mark in PLACEHOLDERS if mark in source + target)
        for mark in marks:
            source, target = source.replace(mark, "*"), target.replace(mark, "*")
        texts.add((source, target))
    assert ("我们**的*。", "We * the * of the *.") in texts
    assert ("我们更新*的*。", "We update the * of the *.") in texts


def test_function_words_and_pairs_with_placeholders_are_left_alone(tokenizers: tuple[Tokenizer, Tokenizer], pair: ParallelSet) -> None:
    we = ParallelSet(pair.source, pair.target, gathered([pair.links[0][:2]]))
    assert np.array_equal(with_terms(we, tokenizers, 1.0, 1).target.ids, pair.target.ids)
    links = [(0, 0)]
    ids = tokenizers[1].encode("⟦1⟧ database", add_special_tokens=False).ids
    assert TermPlaceholders(tokenizers, 1).vary(pair.source[0].tolist(), ids, links) is None


def test_no_pair_is_varied_when_the_share_is_nothing(tokenizers: tuple[Tokenizer, Tokenizer], pair: ParallelSet) -> None:
    varied = with_terms(pair, tokenizers, 0.0, 1)
    assert np.array_equal(varied.source.ids, pair.source.ids)
    assert np.array_equal(varied.links.ids, pair.links.ids)
