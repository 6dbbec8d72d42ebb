"""The two ONNX graphs of a bundle, warm."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from models.errors import ModelError
from nmt.bundle import Manifest
from nmt.search import Floats, Ints

ENCODER_FILE = "encoder.onnx"
DECODER_FILE = "decoder.onnx"
_WIDTH_STEP = 16


def padded_width(length: int) -> int:
    """Return how many source positions a sentence of `length` tokens takes up, its end included: a multiple of 16.

    Sums over positions have the same shape and alignment, hence the same rounding, in every batch of sentences of the same width.
    """
    return -(-(length + 1) // _WIDTH_STEP) * _WIDTH_STEP


class Session:
    """Runs a bundle's network on CPU. Create it in the process that uses it: an ONNX Runtime session does not survive a fork."""

    def __init__(self, manifest: Manifest, threads: int) -> None:
        self.manifest = manifest
        self._encoder = _open(manifest.path(ENCODER_FILE), threads)
        self._decoder = _open(manifest.path(DECODER_FILE), threads)
        self._encoder_outputs = [item.name for item in self._encoder.get_outputs()]
        self._decoder_outputs = [item.name for item in self._decoder.get_outputs()]

    def encode(self, sources: Sequence[Ints]) -> dict[str, Floats]:
        """Return all that the decoder needs of the sentences, padded to the `padded_width` of the longest.

        Raises:
            ModelError: the graph gives what it should not, or memory is short.
        """
        padded = np.zeros((len(sources), padded_width(max(len(ids) for ids in sources))), np.int64)
        for row, ids in enumerate(sources):
            padded[row, : len(ids)] = ids
        outputs = self._run(self._encoder, self._encoder_outputs, {"source": padded})
        return dict(zip(self._encoder_outputs, outputs, strict=True))

    def decoding(self, encoded: dict[str, Floats], beam: int) -> "Decoding":
        """Return the step function of a search over encoded sentences."""
        return Decoding(self, encoded, beam)

    def decode(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Run one decoder step."""
        return dict(zip(self._decoder_outputs, self._run(self._decoder, self._decoder_outputs, inputs), strict=True))

    @staticmethod
    def _run(session: onnxruntime.InferenceSession, outputs: list[str], inputs: dict[str, Any]) -> list[Any]:
        try:
            return list(session.run(outputs, inputs))
        except onnxruntime.capi.onnxruntime_pybind11_state.RuntimeException as error:
            raise ModelError(f"the model failed: {str(error).splitlines()[0]}") from error


class Decoding:
    """A search's decoder state: what is fixed for each sentence and the caches of its hypotheses. Callable as `nmt.search.Step`."""

    def __init__(self, session: Session, encoded: dict[str, Floats], beam: int) -> None:
        network = session.manifest.network
        self._session = session
        self._beam = beam
        wanted = [
            "bias",
            "augmentation",
            *(f"cross_{kind}_{layer}" for kind in ("key", "value") for layer in range(network.decoder_layers)),
        ]
        self._fixed = {name: encoded[name] for name in wanted}
        empty = np.zeros((len(encoded["bias"]) * beam, network.heads, 0, network.head_size), np.float32)
        self._caches = {f"self_{kind}_{layer}": empty for kind in ("key", "value") for layer in range(network.decoder_layers)}

    def __call__(self, parents: Ints, tokens: Ints, log_probs: Floats, position: int) -> tuple[Floats, Ints]:
        """Predict one position; see `nmt.search.Step`."""
        self._drop_finished(parents)
        inputs = {
            "tokens": tokens,
            "position": np.array([position]),
            "parents": parents,
            "log_probs": log_probs,
            "candidates": np.array([2 * self._beam]),
            **self._fixed,
            **self._caches,
        }
        outputs = self._session.decode(inputs)
        self._caches = {name.removeprefix("next_"): value for name, value in outputs.items() if name.startswith("next_")}
        return outputs["scores"], outputs["continuations"]

    def _drop_finished(self, parents: Ints) -> None:
        """Keep the sentences whose hypotheses are among `parents`, which number the hypotheses of the step before."""
        rows = parents[:: self._beam] // self._beam
        if len(rows) < len(self._fixed["bias"]):
            self._fixed = {name: value[rows] for name, value in self._fixed.items()}


def _open(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises bare Exception subclasses of its own, one for each status
        raise ModelError(f"{path} cannot be loaded: {str(error).splitlines()[0]}; fetch the bundle again") from error
