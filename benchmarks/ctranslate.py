"""A CTranslate2 model of the same shapes as one of ours, with random weights."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from ctranslate2.specs import TransformerSpec, common_spec

from nmt.config import NetworkConfig
from nmt.search import Ints

POSITIONS = 512
_SPECIAL = ("<blank>", "<s>", "</s>")


class Peer:
    """CTranslate2 in int8, warm."""

    def __init__(self, config: NetworkConfig, folder: Path, threads: int) -> None:
        spec = _spec(config)
        spec.optimize(quantization="int8")
        spec.save(str(folder))
        self._translator = ctranslate2.Translator(str(folder), compute_type="int8", intra_threads=threads, inter_threads=1)

    def translate(self, sources: Sequence[Ints], beam: int, length: int) -> list[int]:
        """Translate all sentences in one batch to this many tokens, and return how many each has."""
        words = [[*(f"w{token}" for token in source.tolist()), "</s>"] for source in sources]
        results = self._translator.translate_batch(
            words, beam_size=beam, min_decoding_length=length, max_decoding_length=length, max_batch_size=0
        )
        return [len(result.hypotheses[0]) for result in results]


def _spec(config: NetworkConfig) -> Any:
    """Return the Transformer with the layers of the network, but for its semantic encoder, which CTranslate2 knows nothing of."""
    spec = TransformerSpec.from_config(
        (config.encoder_layers, config.decoder_layers), config.heads, pre_norm=True, activation=common_spec.Activation.RELU
    )
    filler = _Filler(config)
    for side, vocabulary in ((spec.encoder.embeddings[0], config.source_vocabulary), (spec.decoder.embeddings, config.target_vocabulary)):
        side.weight = filler.matrix(vocabulary, config.hidden)
    for stack in (spec.encoder, spec.decoder):
        stack.scale_embeddings = True
        stack.position_encodings.encodings = np.zeros((POSITIONS, config.hidden), np.float32)
        filler.norm(stack.layer_norm)
        for layer in stack.layer:
            filler.layer(layer)
    filler.linear(spec.decoder.projection, config.hidden, config.target_vocabulary)
    for register, vocabulary in (
        (spec.register_source_vocabulary, config.source_vocabulary),
        (spec.register_target_vocabulary, config.target_vocabulary),
    ):
        register([*_SPECIAL, *(f"w{number}" for number in range(vocabulary - len(_SPECIAL)))])
    spec.validate()
    return spec


class _Filler:
    """Fills parts of a specification with random weights."""

    def __init__(self, config: NetworkConfig) -> None:
        self._hidden, self._filter = config.hidden, config.filter
        self._random = np.random.default_rng(0)

    def matrix(self, outputs: int, inputs: int) -> Any:
        return self._random.standard_normal((outputs, inputs), np.float32) * np.float32(inputs**-0.5)

    def linear(self, part: Any, inputs: int, outputs: int) -> None:
        part.weight = self.matrix(outputs, inputs)
        part.bias = np.zeros(outputs, np.float32)

    def norm(self, part: Any) -> None:
        part.gamma, part.beta = np.ones(self._hidden, np.float32), np.zeros(self._hidden, np.float32)

    def layer(self, part: Any) -> None:
        """Fill a layer of the encoder or the decoder."""
        width = self._hidden
        self.attention(part.self_attention, 3 * width, width)
        if hasattr(part, "attention"):
            self.attention(part.attention, width, 2 * width, width)
        self.norm(part.ffn.layer_norm)
        self.linear(part.ffn.linear_0, width, self._filter)
        self.linear(part.ffn.linear_1, self._filter, width)

    def attention(self, part: Any, *outputs: int) -> None:
        """Fill an attention whose products have these widths."""
        self.norm(part.layer_norm)
        for linear, width in zip(part.linear, outputs, strict=True):
            self.linear(linear, self._hidden, width)
