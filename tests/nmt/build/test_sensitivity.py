"""The ranking of products by what 8 bits cost in them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="ranking needs the build extra: pip install -e '.[build]'")

from models.errors import ModelError, UnreadableFileError
from nmt.build.export import Network
from nmt.build.quantize import Scheme, chosen_products, most_sensitive, product_names, read_ranking
from nmt.build.sensitivity import KEPT, TOP, Batch, batches, blocks, divergence, keeping, kullback_leibler, predict, rank
from nmt.build.trial import trial_session
from nmt.config import Alignment, NetworkConfig, variable_shapes

CONFIG = NetworkConfig(32, 64, 2, 1, 1, 1, 256, 256)
NAMES = product_names(CONFIG)
LOUD = "decoder/layer_0/ffn_layer/output_layer/linear/matrix"


@pytest.fixture(scope="module")
def network() -> Network:
    """Return a network in which one product has a far outlier that 8 bits cannot hold beside the rest."""
    random = np.random.default_rng(0)
    variables = {name: (random.standard_normal(shape) * 0.2).astype(np.float32) for name, shape in variable_shapes(CONFIG).items()}
    variables |= {name: np.ones_like(value) for name, value in variables.items() if name.endswith("layer_norm_scale")}
    variables[LOUD][0] *= 300
    return Network(CONFIG, variables, 64, Alignment.usual(CONFIG))


@pytest.fixture(scope="module")
def pairs() -> list[Batch]:
    random = np.random.default_rng(1)
    lengths = [(5, 3), (6, 4), (12, 2)]
    return batches(*zip(*[(random.integers(3, 256, source), random.integers(3, 256, target)) for source, target in lengths], strict=True))


def test_pairs_share_a_batch_with_others_of_their_width(pairs: list[Batch]) -> None:
    assert [len(batch.sources) for batch in pairs] == [2, 1]


def test_what_is_predicted_are_the_best_tokens_at_each_position(network: Network, pairs: list[Batch]) -> None:
    found = predict(trial_session(network, Scheme("fp32")), pairs)
    assert len(found) == 5 + 3  # the longest target of each batch, and its end
    tokens, scores = found[0]
    assert tokens.shape == scores.shape == (2, TOP)
    assert (np.diff(scores) <= 0).all()
    assert (np.exp(scores).sum(axis=1) < 1 + 1e-5).all()


def test_a_network_does_not_diverge_from_itself(network: Network, pairs: list[Batch]) -> None:
    session = trial_session(network, Scheme("fp32"))
    assert abs(divergence(session, pairs, predict(session, pairs))) < 1e-5


def test_divergence_is_that_of_the_distributions() -> None:
    expected, found = np.log(np.array([[0.5, 0.25]], np.float32)), np.log(np.array([[0.25, 0.25]], np.float32))
    assert kullback_leibler(expected, expected)[0] == pytest.approx(0, abs=1e-6)
    assert kullback_leibler(expected, found)[0] == pytest.approx(0.5 * np.log(2) + 0.25 * np.log(0.25 / 0.5), abs=1e-6)


def test_the_product_that_8_bits_cannot_hold_comes_first_and_keeping_it_helps_most(network: Network, pairs: list[Batch]) -> None:
    scheme = Scheme("int8")
    ranking = rank(network, scheme, {name: [name] for name in NAMES}, pairs)
    assert {item["name"] for item in ranking} == set(NAMES)
    costs = [item["divergence"] for item in ranking]
    assert costs == sorted(costs, reverse=True)
    expected = predict(trial_session(network, Scheme("fp32")), pairs)
    without = divergence(trial_session(network, replace(scheme, exact=most_sensitive(ranking, 1))), pairs, expected)
    least = divergence(trial_session(network, replace(scheme, exact=frozenset(ranking[-1]["products"]))), pairs, expected)
    assert without < least
    kept = keeping(network, scheme, ranking, pairs)
    assert [item["kept"] for item in kept] == list(KEPT)
    assert kept[1]["divergence"] == pytest.approx(without)


def test_blocks_are_attentions_and_feed_forward_networks() -> None:
    found = blocks(NAMES)
    assert found["decoder/layer_0/ffn_layer"] == [f"decoder/layer_0/ffn_layer/{part}_layer/linear/matrix" for part in ("input", "output")]
    assert len(found["decoder/layer_0/encdec_attention"]) == 3
    assert sum(map(len, found.values())) == len(NAMES)


def test_products_are_chosen_by_name_and_by_rank(tmp_path: Path) -> None:
    path = tmp_path / "ranking.json"
    path.write_text(json.dumps({"products": [{"products": NAMES[:2]}, {"products": NAMES[2:3]}]}))
    assert chosen_products(CONFIG, NAMES[5:6], path, 1) == {*NAMES[:2], NAMES[5]}
    assert chosen_products(CONFIG, (), None, 4) == frozenset()


def test_what_is_no_product_and_no_ranking_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no product encoder/layer_9"):
        chosen_products(CONFIG, ["encoder/layer_9"], None, 0)
    (tmp_path / "other.json").write_text("[]")
    with pytest.raises(UnreadableFileError, match="no ranking"):
        read_ranking(tmp_path / "other.json")
    with pytest.raises(UnreadableFileError, match="cannot be read"):
        read_ranking(tmp_path / "none.json")
