"""The graph of what is computed once a sentence: encoder, semantic encoder, cross-attention keys and values.

Shapes in comments: see `nmt.build.layers`.
"""

import numpy as np
import onnx

from nmt.build.graph import MICROSOFT, Graph
from nmt.build.layers import FLOAT, INT, Layers, Variables
from nmt.config import MASKED, NetworkConfig, embedding_names


def export_encoder(config: NetworkConfig, variables: Variables, positions: int, graph: Graph) -> onnx.ModelProto:
    """Return the graph from source ids to all that the decoder needs of a sentence.

    Input `source` [B, L]: ids, each row followed by at least one 0. Outputs: `memory` [B, L, H], `meaning` [B, H], `bias` [B, 1, 1, L], and
    for each decoder layer `augmentation_i` [B, 1, H], `cross_key_i` and `cross_value_i` [B, N, L, D].
    """
    return _Encoder(config, variables, positions, graph).build()


class _Encoder(Layers):
    def __init__(self, config: NetworkConfig, variables: Variables, positions: int, graph: Graph) -> None:
        super().__init__(config, variables, positions, graph)
        self.source = graph.input("source", INT, ["B", "L"])
        shape = graph.op("Shape", self.source)
        self.length = graph.op("Slice", shape, *(graph.constant([edge], np.int64) for edge in (1, 2)))
        self.mask = self._mask()  # B x L
        self.rows_mask = graph.reshape(self.mask, -1, 1)  # BL x 1
        hidden = graph.op("Sub", graph.constant(1.0, np.float32), self.mask)
        self.bias = self.scaled(graph.op("Unsqueeze", hidden, graph.constant([1, 2], np.int64)), MASKED)  # B x 1 x 1 x L
        zero, one = (graph.constant(number, np.int64) for number in (0, 1))
        self.places = graph.op("Range", zero, graph.op("Squeeze", self.length), one)  # L
        self.relative = self._relative_index()
        heads = graph.constant([config.heads, config.head_size], np.int64)
        self.heads_shape = graph.op("Concat", shape, heads, axis=0)  # B, L, N, D

    def build(self) -> onnx.ModelProto:
        graph, config = self.graph, self.config
        memory = self._memory()
        meaning = self._meaning()
        for layer in range(config.decoder_layers):
            scope = f"decoder/layer_{layer}"
            added = self.feed_forward(f"{scope}/embedding_augmentation_layer", self.norm(f"{scope}/layer_norm", meaning))
            axis = graph.constant([1], np.int64)
            graph.output(graph.op("Unsqueeze", added, axis), f"augmentation_{layer}", FLOAT, ["B", 1, config.hidden])
            pair = self.split(self.linear(f"{scope}/encdec_attention/kv_transform", memory), 2)
            for kind, value in zip(("key", "value"), pair, strict=True):
                shape: list[str | int] = ["B", config.heads, "L", config.head_size]
                graph.output(self._heads(value), f"cross_{kind}_{layer}", FLOAT, shape)
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
            x = graph.op("Add", x, self.timing(self.places))
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
        columns = graph.op("Unsqueeze", self.places, graph.constant([1], np.int64))
        offsets = graph.op("Sub", columns, self.places)
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
