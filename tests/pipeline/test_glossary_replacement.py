from models.segment import Link
from models.terms import Constraint
from pipeline.glossary_replacement import replace_aligned

TARGET = "A swap price of the bank rose."


def link(source: int, word: str, weight: float) -> Link:
    start = TARGET.index(word)
    return Link(source, source + 1, start, start + len(word), weight)


LINKS = [link(0, "swap", 0.9), link(1, "price", 0.8), link(4, "the", 0.4), link(4, "bank", 0.9), link(6, "rose", 0.9), link(0, "rose", 0.1)]


def test_the_words_aligned_with_a_term_give_way_to_it_with_their_article() -> None:
    assert replace_aligned(TARGET, [Constraint(0, 2, ("exchange rate",))], LINKS, []) == ("An exchange rate of the bank rose.", [True])


def test_an_article_in_front_of_the_words_stays() -> None:
    assert replace_aligned(TARGET, [Constraint(4, 5, ("fund",))], LINKS, []) == ("A swap price of the fund rose.", [True])


def test_several_terms_are_replaced_at_once() -> None:
    constraints = [Constraint(4, 5, ("fund",)), Constraint(0, 2, ("exchange rate",)), Constraint(8, 9, ("x",))]
    assert replace_aligned(TARGET, constraints, LINKS, []) == ("An exchange rate of the fund rose.", [True, True, False])


def test_words_of_other_terms_are_kept() -> None:
    kept = [(TARGET.index("bank"), TARGET.index("bank") + 4)]
    assert replace_aligned(TARGET, [Constraint(4, 5, ("fund",))], LINKS, kept) == ("A swap price of fund bank rose.", [True])


def test_of_two_terms_with_the_same_words_the_better_aligned_one_gets_them() -> None:
    links = [link(0, "bank", 0.9), link(1, "bank", 0.5)]
    constraints = [Constraint(1, 2, ("second",)), Constraint(0, 1, ("first",))]
    assert replace_aligned(TARGET, constraints, links, []) == ("A swap price of the first rose.", [False, True])


def test_without_alignments_nothing_changes() -> None:
    assert replace_aligned(TARGET, [Constraint(0, 2, ("x",))], [], []) == (TARGET, [False])
