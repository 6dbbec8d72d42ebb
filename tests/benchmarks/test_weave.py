"""The benchmark of inline markup counts what it says it counts."""

import json
import sys
from pathlib import Path

import pytest

from benchmarks.marked import parse
from benchmarks.projection_rules import smallest_range, word_votes
from benchmarks.weave import RULES, Pair, main, read_pairs, score
from models.segment import Link

DATA = Path(__file__).parents[2] / "benchmarks" / "data"
SOURCE, TARGET = "<b>昨天</b>我去<i>北京</i>", "I went to <i>Beijing</i> <b>yesterday</b>"
LINKS = ((0, 2, 18, 27), (2, 3, 0, 1), (3, 4, 2, 6), (4, 6, 7, 9), (4, 6, 10, 17))


def pair() -> Pair:
    return Pair(parse(SOURCE), parse(TARGET), tuple(Link(*values, 1.0) for values in LINKS))


def test_tags_become_slots_with_paths() -> None:
    marked = parse("甲<a>乙<b>丙</b></a><br/>")
    assert marked.text == "甲乙丙"
    assert [(tag.key, tag.start, tag.end) for tag in marked.tags] == [(("a", 0), 1, 3), (("b", 0), 2, 3), (("br", 0), 3, 3)]
    assert [span.path for span in marked.spans] == [(), (0,), (0, 1), (2,)]


@pytest.mark.parametrize(("name", "exact"), [("weave", 2), ("bergamot-style votes", 1), ("min..max", 1), ("by length", 0)])
def test_each_rule_gets_the_score_it_deserves(name: str, exact: int) -> None:
    assert score([pair()], RULES[name]).exact == exact


def test_simple_rules_take_every_aligned_word() -> None:
    for rule in (word_votes, smallest_range):
        places = rule(pair().source, pair().target.text, pair().links)
        assert "".join(pair().target.text[place] for place in sorted(places[1])) in ("to Beijing", "toBeijing")


def test_a_run_prints_every_rule_and_what_went_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pairs").write_text(json.dumps({"source": SOURCE, "target": TARGET}), encoding="utf-8")
    (tmp_path / "links").write_text("[]", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["weave", str(tmp_path / "pairs"), "--links", str(tmp_path / "links"), "--show"])
    main()
    printed = capsys.readouterr().out
    assert all(name in printed for name in RULES)
    assert "not 'yesterday'" in printed


def test_sides_with_different_tags_are_refused(tmp_path: Path) -> None:
    (tmp_path / "pairs").write_text('{"source": "<b>甲</b>", "target": "a"}', encoding="utf-8")
    with pytest.raises(SystemExit, match="different tags"):
        read_pairs(tmp_path / "pairs")


@pytest.mark.parametrize(("name", "least"), [("weave-gold.jsonl", 150), ("weave-clreq.jsonl", 40)])
def test_the_data_is_well_formed(name: str, least: int) -> None:
    pairs = read_pairs(DATA / name)
    assert len({source.text for source, _ in pairs}) >= least
    assert all(source.tags for source, _ in pairs)
