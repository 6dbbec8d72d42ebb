"""`--glossary`: what a job does with terms, what it stores of them, and what a new term makes afresh."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from models.compact import verdicts_from_text
from models.database import Database
from models.segment import Verdict
from models.tables import SegmentRow
from tests.cli.conftest import Cli


def terms(cli: Cli, *rows: str, name: str = "terms.csv") -> Path:
    return cli.write(name, "source,target\n" + "".join(f"{row}\n" for row in rows))


def stored(cli: Cli) -> dict[str, tuple[Verdict, ...]]:
    database = Database(cli.environment["TRANSLATE_DOCS_DATABASE_URL"])
    with database.begin() as session:
        rows = session.execute(select(SegmentRow.source, SegmentRow.verdicts).order_by(SegmentRow.id))
        found = {source: verdicts_from_text(verdicts) for source, verdicts in rows}
    database.close()
    return found


def test_terms_stand_in_the_document_and_their_verdicts_in_the_database(cli: Cli) -> None:
    result = cli.submit(cli.write("a.txt", "汇率上升。下雨了。\n"), "--glossary", terms(cli, "汇率,exchange rate"))
    assert result.exit_code == 0, result.output
    assert "xchange rate" in (cli.folder / "a.en.txt").read_text()
    [verdict] = stored(cli)["汇率上升。"]
    assert (verdict.source, verdict.target, verdict.outcome) == ("汇率", "exchange rate", "injected")
    assert stored(cli)["下雨了。"] == ()


def test_a_violated_term_makes_the_document_done_with_warnings_and_is_listed(cli: Cli) -> None:
    glossary = terms(cli, "汇率,exchange rate")
    found = cli.json("submit", cli.write("a.txt", "汇率上升。\n"), "--engine", "identity", "--glossary", glossary)
    assert found["documents"][0]["state"] == "done"
    cli("memory", "import", cli.write("m.tmx", tmx("汇率上升。", "Prices rise.")))
    source = cli.write("b.txt", "汇率上升。\n")
    found = cli.json("submit", source, "--engine", "pseudo", "--glossary", glossary)
    assert found["documents"][0]["state"] == "done_with_warnings"
    listed = json.loads(cli("status", "--segments", "--json").stdout)
    assert (listed["document"], listed["target"], listed["warnings"], listed["origin"]) == (
        str(source),
        "Prices rise.",
        ["glossary"],
        "human",
    )
    assert [(term["source"], term["outcome"]) for term in listed["terms"]] == [("汇率", "violated")]
    assert "汇率 = exchange rate: " in cli("status", "--segments").stdout


def test_report_changes_nothing_and_warns_of_nothing(cli: Cli) -> None:
    glossary = terms(cli, "汇率,exchange rate")
    found = cli.json(
        "submit", cli.write("a.txt", "汇率上升。\n"), "--engine", "pseudo", "--glossary", glossary, "--glossary-mode", "report"
    )
    assert found["documents"][0]["state"] == "done"
    assert (cli.folder / "a.en.txt").read_text() == "[汇率上升。]\n"
    assert [verdict.outcome for verdict in stored(cli)["汇率上升。"]] == ["violated"]


def test_a_new_term_makes_only_the_segments_afresh_that_contain_it(cli: Cli) -> None:
    source = cli.write("a.txt", "汇率上升。银行关门。下雨了。\n")
    found = cli.json("submit", source, "--engine", "pseudo", "--glossary", terms(cli, "汇率,exchange rate"))
    assert found["documents"][0]["known"] == 0
    found = cli.json("submit", source, "--engine", "pseudo", "--glossary", terms(cli, "汇率,exchange rate", "银行,bank"))
    assert found["documents"][0]["known"] == 2
    text = source.with_name("a.en.txt").read_text()
    assert "xchange rate" in text
    assert "ank" in text


def test_an_unchanged_document_is_skipped_until_its_terms_change(cli: Cli) -> None:
    source = cli.write("a.txt", "汇率上升。\n")
    for rows, reasons in ((["汇率,rate"], []), (["汇率,rate"], ["unchanged"]), (["汇率,price"], []), (["汇率,rate"], [])):
        found = cli.json("submit", source, "--engine", "pseudo", "--glossary", terms(cli, *rows, name="other.csv"))
        assert [entry["reason"] for entry in found["skipped"]] == reasons


def test_a_stored_glossary_is_used_by_its_name(cli: Cli) -> None:
    path = terms(cli, "汇率,exchange rate")
    cli.submit(cli.write("a.txt", "下雨了。\n"), "--glossary", path)
    path.unlink()
    assert cli.submit(cli.write("b.txt", "汇率上升。\n"), "--glossary", "terms").exit_code == 0
    assert "xchange rate" in (cli.folder / "b.en.txt").read_text()


def test_the_first_of_two_glossaries_wins(cli: Cli) -> None:
    first, second = terms(cli, "汇率,first"), terms(cli, "汇率,second", name="more.csv")
    cli.submit(cli.write("a.txt", "汇率上升。\n"), "--glossary", second, "--glossary", first)
    assert [verdict.target for verdict in stored(cli)["汇率上升。"]] == ["second"]


def test_a_dry_run_knows_which_segments_a_term_makes_afresh(cli: Cli) -> None:
    cli.submit(cli.write("a.txt", "汇率上升。下雨了。\n"))
    found = cli.json("submit", cli.folder / "a.txt", "--engine", "pseudo", "--force", "--dry-run", "--glossary", terms(cli, "汇率,rate"))
    assert (found["unique"], found["known"]) == (2, 1)


@pytest.mark.parametrize("glossary", ["nowhere.csv", "nothing"])
def test_a_glossary_that_is_not_there_ends_before_anything_is_recorded(cli: Cli, glossary: str) -> None:
    result = cli.submit(cli.write("a.txt"), "--glossary", glossary)
    assert result.exit_code == 65
    assert result.stderr.count("\n") == 1
    assert cli.json("list") == []


def test_a_glossary_with_a_bad_row_ends_before_anything_is_recorded(cli: Cli) -> None:
    result = cli.submit(cli.write("a.txt"), "--glossary", terms(cli, "汇率"))
    assert result.exit_code == 65
    assert "terms.csv:2" in result.stderr
    assert cli.json("list") == []


def test_lines_are_translated_with_terms(cli: Cli) -> None:
    arguments = ("translate", "--engine", "pseudo", "汇率上升", "--glossary", terms(cli, "汇率,exchange rate"))
    found = json.loads(cli(*arguments, "--json").stdout)
    assert "xchange rate" in found["translation"]
    assert [term["outcome"] for term in found["terms"]] == ["injected"]


def tmx(source: str, target: str) -> str:
    variants = "".join(f'<tuv xml:lang="{lang}"><seg>{text}</seg></tuv>' for lang, text in (("zh", source), ("en", target)))
    return f'<tmx version="1.4"><header/><body><tu>{variants}</tu></body></tmx>'
