"""`glossary`: check, keep, explain."""

import json

import pytest

from tests.cli.conftest import Cli

GOOD = "source,target\n汇率,exchange rate|FX rate,domain=finance\n汇率风险,currency risk,case\nnpm,,keep\n"


def test_check_names_what_is_wrong_and_what_meets(cli: Cli) -> None:
    file = cli.write("terms.csv", f"{GOOD}汇率,rate\n利率\n")
    result = cli("glossary", "check", file)
    assert result.exit_code == 65
    assert "terms.csv:6:1: there is no target" in result.stdout
    assert "terms.csv: 4 terms, 1 rows that cannot be used" in result.stdout
    assert "terms.csv:5: conflict with" in result.stdout
    assert "terms.csv:3: nested with" in result.stdout


def test_check_of_a_good_file_ends_with_0(cli: Cli) -> None:
    result = cli("glossary", "check", cli.write("terms.csv", GOOD), "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["problems"] == []
    assert [item["kind"] for item in found["findings"]] == ["nested"]


def test_check_looks_at_files_together(cli: Cli) -> None:
    first, second = cli.write("a.csv", "汇率,rate"), cli.write("b.tsv", "汇率\texchange rate")
    (finding,) = cli.json("glossary", "check", first, second)["findings"]
    assert (finding["kind"], [place.rpartition("/")[2] for place in finding["at"]]) == ("conflict", ["a.csv:1", "b.tsv:1"])


def test_a_glossary_is_kept_listed_and_shown(cli: Cli) -> None:
    (stored,) = cli.json("glossary", "import", cli.write("terms.csv", GOOD))
    assert (stored["name"], stored["terms"]) == ("terms", 3)
    cli("glossary", "import", cli.write("terms.csv", "汇率,rate"))
    assert [row["terms"] for row in cli.json("glossary", "list")] == [1]
    assert [row["terms"] for row in cli.json("glossary", "list", "terms")] == [1, 3]
    (shown,) = cli.json("glossary", "show", "terms")
    assert (shown["source"], shown["target"]) == ("汇率", "rate")


def test_show_takes_a_file_too(cli: Cli) -> None:
    result = cli("glossary", "show", cli.write("terms.csv", GOOD), "--limit", 2)
    assert "exchange rate|FX rate" in result.stdout
    assert "domain=finance" in result.stdout
    assert "and 1 more" in result.stdout


def test_explain_shows_terms_and_both_translations(cli: Cli) -> None:
    result = cli(
        "glossary", "explain", "汇率上升。天气很好。", "--engine", "identity", "--glossary", cli.write("terms.csv", GOOD), "--json"
    )
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert first["matches"] == [{"start": 0, "end": 2, "source": "汇率"}]
    assert first["terms"] == [{"source": "汇率", "target": "exchange rate", "outcome": "injected", "reason": "replacement"}]
    assert (first["without"], first["with"], first["warnings"]) == ("汇率上升。", "Exchange rate。", [])
    assert (second["matches"], second["warnings"]) == ([], [])


def test_explain_in_words(cli: Cli) -> None:
    result = cli("glossary", "explain", "汇率", "--engine", "identity", "--glossary", cli.write("terms.csv", GOOD))
    assert "whole segment" in result.stdout
    assert "with:    Exchange rate" in result.stdout


@pytest.mark.parametrize(
    "arguments", [("show", "nowhere"), ("check", "nowhere.csv"), ("explain", "x", "--engine", "identity", "--glossary", "nowhere")]
)
def test_a_glossary_that_is_not_there_is_an_error(cli: Cli, arguments: tuple[str, ...]) -> None:
    result = cli("glossary", *arguments)
    assert result.exit_code == 65
    assert result.stderr.startswith("Error: ")


def test_explain_needs_a_glossary(cli: Cli) -> None:
    assert cli("glossary", "explain", "x").exit_code == 2
