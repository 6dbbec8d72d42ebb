from pathlib import Path

import pytest

pytest.importorskip("sacrebleu")

from nmt.build.evaluate import evaluate, score, signatures


def test_a_perfect_translation_scores_a_hundred() -> None:
    lines = ["The committee met again on Tuesday morning.", "It is raining in the north of the country."]
    assert score(lines, lines) == {"bleu": 100.0, "chrf": 100.0}


@pytest.mark.parametrize("reference", ["ref.en", "en"])
def test_a_set_is_scored_beside_the_other_systems_that_lie_there(tmp_path: Path, reference: str) -> None:
    files = {"zh": "一\n二\n", reference: "this is number one\nthis is number two\n", "other.en": "this is number one\nnothing like it\n"}
    for suffix, text in files.items():
        (tmp_path / f"set.{suffix}").write_text(text, encoding="utf-8")
    result = evaluate(tmp_path, "set", lambda sources: [f"this is number {'one' if source == '一' else 'two'}" for source in sources])
    assert result["sentences"] == 2
    assert set(result["systems"]) == {"translate-docs", "other"}
    assert result["systems"]["translate-docs"]["bleu"] > 99 > result["systems"]["other"]["bleu"]


def test_the_metrics_name_their_settings() -> None:
    bleu, chrf = signatures()
    assert "tok:13a" in bleu
    assert "nc:6" in chrf
