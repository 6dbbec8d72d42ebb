"""The benchmark beside CTranslate2 compares what it says it compares."""

import time
from collections.abc import Sequence
from itertools import count

import pytest

pytest.importorskip("onnx")
pytest.importorskip("ctranslate2")

from benchmarks.decoding import TARGET, Rounds, alternate, figures, multiplications, open_runs, peak
from benchmarks.random_network import random_sources
from nmt.build.tables import markdown
from nmt.config import NetworkConfig
from nmt.search import Ints

TINY = NetworkConfig(32, 64, 2, 1, 1, 1, 256, 256)


def full(sources: Sequence[Ints], beam: int) -> list[int]:
    return [TARGET] * len(sources)


@pytest.mark.parametrize("beam", [1, 4])
def test_every_engine_gives_outputs_of_the_forced_length(beam: int) -> None:
    sources = random_sources(TINY, 3, 24)
    assert {name: run(sources, beam) for name, run in open_runs(TINY, 1).items()} == dict.fromkeys(
        ("ctranslate2", "rows", "constant", "shortlist"), [TARGET] * 3
    )


def test_every_round_times_every_engine_and_the_first_round_does_not_count() -> None:
    ticks = count()
    seconds = alternate({"constant": full, "rows": full}, random_sources(TINY, 2, 5), 1, Rounds(3, 0.0, lambda: float(next(ticks))))
    assert seconds == {"constant": [1.0] * 3, "rows": [1.0] * 3}


def test_output_of_another_length_is_no_comparison() -> None:
    with pytest.raises(RuntimeError, match="constant: outputs have"):
        alternate({"constant": lambda sources, beam: [3]}, random_sources(TINY, 1, 5), 1, Rounds(1, 0.0, time.perf_counter))


def test_ratios_are_medians_of_pairs() -> None:
    seconds = {"ctranslate2": [2.0, 8.0, 3.0], "constant": [1.0, 2.0, 3.0], "rows": [2.0, 2.0, 2.0], "shortlist": [1.0, 1.0, 1.0]}
    found = figures(seconds, TINY, 4, 1, 1e6)
    assert (found["constant_ratio"], found["rows_ratio"], found["ctranslate2_ms"]) == (2.0, 1.5, 3000.0)
    assert found["tokens_per_second"] == 4 * TARGET / 2


def test_beams_share_the_encoder() -> None:
    one, four = multiplications(TINY, 1), multiplications(TINY, 4)
    step = 32 * 256 + 32 * (3 * 32 + 32 + 32 + 32) + 2 * 32 * 64  # projection, attentions, feed-forward
    assert four - one == 3 * TARGET * step


def test_the_peak_is_that_of_a_product() -> None:
    assert peak(1, time.process_time) > 1e8


def test_a_table_has_the_keys_as_its_head() -> None:
    assert markdown([{"a": "1", "b": "2"}]) == "| a | b |\n| --- | --- |\n| 1 | 2 |\n"
