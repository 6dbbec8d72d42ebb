"""The shape of a CSANMT network."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

SOFTMAX_STEP = 64  # target scores a block
MASKED = -1e9  # added to the scores of positions and tokens that are not to be seen
PLACEHOLDERS = tuple(f"⟦{number}⟧" for number in range(1, 10))  # tokens that a model may have been trained to copy


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Sizes of a CSANMT network (Wei et al., ACL 2022) as DAMO's implementation builds it: pre-norm, tied softmax.

    `relative_distance` is the clipping distance of the relative positions in the semantic encoder's self-attention. With
    `relative_positions` the encoder's and the decoder's self-attention have them too, in place of the absolute position signal.
    """

    hidden: int
    filter: int
    heads: int
    encoder_layers: int
    semantic_layers: int
    decoder_layers: int
    source_vocabulary: int
    target_vocabulary: int
    shared_embeddings: bool = False
    relative_distance: int = 16
    relative_positions: bool = False

    @property
    def head_size(self) -> int:
        """Width of one attention head."""
        return self.hidden // self.heads

    @property
    def softmax_width(self) -> int:
        """Number of target scores the graphs compute: the vocabulary, filled up to whole blocks.

        Each hypothesis's scores then start at the same alignment, hence are summed in the same order wherever they lie in a batch.
        """
        return -(-self.target_vocabulary // SOFTMAX_STEP) * SOFTMAX_STEP

    def to_json(self) -> dict[str, Any]:
        """Return the configuration as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Build the configuration from `to_json`'s values; unknown or missing keys raise TypeError."""
        names = {field.name for field in fields(cls)}
        if unknown := set(values) - names:
            raise TypeError(f"unknown keys: {', '.join(sorted(unknown))}")
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Alignment:
    """Which cross-attention tells how target and source relate: the mean of some heads of one decoder layer.

    `shift` is 1 where the step that reads a token tells its alignment, 0 where the step that predicts it does.
    """

    layer: int
    heads: tuple[int, ...]
    shift: int

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Build it from what a manifest holds."""
        return cls(int(values["layer"]), tuple(int(head) for head in values["heads"]), int(values["shift"]))

    @classmethod
    def usual(cls, config: NetworkConfig) -> Self:
        """Return what is best for a network trained without guidance (Chen et al., 2020): a layer in the middle, all heads, shifted."""
        return cls(max(0, config.decoder_layers // 2 - 1), tuple(range(config.heads)), 1)


def _norm(scope: str, width: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{scope}/layer_norm_scale", (width,)
    yield f"{scope}/layer_norm_offset", (width,)


def _linear(scope: str, inputs: int, outputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{scope}/matrix", (inputs, outputs)
    yield f"{scope}/bias", (outputs,)


def _feed_forward(scope: str, width: int, inner: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from _linear(f"{scope}/input_layer/linear", width, inner)
    yield from _linear(f"{scope}/output_layer/linear", inner, width)


def _relative(scope: str, config: NetworkConfig) -> Iterator[tuple[str, tuple[int, ...]]]:
    rows = 2 * config.relative_distance + 1
    yield f"{scope}/rpr_k", (rows, config.head_size)
    yield f"{scope}/rpr_v", (rows, config.head_size)


def _encoder_layer(scope: str, config: NetworkConfig, *, relative: bool) -> Iterator[tuple[str, tuple[int, ...]]]:
    width = config.hidden
    yield from _norm(f"{scope}/layer_norm", width)
    yield from _linear(f"{scope}/encoder_self_attention/qkv_transform", width, 3 * width)
    if relative:
        yield from _relative(f"{scope}/encoder_self_attention", config)
    yield from _linear(f"{scope}/encoder_self_attention/output_transform", width, width)
    yield from _norm(f"{scope}/layer_norm_1", width)
    yield from _feed_forward(f"{scope}/ffn_layer", width, config.filter)


def _decoder_layer(scope: str, config: NetworkConfig) -> Iterator[tuple[str, tuple[int, ...]]]:
    width = config.hidden
    yield from _norm(f"{scope}/layer_norm", width)
    yield from _feed_forward(f"{scope}/embedding_augmentation_layer", width, width)
    yield from _norm(f"{scope}/layer_norm_1", width)
    yield from _linear(f"{scope}/decoder_self_attention/qkv_transform", width, 3 * width)
    if config.relative_positions:
        yield from _relative(f"{scope}/decoder_self_attention", config)
    yield from _linear(f"{scope}/decoder_self_attention/output_transform", width, width)
    yield from _norm(f"{scope}/layer_norm_2", width)
    yield from _linear(f"{scope}/encdec_attention/q_transform", width, width)
    yield from _linear(f"{scope}/encdec_attention/kv_transform", width, 2 * width)
    yield from _linear(f"{scope}/encdec_attention/output_transform", width, width)
    yield from _norm(f"{scope}/layer_norm_3", width)
    yield from _feed_forward(f"{scope}/ffn_layer", width, config.filter)


def embedding_names(config: NetworkConfig) -> tuple[str, str, str]:
    """Return the variables of the source, the semantic (source) and the target embedding; the last is the output projection too."""
    if config.shared_embeddings:
        return "Shared_Embedding/Weights", "Shared_Semantic_Embedding/Weights", "Shared_Embedding/Weights"
    return "Source_Embedding/Weights", "Source_Semantic_Embedding/Weights", "Target_Embedding/Weights"


def projection_name(config: NetworkConfig) -> str:
    """Return the name of the product that gives the scores of the target tokens; a variable only where calibration has changed it."""
    return f"{embedding_names(config)[2]}/projection"


def variable_shapes(config: NetworkConfig) -> dict[str, tuple[int, ...]]:
    """Return name and shape of every variable, named as in DAMO's checkpoints without the `NmtModel/` prefix; kernels are [in, out]."""
    width = config.hidden
    source, semantic, target = embedding_names(config)
    shapes: dict[str, tuple[int, ...]] = {
        source: (config.source_vocabulary, width),
        semantic: (config.source_vocabulary, width),
        target: (config.target_vocabulary, width),
        "encoder_input_bias": (width,),
    }
    for layer in range(config.encoder_layers):
        shapes.update(_encoder_layer(f"encoder/layer_{layer}", config, relative=config.relative_positions))
    shapes.update(_norm("encoder/layer_norm", width))
    for layer in range(config.semantic_layers):
        shapes.update(_encoder_layer(f"mini_xlm_encoder/layer_{layer}", config, relative=True))
    shapes.update(_linear("mini_xlm_encoder/pooling_layer/linear", width, width))
    shapes.update(_norm("mini_xlm_encoder/layer_norm", width))
    for layer in range(config.decoder_layers):
        shapes.update(_decoder_layer(f"decoder/layer_{layer}", config))
    shapes.update(_norm("decoder/layer_norm", width))
    return shapes
