"""The comparison of precisions measures bundles as they are."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the comparison needs the build extra: pip install -e '.[build]'")

import onnx

from benchmarks.bundle_figures import FORCED, batches, speed
from benchmarks.precisions import shown
from benchmarks.random_network import random_network, random_sources
from benchmarks.runtime_quantisers import BLOCK, convert, dynamic, nbits, pack
from nmt.build.quantize import Scheme
from nmt.build.writer import Description, write_bundle
from nmt.bundle import verify
from nmt.config import NetworkConfig
from nmt.session import Session

TINY = NetworkConfig(32, 64, 2, 1, 1, 1, 256, 256)


def bundle_of(scheme: Scheme, folder: Path) -> Path:
    network = random_network(TINY)
    write_bundle((TINY, network.variables), {}, folder, scheme, Description("tiny", 100, 0.6, {}, max_target=FORCED))
    return folder


@pytest.mark.parametrize(("change", "kind"), [(dynamic, "DynamicQuantizeLinear"), (nbits, "MatMulNBits")])
def test_converted_bundles_are_whole_and_multiply_in_8_bits(change: object, kind: str, tmp_path: Path) -> None:
    bundle = bundle_of(Scheme("fp32"), tmp_path / "bundle")
    assert callable(change)
    convert(bundle, change)
    manifest = verify(bundle)
    kinds = [node.op_type for node in onnx.load(bundle / "decoder.onnx").graph.node]
    assert kinds.count(kind) > 3
    found = speed(Session(manifest, 1), random_sources(TINY, 5, 24), 2)
    assert found["sentences"] == 5


def test_ours_do_not_depend_on_the_batch_and_that_of_the_batch_is_noticed(tmp_path: Path) -> None:
    sources = random_sources(TINY, 6, 24)
    rows = speed(Session(verify(bundle_of(Scheme("int8"), tmp_path / "rows")), 1), sources, 2)
    assert (rows["other_texts"], rows["other_scores"]) == (0, 0)
    other = bundle_of(Scheme("fp32"), tmp_path / "dynamic")
    convert(other, dynamic)
    assert speed(Session(verify(other), 1), sources, 2)["other_scores"] > 0


def test_packed_weights_are_close_to_the_matrix() -> None:
    matrix = np.random.default_rng(0).standard_normal((2 * BLOCK, 5), np.float32)
    packed, scales = pack(matrix)
    assert packed.shape == (5, 2, BLOCK)
    restored = ((packed.astype(np.float32) - 128) * scales[:, :, None]).reshape(5, -1).T
    np.testing.assert_allclose(restored, matrix, atol=float(scales.max()) / 2 + 1e-6)


def test_batches_hold_sentences_of_one_width() -> None:
    sources = [np.ones(length, np.int64) for length in (3, 20, 4, 21)]
    assert batches(sources) == [[0, 2], [1, 3]]


def test_shares_are_of_the_first_way() -> None:
    first = {"way": "fp32", "mb": 80.0, "load_s": 1.0, "peak_mb": 200, "latency_ms": 9.0, "tokens_per_second": 1000, "sets": {}}
    first |= {"other_texts": 0, "other_scores": 0, "sentences": 9}
    row = shown(first | {"way": "rows", "mb": 20.0, "tokens_per_second": 2500}, first)
    assert row["size"] == "20.0 MB (25%)"
    assert row["tokens/s"] == "2,500 (2.5 times)"
