"""Finds constant scales for a network's activations by watching it translate, and evens the activations out beforehand.

A constant scale costs nothing at run time and makes a sentence's numbers independent of its batch by construction.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmt.build.decoder import output_matrix
from nmt.build.export import Network
from nmt.build.graph import PROBE
from nmt.build.layers import Variables
from nmt.build.quantize import Scheme
from nmt.build.trial import trial_session
from nmt.config import NetworkConfig, projection_name
from nmt.search import Continued, Floats, Ints, SearchOptions, beam_search
from nmt.session import Decoding
from nmt.translator import batches

Ranges = Mapping[str, NDArray[np.float32]]  # for each product the largest absolute value of each channel of its input
_BEAM = 4


class _Watched(Decoding):
    """A decoding that gives out the graph's probes as well."""

    def _bind(self) -> None:
        super()._bind()
        self.probes = {
            item.name: np.zeros(item.shape[-1], np.float32) for item in self._session.decoder.get_outputs() if item.name.startswith(PROBE)
        }
        for name, value in self.probes.items():
            self._bind_output(name, value)


def measure(network: Network, sources: Sequence[Ints], penalty: float) -> dict[str, NDArray[np.float32]]:
    """Return the range of every product's input while the network translates these sentences in 32 bits."""
    session = trial_session(network, Scheme("fp32", probes=True))
    ranges: dict[str, NDArray[np.float32]] = {}

    def watch(values: Mapping[str, Any]) -> None:
        for key, value in values.items():
            if key.startswith(PROBE):
                name = key.removeprefix(PROBE)
                ranges[name] = np.maximum(ranges.get(name, 0.0), value)

    for rows in batches(sources):
        batch = [sources[row] for row in rows]
        encoded = session.encode(batch)
        watch(encoded)
        decoding = _Watched(session, encoded, _BEAM)

        def step(continued: Continued, decoding: _Watched = decoding) -> tuple[Floats, Ints]:
            found = decoding(continued)
            watch(decoding.probes)
            return found

        limits = [min(network.positions, 2 * len(source) + 8) for source in batch]
        beam_search(step, limits, SearchOptions(_BEAM, penalty, network.config.softmax_width))
    return ranges


@dataclass(frozen=True, slots=True)
class _Inlet:
    """Where the input of some products can be divided channel by channel: by these vectors and these columns of a kernel."""

    products: tuple[str, ...]
    vectors: tuple[str, ...]
    kernel: str | None = None
    first: int = 0  # column of the kernel that makes channel 0


def _inlets(config: NetworkConfig) -> Iterator[_Inlet]:
    def norm(scope: str, *products: str) -> _Inlet:
        return _Inlet(products, (f"{scope}/layer_norm_scale", f"{scope}/layer_norm_offset"))

    def linear(product: str, before: str, first: int = 0) -> _Inlet:
        return _Inlet((product,), (f"{before}/bias",), f"{before}/matrix", first)

    def feed_forward(scope: str) -> _Inlet:
        return linear(f"{scope}/output_layer/linear/matrix", f"{scope}/input_layer/linear")

    for layer in range(config.encoder_layers):
        scope = f"encoder/layer_{layer}"
        attention = f"{scope}/encoder_self_attention"
        yield norm(f"{scope}/layer_norm", f"{attention}/qkv_transform/matrix")
        yield norm(f"{scope}/layer_norm_1", f"{scope}/ffn_layer/input_layer/linear/matrix")
        yield feed_forward(f"{scope}/ffn_layer")
        if not config.relative_positions:
            yield linear(f"{attention}/output_transform/matrix", f"{attention}/qkv_transform", 2 * config.hidden)
    decoder = [f"decoder/layer_{layer}" for layer in range(config.decoder_layers)]
    yield norm("encoder/layer_norm", *(f"{scope}/encdec_attention/kv_transform/matrix" for scope in decoder))
    for scope in decoder:
        own, cross = f"{scope}/decoder_self_attention", f"{scope}/encdec_attention"
        yield norm(f"{scope}/layer_norm_1", f"{own}/qkv_transform/matrix")
        yield norm(f"{scope}/layer_norm_2", f"{cross}/q_transform/matrix")
        yield norm(f"{scope}/layer_norm_3", f"{scope}/ffn_layer/input_layer/linear/matrix")
        yield feed_forward(f"{scope}/ffn_layer")
        yield linear(f"{cross}/output_transform/matrix", f"{cross}/kv_transform", config.hidden)
        if not config.relative_positions:
            yield linear(f"{own}/output_transform/matrix", f"{own}/qkv_transform", 2 * config.hidden)
    yield norm("decoder/layer_norm", projection_name(config))


def smoothed(config: NetworkConfig, variables: Variables, ranges: Ranges) -> tuple[Variables, dict[str, float]]:
    """Return an equal network whose activations have channels of even size, and the range of each product's input in it.

    Channels that are large are divided by a factor, and the weights that meet them multiplied by it (SmoothQuant, Xiao et al., 2023, with
    migration strength 0.5). Products whose input cannot be divided so have no range: their scales are found row by row.
    """
    changed = dict(variables)
    changed[projection_name(config)] = np.ascontiguousarray(output_matrix(config, variables))
    limits: dict[str, float] = {}
    for inlet in _inlets(config):
        largest = np.max([ranges[name] for name in inlet.products], axis=0)
        weights = np.max([np.abs(changed[name]).max(axis=1) for name in inlet.products], axis=0)
        factors = np.sqrt(np.maximum(largest, 1e-5) / np.maximum(weights, 1e-5)).astype(np.float32)
        channels = slice(inlet.first, inlet.first + len(factors))
        for name in inlet.vectors:
            changed[name] = changed[name].copy()
            changed[name][channels] /= factors
        if inlet.kernel:
            changed[inlet.kernel] = changed[inlet.kernel].copy()
            changed[inlet.kernel][:, channels] /= factors
        for name in inlet.products:
            changed[name] = changed[name] * factors[:, None]
            limits[name] = float((largest / factors).max())
    return changed, limits
