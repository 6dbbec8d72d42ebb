"""The two ONNX graphs of a bundle, warm."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models.errors import ModelError
from nmt.bundle import Manifest
from nmt.search import Continued, Floats, Ints
from nmt.shortlist import BIAS, KERNEL, PLACES, SCALES, SHORTLIST_FILE, Shortlist

ENCODER_FILE = "encoder.onnx"
DECODER_FILE = "decoder.onnx"
_WIDTH_STEP = 8
_CACHE_STEP = 64  # positions by which the caches grow: memory that no step has written to yet takes up nothing
_FAILURES = (onnxruntime.capi.onnxruntime_pybind11_state.RuntimeException, RuntimeError)


def padded_width(length: int) -> int:
    """Return how many source positions a sentence of `length` tokens takes up, its end included: a multiple of 8.

    Sums over positions have the same shape and alignment, hence the same rounding, in every batch of sentences of the same width.
    """
    return -(-(length + 1) // _WIDTH_STEP) * _WIDTH_STEP


class Session:
    """Runs a bundle's network on CPU. Create it in the process that uses it: an ONNX Runtime session does not survive a fork."""

    def __init__(self, manifest: Manifest, threads: int) -> None:
        self.manifest = manifest
        self.encoder = _open(manifest.path(ENCODER_FILE), threads)
        self.decoder = _open(manifest.path(DECODER_FILE), threads)
        self.shortlist = Shortlist.load(manifest.path(SHORTLIST_FILE)) if SHORTLIST_FILE in manifest.files else None
        self._outputs = [item.name for item in self.encoder.get_outputs()]

    def encode(self, sources: Sequence[Ints]) -> dict[str, NDArray[Any]]:
        """Return all that the decoder needs of the sentences, padded to the `padded_width` of the longest.

        Raises:
            ModelError: the graph gives what it should not, or memory is short.
        """
        padded = np.zeros((len(sources), padded_width(max(len(ids) for ids in sources))), np.int64)
        for row, ids in enumerate(sources):
            padded[row, : len(ids)] = ids
        try:
            outputs = self.encoder.run(self._outputs, {"source": padded})
        except _FAILURES as error:
            raise _failed(error) from error
        encoded = dict(zip(self._outputs, outputs, strict=True))
        return encoded if self.shortlist is None else encoded | self.shortlist.inputs(sources)


class Decoding:
    """A search's decoder state: what is fixed for each sentence and the caches of its hypotheses. Callable as `nmt.search.Step`.

    Memory is bound to the graph once and written in place: a step binds nothing anew unless sentences are done or the caches grow.
    """

    def __init__(self, session: Session, encoded: dict[str, NDArray[Any]], beam: int, wanted: int = 0, candidates: int = 0) -> None:
        """Prepare the search.

        Args:
            session: the model.
            encoded: what `Session.encode` gave; the arrays are used up.
            beam: K, hypotheses a sentence.
            wanted: W, how many tokens of each hypothesis `want` asks for.
            candidates: C, how many continuations of a sentence a step gives; 0 for the 2K that a search needs.
        """
        network = session.manifest.network
        self._session = session
        self._beam = beam
        self._candidates = candidates or 2 * beam
        self._position = 0
        self._fixed = {name: encoded[name] for name in [item.name for item in session.decoder.get_inputs()] if name in encoded}
        shared = {name: self._fixed.pop(name) for name in (KERNEL, SCALES, BIAS) if name in self._fixed}
        if PLACES in self._fixed:
            self._fixed[PLACES] = np.repeat(self._fixed[PLACES], beam, 1)
        self._rows = len(encoded["bias"])
        names = [f"self_{kind}_{layer}" for kind in ("key", "value") for layer in range(network.decoder_layers)]
        shape = (self._rows, beam, network.heads, 0, network.head_size)
        self._caches = {name: np.zeros(shape, np.float32) for name in names}
        self._history = np.zeros((self._rows, beam, 0), np.int32)
        self._wanted = np.zeros((self._rows, beam, wanted), np.int64)
        self._clock: list[NDArray[Any]] = [np.zeros(1, np.int64), np.zeros(1, np.int32)]
        self._binding = session.decoder.io_binding()
        self._bound: dict[str, NDArray[Any]] = {}  # the binding does not keep alive what the graph reads
        self._bind_input("candidates", np.array([self._candidates], np.int64))
        self._bind_input("beam", np.array([beam], np.int32))
        for name, value in [*zip(("position", "past"), self._clock, strict=True), *shared.items()]:
            self._bind_input(name, value)
        self._grow()

    def __call__(self, continued: Continued) -> tuple[Floats, Ints]:
        """Predict one position; see `nmt.search.Step`."""
        kept = continued.kept
        if len(kept) < self._rows:
            self._keep(kept)
        elif self._position and self._position == self._history.shape[2]:
            self._grow()
        if self._position:
            self._remember(continued.parents)
        self._inputs["tokens"][...] = continued.tokens
        self._inputs["log_probs"][...] = continued.log_probs
        for value in self._clock:
            value[0] = self._position
        try:
            self._session.decoder.run_with_iobinding(self._binding)
        except _FAILURES as error:
            raise _failed(error) from error
        self._position += 1
        return self._outputs["scores"], self._outputs["continuations"]

    def want(self, tokens: Ints) -> None:
        """Ask for the scores of these tokens [R, K, W], in the rows of the next step; only for what is always in a shortlist."""
        shortlist = self._session.shortlist
        self._wanted[: len(tokens)] = tokens if shortlist is None else shortlist.places(tokens)

    @property
    def wanted_scores(self) -> Floats:
        """Log-probabilities of the last step's hypotheses continued with the tokens that were asked for, [R, K, W]."""
        return self._outputs["wanted_scores"]

    @property
    def attention(self) -> Floats:
        """How much of the last step's attention lies on each source position, [R, K, L]: see `nmt.config.Alignment`."""
        return self._outputs["attention"]

    def _remember(self, parents: Ints) -> None:
        """Let each hypothesis have the history of the one it continues, whose newest entry lies in that one's row."""
        past = self._history[:, :, : self._position - 1]
        past[...] = np.take_along_axis(past, parents[:, :, None], 1)
        self._history[:, :, self._position - 1] = parents

    def _keep(self, order: Ints) -> None:
        """Keep the sentences in these rows: those that change place are copied, the others stay where they are."""
        moved = np.flatnonzero(order != np.arange(len(order)))
        for value in (*self._fixed.values(), self._history):
            value[moved] = value[order[moved]]
        for value in self._caches.values():
            value[moved, :, :, : self._position] = value[order[moved], :, :, : self._position]
        self._rows = len(order)
        self._fixed = {name: value[: self._rows] for name, value in self._fixed.items()}
        self._caches = {name: value[: self._rows] for name, value in self._caches.items()}
        self._history, self._wanted = self._history[: self._rows], self._wanted[: self._rows]
        if self._position == self._history.shape[2]:
            self._grow()
        else:
            self._bind()

    def _grow(self) -> None:
        """Make room for more positions: at first for as many as the target of such a source mostly has."""
        width = self._fixed["bias"].shape[-1]
        steps = 1 if self._position else -(-3 * width // (2 * _CACHE_STEP))
        capacity = self._history.shape[2] + steps * _CACHE_STEP
        for name, value in self._caches.items():
            grown = np.empty((*value.shape[:3], capacity, value.shape[4]), np.float32)
            grown[:, :, :, : value.shape[3]] = value
            self._caches[name] = grown
        self._history = _grown(self._history, capacity)
        self._bind()

    def _bind(self) -> None:
        """Bind all memory whose shape or place has changed."""
        rows, beam, width = self._rows, self._beam, self._fixed["bias"].shape[-1]
        self._inputs: dict[str, NDArray[Any]] = {
            "tokens": np.zeros((rows, beam), np.int64),
            "log_probs": np.zeros((rows, beam), np.float32),
        }
        self._outputs: dict[str, NDArray[Any]] = {
            "scores": np.zeros((rows, self._candidates), np.float32),
            "continuations": np.zeros((rows, self._candidates), np.int64),
            "wanted_scores": np.zeros(self._wanted.shape, np.float32),
            "attention": np.zeros((rows, beam, width), np.float32),
        }
        for name, value in [*self._inputs.items(), *self._fixed.items(), ("history", self._history), ("wanted", self._wanted)]:
            self._bind_input(name, value)
        for name, value in self._outputs.items():
            self._bind_output(name, value)
        for name, value in self._caches.items():
            memory = _shared(value.reshape(-1, *value.shape[2:]))
            self._binding.bind_ortvalue_input(name, memory)
            self._binding.bind_ortvalue_output(f"next_{name}", memory)

    def _bind_output(self, name: str, value: NDArray[Any]) -> None:
        self._binding.bind_ortvalue_output(name, _shared(value))

    def _bind_input(self, name: str, value: NDArray[Any]) -> None:
        self._bound[name] = value
        self._binding.bind_ortvalue_input(name, _shared(value))


def _shared(value: NDArray[Any]) -> onnxruntime.OrtValue:
    """Return a view of contiguous memory, which stays the array's."""
    return onnxruntime.OrtValue.ortvalue_from_numpy(value)


def _grown(history: NDArray[np.int32], capacity: int) -> NDArray[np.int32]:
    grown = np.zeros((*history.shape[:2], capacity), np.int32)
    grown[:, :, : history.shape[2]] = history
    return grown


def _failed(error: Exception) -> ModelError:
    return ModelError(f"the model failed: {str(error).splitlines()[0]}")


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
