"""Evening out activations must not change the network, and their ranges must hold."""

import json
from pathlib import Path

import numpy as np
import pytest

from nmt.build.checkpoint import Checkpoint
from nmt.bundle import Manifest
from nmt.config import Alignment, NetworkConfig, variable_shapes
from nmt.search import Hypothesis, Ints, SearchOptions, beam_search
from nmt.session import DECODER_FILE, ENCODER_FILE, Decoding, Session
from tests.nmt.build.test_export import network_of

onnx = pytest.importorskip("onnx", reason="calibration needs the build extra: pip install -e '.[build]'")

from nmt.build.calibrate import Ranges, measure, smoothed  # noqa: E402
from nmt.build.export import Network  # noqa: E402
from nmt.build.layers import Variables  # noqa: E402
from nmt.build.quantize import Scheme  # noqa: E402

FOLDER = Path(__file__).parents[2] / "data" / "csanmt"
SOURCES: list[Ints] = [np.array(ids) for ids in ([72, 111, 4, 31, 45, 1], [14, 12, 13, 36, 1, 68, 67], [92, 97, 32, 1], [8, 76, 75])]


def opened(network: Network, scheme: Scheme, folder: Path) -> Session:
    onnx.save(network.encoder(scheme), folder / ENCODER_FILE)
    onnx.save(network.decoder(scheme), folder / DECODER_FILE)
    return Session(Manifest(folder, "toy", network.config, scheme.precision, 128, 100, 0.6, {}, {}), 1)


def translated(session: Session) -> list[list[Hypothesis]]:
    options = SearchOptions(4, 0.6, session.manifest.network.softmax_width)
    return [beam_search(Decoding(session, session.encode([ids]), 4), [12], options)[0] for ids in SOURCES]


@pytest.fixture(scope="module", params=["toy_shared_trained", "toy_relative"])
def network(request: pytest.FixtureRequest) -> Network:
    folder = FOLDER / request.param
    config: NetworkConfig = network_of(json.loads((folder / "configuration.json").read_text())["model"])
    checkpoint = Checkpoint(folder / "tf_ckpts" / "ckpt-0")
    variables: Variables = {name: np.array(checkpoint.tensor(f"NmtModel/{name}")) for name in variable_shapes(config)}
    return Network(config, variables, 128, Alignment.usual(config))


@pytest.fixture(scope="module")
def ranges(network: Network) -> Ranges:
    return measure(network, SOURCES, 0.6)


def test_every_product_is_measured_channel_by_channel(network: Network, ranges: Ranges) -> None:
    products = {name for name in variable_shapes(network.config) if name.endswith("/matrix")}
    assert {name for name in ranges if not name.endswith("/projection")} == products
    for name in products:
        assert ranges[name].shape == network.variables[name].shape[:1]
        assert ranges[name].max() > 0


def test_evened_activations_give_the_same_translations(network: Network, ranges: Ranges, tmp_path: Path) -> None:
    even, limits = smoothed(network.config, network.variables, ranges)
    assert set(limits) < set(ranges)
    (tmp_path / "plain").mkdir()
    before = translated(opened(network, Scheme("fp32"), tmp_path / "plain"))
    after = translated(opened(Network(network.config, even, 128, network.alignment), Scheme("fp32"), tmp_path))
    for one, other in zip(before, after, strict=True):
        assert [item.tokens for item in one] == [item.tokens for item in other]
        np.testing.assert_allclose([item.score for item in one], [item.score for item in other], atol=1e-4)


def test_constant_scales_stay_close_to_32_bits(network: Network, ranges: Ranges, tmp_path: Path) -> None:
    even, limits = smoothed(network.config, network.variables, ranges)
    (tmp_path / "plain").mkdir()
    exact = opened(network, Scheme("fp32"), tmp_path / "plain").encode(SOURCES[:1])["memory"]
    memory = opened(Network(network.config, even, 128, network.alignment), Scheme("int8", limits), tmp_path).encode(SOURCES[:1])["memory"]
    scales = network.variables["encoder/layer_norm/layer_norm_scale"] / even["encoder/layer_norm/layer_norm_scale"]
    assert 0 < np.linalg.norm(memory * scales - exact) / np.linalg.norm(exact) < 0.05


def test_ranges_grow_with_more_sentences(network: Network, ranges: Ranges) -> None:
    fewer = measure(network, SOURCES[:1], 0.6)
    assert all((ranges[name] >= fewer[name] - 1e-6).all() for name in ranges)
