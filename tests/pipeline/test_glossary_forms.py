import pytest

from models.terms import Constraint
from pipeline.glossary_forms import article, capitalised, fill, plural, put_in, singular


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("exchange rate", "exchange rates"),
        ("policy", "policies"),
        ("key", "keys"),
        ("branch", "branches"),
        ("tax", "taxes"),
        ("API", "APIs"),
        ("CITY", "CITYs"),
        ("chairwoman", "chairwomans"),
        ("Man", "Men"),
        ("risk analysis", "risk analyses"),
        ("server-side child", "server-side children"),
        ("bus", "buses"),
        ("class", "classes"),
    ],
)
def test_plurals_follow_the_rules(one: str, many: str) -> None:
    assert plural(one) == many


@pytest.mark.parametrize("phrase", ["exchange rates", "Men", "United States", "policies"])
def test_what_ends_like_a_plural_stays(phrase: str) -> None:
    assert plural(phrase) == phrase


@pytest.mark.parametrize(
    ("many", "one"),
    [("rates", "rate"), ("policies", "policy"), ("classes", "class"), ("people", "person"), ("class", "class"), ("data", "data")],
)
def test_singulars_follow_the_rules(many: str, one: str) -> None:
    assert singular(many) == one


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("apple", "an"),
        ("bank", "a"),
        ("hour", "an"),
        ("university", "a"),
        ("uninstall", "an"),
        ("European", "a"),
        ("one-way street", "a"),
        ("API", "an"),
        ("URL", "a"),
        ("SQL", "an"),
        ("8 bit", "an"),
        ("18-year", "an"),
        ("800", "an"),
        ("U.S.", "a"),
        ("unit", "a"),
        ("X-ray", "an"),
        ("A1", "an"),
        ("Apple", "an"),
    ],
)
def test_articles_follow_the_sound(phrase: str, expected: str) -> None:
    assert article(phrase) == expected


@pytest.mark.parametrize(
    ("before", "phrase", "expected"),
    [
        ("This is a ", "apple", "This is an apple"),
        ("An ", "bank", "A bank"),
        ("in the ", "the Hague", "in the Hague"),
        ("", "exchange rate", "Exchange rate"),
        ("It fell. ", "exchange rate", "It fell. Exchange rate"),
        ("the ", "exchange rate", "the exchange rate"),
        ("see e.g., ", "x", "see e.g., x"),
        ("banana ", "split", "banana split"),
        ("The ", "The Guardian", "The Guardian"),
    ],
)
def test_a_phrase_is_put_in_with_its_article_and_capital(before: str, phrase: str, expected: str) -> None:
    assert put_in(before, phrase, is_fixed=False) == expected


def test_a_fixed_phrase_keeps_its_letters() -> None:
    assert put_in("", "npm", is_fixed=True) == "npm"
    assert capitalised("iPhone") == "iPhone"
    assert capitalised("") == ""


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("⟦1⟧s ⟦2⟧", "Banks policy"),
        ("many ⟦1⟧ s, and ⟦2⟧", "many banks, and policy"),
        ("⟦2⟧ 's ⟦1⟧ .", "Policy's bank."),
        ("an ⟦1⟧ of ⟦2⟧es", "a bank of policies"),
        ("⟦1⟧ sells ⟦2⟧", "Bank sells policy"),
        ("⟦1⟧ only", None),
        ("⟦1⟧ ⟦2⟧ ⟦3⟧", None),
    ],
)
def test_placeholders_are_filled_with_grammar(target: str, expected: str | None) -> None:
    assert fill(target, [Constraint(0, 1, ("bank",)), Constraint(1, 2, ("policy",))]) == expected


def test_what_looks_like_a_placeholder_in_a_term_stays() -> None:
    fillers = [Constraint(0, 1, ("x⟦2⟧y",), is_fixed=True), Constraint(1, 2, ("⟦1⟧",), is_fixed=True)]
    assert fill("⟦2⟧ ⟦1⟧", fillers) == "⟦1⟧ x⟦2⟧y"
