"""Writes a CSANMT's variables as two ONNX graphs: what is computed once a sentence, and one step of the decoder.

Shapes in comments: B sentences, L source positions, K beams, P = B·K hypotheses, N heads, D head size, H hidden, V softmax width.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto

from nmt.build.arithmetic import LAYER_NORM_EPSILON, MASKED, timing_signal
from nmt.build.graph import MICROSOFT, DataFile, Graph, Precision
from nmt.config import NetworkConfig, embedding_names

Variables = Mapping[str, NDArray[np.float32]]
FLOAT, INT = TensorProto.FLOAT, TensorProto.INT64


def export_encoder(
    config: NetworkConfig, variables: Variables, precision: Precision, positions: int, data: DataFile | None = None
) -> onnx.ModelProto:
    """Return the graph from source ids to all that the decoder needs of a sentence; its large constants go to `data` where it is given.

    Input `source` [B, L]: ids, each row followed by at least one 0. Outputs: `memory` [B, L, H], `meaning` [B, H], `bias` [B, 1, 1, L],
    `augmentation` [B, layers, H], and for each decoder layer `cross_key_i` and `cross_value_i` [B, N, L, D].
    """
    return _Encoder(config, variables, positions, Graph("encoder", precision, data)).build()


def export_decoder(
    config: NetworkConfig, variables: Variables, precision: Precision, positions: int, data: DataFile | None = None
) -> onnx.ModelProto:
    """Return the graph of one decoder step with its share of the beam search; `data` as in `export_encoder`.

    Inputs: `tokens` [B, K] of the step before (ignored at position 0), `position` [1], `parents` [P] (which earlier hypothesis each one
    continues), `log_probs` [B, K], `candidates` [1] (how many continuations of a sentence to return), the encoder's outputs, and the
    caches `self_key_i`, `self_value_i` [earlier P, N, positions so far, D]. Outputs: `scores` [B, candidates] (log-probabilities of the
    whole hypothesis, descending), `continuations` [B, candidates] (beam · V + token), and the caches one position longer.
    """
    return _Decoder(config, variables, positions, Graph("decoder", precision, data)).build()


class _Network:
    """What both graphs are made of. Streams are two-dimensional, [rows, H]."""

    def __init__(self, config: NetworkConfig, variables: Variables, positions: int, graph: Graph) -> None:
        self.config = config
        self.variables = variables
        self.positions = positions
        self.graph = graph

    def norm(self, scope: str, x: str) -> str:
        scale, offset = f"{scope}/layer_norm_scale", f"{scope}/layer_norm_offset"
        constants = (self.graph.constant(self.variables[name], np.float32, name) for name in (scale, offset))
        return self.graph.op("LayerNormalization", x, *constants, axis=-1, epsilon=LAYER_NORM_EPSILON)

    def linear(self, scope: str, x: str) -> str:
        return self.graph.linear(x, self.variables[f"{scope}/matrix"], self.variables[f"{scope}/bias"], f"{scope}/matrix")

    def feed_forward(self, scope: str, x: str) -> str:
        return self.linear(f"{scope}/output_layer/linear", self.graph.op("Relu", self.linear(f"{scope}/input_layer/linear", x)))

    def embed(self, name: str, ids: str) -> str:
        return self.scaled(self.graph.lookup(ids, self.variables[name], name), math.sqrt(self.config.hidden))

    def scaled(self, x: str, factor: float) -> str:
        return self.graph.op("Mul", x, self.graph.constant(factor, np.float32))

    def split(self, x: str, parts: int) -> list[str]:
        return self.graph.ops("Split", parts, x, axis=-1, num_outputs=parts)

    def softmax(self, scores: str) -> str:
        return self.graph.op("Softmax", scores, axis=-1)

    def timing(self) -> str:
        return self.graph.constant(timing_signal(self.positions, self.config.hidden), np.float32, "timing")

    def model(self) -> onnx.ModelProto:
        return self.graph.model({"positions": str(self.positions)})


class _Encoder(_Network):
    def __init__(self, config: NetworkConfig, variables: Variables, positions: int, graph: Graph) -> None:
        super().__init__(config, variables, positions, graph)
        self.source = graph.input("source", INT, ["B", "L"])
        shape = graph.op("Shape", self.source)
        self.length = graph.op("Slice", shape, *(graph.constant([edge], np.int64) for edge in (1, 2)))
        self.mask = self._mask()  # B x L
        self.rows_mask = graph.reshape(self.mask, -1, 1)  # BL x 1
        hidden = graph.op("Sub", graph.constant(1.0, np.float32), self.mask)
        self.bias = self.scaled(graph.op("Unsqueeze", hidden, graph.constant([1, 2], np.int64)), MASKED)  # B x 1 x 1 x L
        self.relative = self._relative_index()
        heads = graph.constant([config.heads, config.head_size], np.int64)
        self.heads_shape = graph.op("Concat", shape, heads, axis=0)  # B, L, N, D

    def build(self) -> onnx.ModelProto:
        graph, config = self.graph, self.config
        memory = self._memory()
        meaning = self._meaning()
        augmentation = []
        for layer in range(config.decoder_layers):
            scope = f"decoder/layer_{layer}"
            added = self.feed_forward(f"{scope}/embedding_augmentation_layer", self.norm(f"{scope}/layer_norm", meaning))
            augmentation.append(graph.op("Unsqueeze", added, graph.constant([1], np.int64)))
            pair = self.split(self.linear(f"{scope}/encdec_attention/kv_transform", memory), 2)
            for kind, value in zip(("key", "value"), pair, strict=True):
                shape: list[str | int] = ["B", config.heads, "L", config.head_size]
                graph.output(self._heads(value), f"cross_{kind}_{layer}", FLOAT, shape)
        graph.output(graph.op("Concat", *augmentation, axis=1), "augmentation", FLOAT, ["B", config.decoder_layers, config.hidden])
        graph.output(self.bias, "bias", FLOAT, ["B", 1, 1, "L"])
        graph.output(self._three_dimensional(memory), "memory", FLOAT, ["B", "L", config.hidden])
        graph.output(meaning, "meaning", FLOAT, ["B", config.hidden])
        return self.model()

    def _mask(self) -> str:
        """Return 1 for the first position and for each whose predecessor is a token."""
        graph = self.graph
        zero, one, axis = (graph.constant([number], np.int64) for number in (0, 1, 1))
        before = graph.op("Slice", self.source, zero, graph.constant([-1], np.int64), axis)
        seen = graph.op("Cast", graph.op("Not", graph.op("Equal", before, graph.constant(0, np.int64))), to=FLOAT)
        first = graph.op("Slice", self.source, zero, one, axis)
        ones = graph.op("Cast", graph.op("Equal", first, first), to=FLOAT)
        return graph.op("Concat", ones, seen, axis=1)

    def _memory(self) -> str:
        graph = self.graph
        x = self.embed(embedding_names(self.config)[0], self.source)  # B x L x H
        if not self.config.relative_positions:
            x = graph.op("Add", x, graph.op("Slice", self.timing(), graph.constant([0], np.int64), self.length))
        x = graph.op("Mul", graph.reshape(x, -1, self.config.hidden), self.rows_mask)
        x = graph.op("Add", x, graph.constant(self.variables["encoder_input_bias"], np.float32))
        relative = self.relative if self.config.relative_positions else None
        for layer in range(self.config.encoder_layers):
            x = self._layer(f"encoder/layer_{layer}", x, relative)
        return self.norm("encoder/layer_norm", x)

    def _meaning(self) -> str:
        graph = self.graph
        x = graph.reshape(self.embed(embedding_names(self.config)[1], self.source), -1, self.config.hidden)
        x = graph.op("Mul", x, self.rows_mask)
        for layer in range(self.config.semantic_layers):
            x = self._layer(f"mini_xlm_encoder/layer_{layer}", x, self.relative)
        axis = graph.constant([1], np.int64)
        # A product a sentence: ReduceSum adds up a batch of one in another order than a larger one.
        total = graph.op("MatMul", graph.op("Unsqueeze", self.mask, axis), self._three_dimensional(x))
        pooled = graph.op("Div", graph.op("Squeeze", total, axis), graph.op("ReduceSum", self.mask, axis, keepdims=1))
        return self.norm("mini_xlm_encoder/layer_norm", self.linear("mini_xlm_encoder/pooling_layer/linear", pooled))

    def _relative_index(self) -> str:
        """Return clip(query - key) + distance, L x L."""
        graph, distance = self.graph, self.config.relative_distance
        scalar = graph.op("Squeeze", self.length)
        places = graph.op("Range", graph.constant(0, np.int64), scalar, graph.constant(1, np.int64))
        columns = graph.op("Unsqueeze", places, graph.constant([1], np.int64))
        offsets = graph.op("Sub", columns, places)
        low, high = graph.constant(-distance, np.int64), graph.constant(distance, np.int64)
        return graph.op("Add", graph.op("Clip", offsets, low, high), graph.constant(distance, np.int64))

    def _layer(self, scope: str, x: str, relative: str | None) -> str:
        graph, attention = self.graph, f"{scope}/encoder_self_attention"
        parts = self.split(self.linear(f"{attention}/qkv_transform", self.norm(f"{scope}/layer_norm", x)), 3)
        q, k, v = (self._heads(part) for part in parts)  # B x N x L x D
        q = self.scaled(q, self.config.head_size**-0.5)
        scores = graph.op("FusedMatMul", q, k, domain=MICROSOFT, transB=1)  # B x N x L x L
        if relative:
            scores = graph.op("Add", scores, self._relative_scores(attention, q, relative))
        weights = self.softmax(graph.op("Add", scores, self.bias))
        context = graph.op("MatMul", weights, v)
        if relative:
            context = graph.op("Add", context, self._relative_values(attention, weights, relative))
        joined = graph.reshape(graph.op("Transpose", context, perm=[0, 2, 1, 3]), -1, self.config.hidden)
        x = graph.op("Add", x, self.linear(f"{attention}/output_transform", joined))
        x = graph.op("Add", x, self.feed_forward(f"{scope}/ffn_layer", self.norm(f"{scope}/layer_norm_1", x)))
        return graph.op("Mul", x, self.rows_mask)

    def _relative_scores(self, scope: str, q: str, relative: str) -> str:
        """Return q_i · rpr_k[relative(i, j)], B x N x L x L."""
        graph = self.graph
        near = graph.op("MatMul", q, graph.constant(self.variables[f"{scope}/rpr_k"].T, np.float32))  # B x N x L x R
        shape = graph.op("Concat", *self._leading(q), self.length, self.length, axis=0)
        return graph.op("GatherElements", near, graph.op("Expand", relative, shape), axis=-1)

    def _relative_values(self, scope: str, weights: str, relative: str) -> str:
        """Return the sum over j of weights_ij · rpr_v[relative(i, j)], B x N x L x D."""
        graph = self.graph
        values = graph.op("Gather", graph.constant(self.variables[f"{scope}/rpr_v"], np.float32), relative)  # L x L x D
        by_query = graph.op("Unsqueeze", weights, graph.constant([3], np.int64))  # B x N x L x 1 x L
        return graph.op("Squeeze", graph.op("MatMul", by_query, values), graph.constant([3], np.int64))

    def _leading(self, x: str) -> tuple[str]:
        """Return the first two dimensions of a four-dimensional value."""
        graph = self.graph
        return (graph.op("Slice", graph.op("Shape", x), graph.constant([0], np.int64), graph.constant([2], np.int64)),)

    def _heads(self, x: str) -> str:
        """Return x [BL, H] as B x N x L x D."""
        return self.graph.op("Transpose", self.graph.op("Reshape", x, self.heads_shape), perm=[0, 2, 1, 3])

    def _three_dimensional(self, x: str) -> str:
        shape = self.graph.op("Concat", self.graph.op("Shape", self.source), self.graph.constant([self.config.hidden], np.int64), axis=0)
        return self.graph.op("Reshape", x, shape)


class _Decoder(_Network):
    def __init__(self, config: NetworkConfig, variables: Variables, positions: int, graph: Graph) -> None:
        super().__init__(config, variables, positions, graph)
        self.tokens = graph.input("tokens", INT, ["B", "K"])
        self.position = graph.input("position", INT, [1])
        self.parents = graph.input("parents", INT, ["P"])
        self.log_probs = graph.input("log_probs", FLOAT, ["B", "K"])
        self.candidates = graph.input("candidates", INT, [1])
        self.bias = graph.input("bias", FLOAT, ["B", 1, 1, "L"])
        self.augmentation = graph.input("augmentation", FLOAT, ["B", config.decoder_layers, config.hidden])
        shape = graph.op("Shape", self.tokens)
        self.stream_shape = graph.op("Concat", shape, graph.constant([config.hidden], np.int64), axis=0)  # B, K, H
        self.heads_shape = graph.op("Concat", shape, graph.constant([config.heads, config.head_size], np.int64), axis=0)
        self.rows_shape = graph.op("Slice", shape, graph.constant([0], np.int64), graph.constant([1], np.int64))
        self.relative = self._relative_index() if config.relative_positions else None

    def build(self) -> onnx.ModelProto:
        graph, config = self.graph, self.config
        name = embedding_names(config)[2]
        x = self.embed(name, graph.reshape(self.tokens, -1))  # P x H
        started = graph.op("Cast", graph.op("Greater", self.position, graph.constant(0, np.int64)), to=FLOAT)
        x = graph.op("Mul", x, started)
        if not config.relative_positions:
            x = graph.op("Add", x, graph.op("Gather", self.timing(), self.position))
        for layer in range(config.decoder_layers):
            x = self._layer(layer, x)
        self._continuations(self._logits(self.norm("decoder/layer_norm", x), name))
        return self.model()

    def _layer(self, layer: int, x: str) -> str:
        graph, scope = self.graph, f"decoder/layer_{layer}"
        added = graph.op("Gather", self.augmentation, graph.constant([layer], np.int64), axis=1)  # B x 1 x H
        x = graph.reshape(graph.op("Add", graph.op("Reshape", x, self.stream_shape), added), -1, self.config.hidden)
        x = graph.op("Add", x, self._self_attention(layer, self.norm(f"{scope}/layer_norm_1", x)))
        x = graph.op("Add", x, self._cross_attention(layer, self.norm(f"{scope}/layer_norm_2", x)))
        return graph.op("Add", x, self.feed_forward(f"{scope}/ffn_layer", self.norm(f"{scope}/layer_norm_3", x)))

    def _self_attention(self, layer: int, x: str) -> str:
        graph, config = self.graph, self.config
        scope = f"decoder/layer_{layer}/decoder_self_attention"
        parts = self.split(self.linear(f"{scope}/qkv_transform", x), 3)
        q, k, v = (graph.reshape(part, -1, config.heads, 1, config.head_size) for part in parts)  # P x N x 1 x D
        k, v = self._extended("key", layer, k), self._extended("value", layer, v)
        scores = graph.op("FusedMatMul", q, k, domain=MICROSOFT, transB=1, alpha=config.head_size**-0.5)
        if self.relative:
            near = graph.op("MatMul", q, graph.constant(self.variables[f"{scope}/rpr_k"].T, np.float32))
            near = self.scaled(near, config.head_size**-0.5)  # P x N x 1 x R
            scores = graph.op("Add", scores, graph.op("Gather", near, self.relative, axis=3))  # P x N x 1 x T
        weights = self.softmax(scores)
        context = graph.op("MatMul", weights, v)
        if self.relative:
            values = graph.op("Gather", graph.constant(self.variables[f"{scope}/rpr_v"], np.float32), self.relative)  # T x D
            context = graph.op("Add", context, graph.op("MatMul", weights, values))
        return self.linear(f"{scope}/output_transform", graph.reshape(context, -1, config.hidden))

    def _relative_index(self) -> str:
        """Return clip(position - key) + distance of the positions so far, T."""
        graph = self.graph
        distance = graph.constant(self.config.relative_distance, np.int64)
        scalar = graph.op("Squeeze", self.position)
        offsets = graph.op("Range", scalar, graph.constant(-1, np.int64), graph.constant(-1, np.int64))
        return graph.op("Add", graph.op("Min", offsets, distance), distance)

    def _extended(self, kind: str, layer: int, new: str) -> str:
        """Return the cache of the hypotheses that go on, with the new position at its end, and give it out."""
        graph, config = self.graph, self.config
        name, width = f"self_{kind}_{layer}", config.head_size
        earlier = graph.input(name, FLOAT, ["earlier", config.heads, "T", width])
        value = graph.op("Concat", graph.op("Gather", earlier, self.parents, axis=0), new, axis=2)
        graph.output(value, f"next_{name}", FLOAT, ["P", config.heads, "T1", width])
        return value

    def _cross_attention(self, layer: int, x: str) -> str:
        """Attend to the source with the beams of a sentence as query rows."""
        graph, config = self.graph, self.config
        scope = f"decoder/layer_{layer}/encdec_attention"
        keys, values = (
            graph.input(f"cross_{kind}_{layer}", FLOAT, ["B", config.heads, "L", config.head_size]) for kind in ("key", "value")
        )
        q = graph.op("Reshape", self.linear(f"{scope}/q_transform", x), self.heads_shape)
        q = graph.op("Transpose", q, perm=[0, 2, 1, 3])  # B x N x K x D
        scores = graph.op("FusedMatMul", q, keys, domain=MICROSOFT, transB=1, alpha=config.head_size**-0.5)
        context = graph.op("MatMul", self.softmax(graph.op("Add", scores, self.bias)), values)
        joined = graph.reshape(graph.op("Transpose", context, perm=[0, 2, 1, 3]), -1, config.hidden)
        return self.linear(f"{scope}/output_transform", joined)

    def _logits(self, x: str, name: str) -> str:
        """Return the scores of the target tokens, P x softmax_width; those beyond the vocabulary are never chosen."""
        filling = self.config.softmax_width - self.config.target_vocabulary
        matrix = np.pad(self.variables[name].T, ((0, 0), (0, filling)))
        bias = np.pad(np.zeros(self.config.target_vocabulary, np.float32), (0, filling), constant_values=MASKED) if filling else None
        return self.graph.linear(x, matrix, bias, f"{name}/projection")

    def _continuations(self, logits: str) -> None:
        """Give out the best continuations of each sentence by log-probability; the normaliser is one number a hypothesis."""
        graph = self.graph
        axis = graph.constant([1], np.int64, "last_axis")
        largest = graph.op("ReduceMax", logits, axis, keepdims=1)
        total = graph.op("ReduceSum", graph.op("Exp", graph.op("Sub", logits, largest)), axis, keepdims=1)
        # ReduceLogSum takes the logarithm row by row; Log rounds an element by whether it fills a vector register or stands in the rest.
        normaliser = graph.op("Add", graph.op("ReduceLogSum", total, axis, keepdims=1), largest)
        offset = graph.op("Sub", graph.reshape(self.log_probs, -1, 1), normaliser)
        flat = graph.op("Concat", self.rows_shape, graph.constant([-1], np.int64), axis=0)
        joint = graph.op("Reshape", graph.op("Add", logits, offset), flat)  # B x KV
        scores, continuations = graph.ops("TopK", 2, joint, self.candidates, axis=-1, largest=1, sorted=1)
        graph.output(scores, "scores", FLOAT, ["B", "C"])
        graph.output(continuations, "continuations", INT, ["B", "C"])


def export(config: NetworkConfig, variables: Variables, precision: Precision, positions: int = 512) -> dict[str, Any]:
    """Return both graphs by name."""
    return {
        "encoder": export_encoder(config, variables, precision, positions),
        "decoder": export_decoder(config, variables, precision, positions),
    }
