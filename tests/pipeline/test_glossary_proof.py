import pytest

from models.segment import Verdict
from models.terms import Term
from pipeline.glossary import Glossary
from pipeline.glossary_proof import find_places, verdicts

RATE = Term("汇率", "exchange rate", ("FX rate",))


def judged(terms: list[Term], source: str, target: str) -> list[Verdict]:
    matches = Glossary(terms).match(source)
    return list(verdicts(matches, target, [""] * len(matches)))


@pytest.mark.parametrize(
    ("target", "outcome", "reason"),
    [
        ("The exchange rate rose.", "satisfied", ""),
        ("Exchange rate up.", "satisfied", ""),
        ("It fell. Exchange rate up.", "satisfied", ""),
        ("the exchange\u00a0rate", "satisfied", ""),
        ("the Exchange Rate", "variant", "letter case"),
        ("the fx rate", "variant", "alternative"),
        ("the exchange rates", "variant", "plural"),
        ("two FX rates", "variant", "plural"),
        ("interexchange rate", "violated", "it does not stand in the translation"),
        ("exchange rated", "violated", "it does not stand in the translation"),
        ("", "violated", "it does not stand in the translation"),
    ],
)
def test_every_form_gets_its_verdict(target: str, outcome: str, reason: str) -> None:
    (verdict,) = judged([RATE], "汇率上升", target)
    assert (verdict.source, verdict.target, verdict.outcome, verdict.reason) == ("汇率", "exchange rate", outcome, reason)


def test_a_plural_term_may_stand_in_the_singular() -> None:
    assert judged([Term("汇率", "exchange rates")], "汇率", "the exchange rate")[0].reason == "singular"


@pytest.mark.parametrize(
    ("target", "outcome"), [("use npm", "satisfied"), ("Npm is", "violated"), ("NPM", "violated"), ("npms", "variant")]
)
def test_case_matters_where_it_was_asked_for(target: str, outcome: str) -> None:
    assert judged([Term("npm", "npm", match_case=True, keep=True)], "用npm", target)[0].outcome == outcome


def test_a_term_inside_the_place_of_another_does_not_hold() -> None:
    terms = [Term("汇率", "exchange rate"), Term("风险", "exchange rate risk")]
    assert [verdict.outcome for verdict in judged(terms, "汇率和风险", "the exchange rate risk")] == ["violated", "satisfied"]
    assert [verdict.outcome for verdict in judged(terms, "汇率和风险", "exchange rate risk and exchange rate")] == [
        "satisfied",
        "satisfied",
    ]


def test_what_is_said_once_holds_for_every_occurrence() -> None:
    terms = [Term("美国", "United States"), Term("美利坚", "United States")]
    assert {verdict.outcome for verdict in judged(terms, "美国，美利坚，美国", "United States")} == {"satisfied"}


def test_places_follow_the_order_of_the_occurrences() -> None:
    places = find_places(Glossary([Term("云", "cloud")]).match("云，云"), "cloud and cloud")
    assert [(place.start, place.end) for place in places if place] == [(0, 5), (10, 15)]


def test_a_forbidden_target_is_a_violation_where_it_stands_outside_a_wanted_one() -> None:
    terms = [Term("云", "cloud computing"), Term("云", "cloud", forbidden=True)]
    assert [verdict.outcome for verdict in judged(terms, "云", "cloud computing")] == ["satisfied"]
    found = judged(terms, "云", "cloud computing in the Clouds")
    assert found[1] == Verdict("云", "cloud", "violated", "forbidden, but it stands there")
    assert judged(terms[1:], "云", "sky") == [Verdict("云", "cloud", "satisfied", "forbidden, and not there")]


@pytest.mark.parametrize("target", ["a.*b(", '"quoted"', "C++", "x\\y", "⟦1⟧", "汇率", "'s", "^$"])
def test_targets_are_text_and_not_patterns(target: str) -> None:
    assert judged([Term("术语", target)], "术语", f"the {target} here")[0].outcome == "satisfied"
    assert judged([Term("术语", target)], "术语", "nothing of it")[0].outcome == "violated"
