"""The graph of one decoder step with its share of the beam search.

Shapes in comments: see `nmt.build.layers`; M is the capacity of the caches, C the number of candidates.
"""

import numpy as np
import onnx
from numpy.typing import NDArray

from nmt.build.graph import MICROSOFT, Graph, Operand
from nmt.build.layers import FLOAT, INT, INT8, INT32, Layers, Variables
from nmt.config import MASKED, SOFTMAX_STEP, Alignment, NetworkConfig, embedding_names, projection_name
from nmt.shortlist import BIAS, KERNEL, OWN, PLACES, SCALES


def export_decoder(
    config: NetworkConfig, variables: Variables, positions: int, graph: Graph, alignment: Alignment, *, shortlist: bool = False
) -> onnx.ModelProto:
    """Return the graph of one decoder step.

    Inputs: `tokens` [B, K] of the step before (ignored at position 0), `position` [1] (also as `past` [1], 32-bit), `log_probs` [B, K],
    `candidates` [1] (C, how many continuations of a sentence to return), `beam` [1] (K), `wanted` [B, K, W] (tokens whose scores are
    asked for whatever their rank), the encoder's outputs, and the caches: `self_key_i` and `self_value_i` [P, N, M, D], in which each step
    writes its own position and nothing else, and `history` [B, K, M], which says for each position in which hypothesis's row its entry
    lies. Outputs: `scores` [B, C] (log-probabilities of the whole hypothesis, descending), `continuations` [B, C] (beam · V + token),
    `wanted_scores` [B, K, W], `attention` [B, K, L] (see `Alignment`), and the caches under `next_`, to be bound to the inputs' memory.

    With `shortlist` the graph holds no output matrix. It is given the columns that a batch needs, `shortlist_kernel` [H, U],
    `shortlist_scales` [U] and `shortlist_bias` [U], and for each sentence which of them are its own, `shortlist_places` [B, K, S], and what
    tokens these are, `shortlist_own` [B, S]. Then V means S, and `wanted` holds places in a sentence's shortlist.
    """
    return _Decoder(config, variables, positions, graph, alignment, shortlist=shortlist).build()


def output_matrix(config: NetworkConfig, variables: Variables) -> NDArray[np.float32]:
    """Return the matrix of the product that gives the scores of the target tokens, H x vocabulary."""
    name = projection_name(config)
    return variables[name] if name in variables else variables[embedding_names(config)[2]].T


class _Decoder(Layers):
    def __init__(
        self, config: NetworkConfig, variables: Variables, positions: int, graph: Graph, alignment: Alignment, *, shortlist: bool
    ) -> None:
        super().__init__(config, variables, positions, graph)
        self.own = graph.input(OWN, INT, ["B", "S"]) if shortlist else None
        self.alignment = alignment
        self.tokens = graph.input("tokens", INT, ["B", "K"])
        self.position = graph.input("position", INT, [1])
        self.past = graph.input("past", INT32, [1])
        self.beam = graph.input("beam", INT32, [1])
        self.history = graph.input("history", INT32, ["B", "K", "M"])
        self.log_probs = graph.input("log_probs", FLOAT, ["B", "K"])
        self.candidates = graph.input("candidates", INT, [1])
        self.wanted = graph.input("wanted", INT, ["B", "K", "W"])
        self.bias = graph.input("bias", FLOAT, ["B", 1, 1, "L"])
        self.shape = graph.op("Shape", self.tokens)
        self.stream_shape = graph.op("Concat", self.shape, graph.constant([config.hidden], np.int64), axis=0)
        self.heads_shape = graph.op("Concat", self.shape, graph.constant([config.heads, config.head_size], np.int64), axis=0)
        self.relative = self._relative_index() if config.relative_positions else None
        self.rows = self._history_rows() if config.relative_positions else None

    def build(self) -> onnx.ModelProto:
        """Return the finished model."""
        x, normed = self._embedded(), ""
        for layer in range(self.config.decoder_layers):
            x, normed = self._layer(layer, x)
        del x
        self._continuations(self._logits(normed) if self.own is None else self._chosen_logits(normed))
        return self.model()

    def _embedded(self) -> str:
        """Return the input of the first layer, B x K x H: nothing but the position signal at position 0."""
        graph = self.graph
        started = graph.op("Cast", graph.op("Greater", self.position, graph.constant(0, np.int64)), to=FLOAT)
        x = graph.op("Mul", self.embed(embedding_names(self.config)[2], self.tokens), started)
        return x if self.config.relative_positions else graph.op("Add", x, self.timing(self.position))

    def _layer(self, layer: int, x: str) -> tuple[str, str]:
        """Return the stream after the layer, and its norm for what follows."""
        graph, scope = self.graph, f"decoder/layer_{layer}"
        x = graph.op("Add", x, graph.input(f"augmentation_{layer}", FLOAT, ["B", 1, self.config.hidden]))
        normed = self.norm(f"{scope}/layer_norm_1", x)
        x, normed = self._added(f"{scope}/layer_norm_2", x, self._self_attention(layer, normed))
        x, normed = self._added(f"{scope}/layer_norm_3", x, self._cross_attention(layer, normed))
        inner = self.feed_forward(f"{scope}/ffn_layer", normed)
        if layer + 1 < self.config.decoder_layers:
            return graph.op("Add", x, inner), ""
        return self._added("decoder/layer_norm", x, inner)

    def _added(self, scope: str, x: str, change: str) -> tuple[str, str]:
        """Return x + change and its norm; ONNX Runtime's SkipLayerNormalization does both, but takes several times as long."""
        total = self.graph.op("Add", x, change)
        return total, self.norm(scope, total)

    def _self_attention(self, layer: int, x: str) -> str:
        graph, config = self.graph, self.config
        scope = f"decoder/layer_{layer}/decoder_self_attention"
        packed = graph.reshape(self.linear(f"{scope}/qkv_transform", x), -1, 1, 3 * config.hidden)
        shape: list[str | int] = ["P", config.heads, "M", config.head_size]
        caches = [graph.input(f"self_{kind}_{layer}", FLOAT, shape) for kind in ("key", "value")]
        attend = self._attend_relative if config.relative_positions else self._attend
        context, *updated = attend(scope, self.split(packed, 3), caches)
        for kind, value in zip(("key", "value"), updated, strict=True):
            graph.output(value, f"next_self_{kind}_{layer}", FLOAT, shape)
        return self.linear(f"{scope}/output_transform", graph.op("Reshape", context, self.stream_shape))

    def _attend(self, _scope: str, qkv: list[str], caches: list[str]) -> list[str]:
        """Return the context, P x 1 x H, and the caches with this position."""
        return self.graph.ops(
            "DecoderMaskedMultiHeadAttention",
            3,
            *qkv,
            "",
            "",
            *caches,
            self.past,
            self.beam,
            self.history,
            domain=MICROSOFT,
            num_heads=self.config.heads,
            past_present_share_buffer=1,
            scale=self.config.head_size**-0.5,
        )

    def _attend_relative(self, scope: str, qkv: list[str], caches: list[str]) -> list[str]:
        """Do the same with relative positions, step by step."""
        graph, config = self.graph, self.config
        q, k, v = (graph.reshape(part, -1, config.heads, 1, config.head_size) for part in qkv)  # P x N x 1 x D
        updated = [self._written(cache, new) for cache, new in zip(caches, (k, v), strict=True)]
        keys, values = (self._own(cache) for cache in updated)  # P x N x T x D
        scores = graph.op("FusedMatMul", q, keys, domain=MICROSOFT, transB=1, alpha=config.head_size**-0.5)
        near = graph.op("MatMul", q, graph.constant(self.variables[f"{scope}/rpr_k"].T, np.float32))
        near = self.scaled(near, config.head_size**-0.5)  # P x N x 1 x R
        weights = self.softmax(graph.op("Add", scores, graph.op("Gather", near, self.relative or "", axis=3)))  # P x N x 1 x T
        by_distance = graph.op("Gather", graph.constant(self.variables[f"{scope}/rpr_v"], np.float32), self.relative or "")  # T x D
        context = graph.op("Add", graph.op("MatMul", weights, values), graph.op("MatMul", weights, by_distance))
        return [context, *updated]

    def _written(self, cache: str, new: str) -> str:
        """Return the cache with `new` [P, N, 1, D] at this position."""
        graph = self.graph
        return graph.op("ScatterElements", cache, graph.op("Expand", self.position, graph.op("Shape", new)), new, axis=2)

    def _own(self, cache: str) -> str:
        """Return the entries of each hypothesis's own history, P x N x T x D."""
        by_place = self.graph.op("Transpose", cache, perm=[0, 2, 1, 3])  # P x M x N x D
        return self.graph.op("Transpose", self.graph.op("GatherND", by_place, self.rows or ""), perm=[0, 2, 1, 3])

    def _history_rows(self) -> str:
        """Return row and position of each cache entry of each hypothesis, P x T x 2; the newest lies in the hypothesis's own row."""
        graph = self.graph
        zero, one = (graph.constant(number, np.int64) for number in (0, 1))
        sentences, beams = (graph.op("Gather", self.shape, index) for index in (zero, one))
        length = graph.op("Squeeze", self.position)
        first = graph.op("Mul", graph.op("Range", zero, sentences, one), beams)
        past = graph.op("Slice", self.history, graph.constant([0], np.int64), self.position, graph.constant([2], np.int64))
        own = graph.op("Add", graph.op("Mul", self.tokens, zero), graph.op("Range", zero, beams, one))  # B x K
        last = graph.constant([2], np.int64)
        beam = graph.op("Concat", graph.op("Cast", past, to=INT), graph.op("Unsqueeze", own, last), axis=2)  # B x K x T
        rows = graph.op("Add", beam, graph.op("Unsqueeze", first, graph.constant([1, 2], np.int64)))
        times = graph.op("Range", zero, graph.op("Add", length, one), one)
        pair = [
            graph.op("Unsqueeze", value, graph.constant([3], np.int64))
            for value in (rows, graph.op("Add", graph.op("Mul", rows, zero), times))
        ]
        return graph.op(
            "Reshape",
            graph.op("Concat", *pair, axis=3),
            graph.op("Concat", graph.constant([-1], np.int64), graph.op("Add", self.position, one), graph.constant([2], np.int64), axis=0),
        )

    def _relative_index(self) -> str:
        """Return clip(position - key) + distance of the positions so far, T."""
        graph = self.graph
        distance = graph.constant(self.config.relative_distance, np.int64)
        scalar = graph.op("Squeeze", self.position)
        offsets = graph.op("Range", scalar, graph.constant(-1, np.int64), graph.constant(-1, np.int64))
        return graph.op("Add", graph.op("Min", offsets, distance), distance)

    def _cross_attention(self, layer: int, x: str) -> str:
        """Attend to the source with the beams of a sentence as query rows."""
        graph, config = self.graph, self.config
        scope = f"decoder/layer_{layer}/encdec_attention"
        shape: list[str | int] = ["B", config.heads, "L", config.head_size]
        keys, values = (graph.input(f"cross_{kind}_{layer}", FLOAT, shape) for kind in ("key", "value"))
        q = graph.op("Reshape", self.linear(f"{scope}/q_transform", x), self.heads_shape)
        q = graph.op("Transpose", q, perm=[0, 2, 1, 3])  # B x N x K x D
        scores = graph.op("FusedMatMul", q, keys, domain=MICROSOFT, transB=1, alpha=config.head_size**-0.5)
        weights = self.softmax(graph.op("Add", scores, self.bias))  # B x N x K x L
        if layer == self.alignment.layer:
            heads = graph.op("Gather", weights, graph.constant(self.alignment.heads, np.int64), axis=1)
            mean = graph.op("ReduceMean", heads, graph.constant([1], np.int64), keepdims=0)
            graph.output(mean, "attention", FLOAT, ["B", "K", "L"])
        context = graph.op("Transpose", graph.op("MatMul", weights, values), perm=[0, 2, 1, 3])
        return self.linear(f"{scope}/output_transform", graph.op("Reshape", context, self.stream_shape))

    def _logits(self, x: str) -> str:
        """Return the scores of the target tokens, B x K x softmax_width; those beyond the vocabulary are never chosen."""
        filling = self.config.softmax_width - self.config.target_vocabulary
        matrix = np.pad(output_matrix(self.config, self.variables), ((0, 0), (0, filling)))
        bias = np.pad(np.zeros(self.config.target_vocabulary, np.float32), (0, filling), constant_values=MASKED) if filling else None
        return self.graph.linear(x, matrix, bias, projection_name(self.config))

    def _chosen_logits(self, x: str) -> str:
        """Return the scores of the tokens in each sentence's shortlist, B x K x S."""
        graph, name = self.graph, projection_name(self.config)
        exact = graph.scheme.is_exact(name)
        kernel = graph.input(KERNEL, FLOAT if exact else INT8, [self.config.hidden, "U"])
        scales = graph.input(SCALES, FLOAT, ["U"])
        operand = Operand(kernel, "" if exact else scales, graph.input(BIAS, FLOAT, ["U"]))
        places = graph.input(PLACES, INT32, ["B", "K", "S"])
        return graph.op("GatherElements", graph.product(x, operand, name), places, axis=2)

    def _continuations(self, logits: str) -> None:
        """Give out the best continuations of each sentence by log-probability."""
        graph = self.graph
        last = graph.constant([2], np.int64)
        best, tokens = self._best(logits)
        # log p = logit - normaliser, where the normaliser is one number a hypothesis. Softmax beats its parts and LogSoftmax.
        first = graph.op("Slice", tokens, graph.constant([0], np.int64), graph.constant([1], np.int64), last)
        largest = graph.op("GatherElements", self.softmax(logits), first, axis=2)
        # ReduceLogSum takes the logarithm row by row; Log rounds an element by whether it fills a vector register or stands in the rest.
        certainty = graph.op("ReduceLogSum", largest, last, keepdims=1)
        normaliser = graph.op("Sub", graph.op("GatherElements", logits, first, axis=2), certainty)
        offset = graph.op("Sub", graph.op("Unsqueeze", self.log_probs, last), normaliser)  # B x K x 1
        wanted = graph.op("Add", graph.op("GatherElements", logits, self.wanted, axis=2), offset)
        graph.output(wanted, "wanted_scores", FLOAT, ["B", "K", "W"])
        # The C best of each hypothesis hold the C best of the sentence.
        scores, places = self._top(self._flat(graph.op("Add", best, offset)))
        zero, one, width = (graph.constant(number, np.int64) for number in (0, 1, self.config.softmax_width))
        beams = graph.op("Range", zero, graph.op("Gather", self.shape, one), one)
        start = graph.op("Unsqueeze", graph.op("Mul", beams, width), graph.constant([1], np.int64))  # K x 1
        graph.output(scores, "scores", FLOAT, ["B", "C"])
        numbered = self._flat(graph.op("Add", self._named(tokens), start))
        graph.output(graph.op("GatherElements", numbered, places, axis=1), "continuations", INT, ["B", "C"])

    def _named(self, tokens: str) -> str:
        """Return the tokens' own numbers, B x K x C, where they are places in a shortlist."""
        if self.own is None:
            return tokens
        own = self.graph.op("GatherElements", self.own, self._flat(tokens), axis=1)
        return self.graph.op("Reshape", own, self.graph.op("Shape", tokens))

    def _best(self, logits: str) -> tuple[str, str]:
        """Return the C highest scores of each hypothesis and their tokens, B x K x C.

        They lie in the C blocks with the highest maxima: looking for those first takes a third of the time.
        """
        graph = self.graph
        blocks = graph.reshape(logits, 0, 0, -1, SOFTMAX_STEP)
        last = graph.constant([3], np.int64)
        # No more blocks than there are: a toy vocabulary has fewer than candidates.
        number = graph.op("Slice", graph.op("Shape", blocks), *(graph.constant([end], np.int64) for end in (2, 3)))
        count = graph.op("Min", self.candidates, number)
        maxima = graph.op("ReduceMax", blocks, last, keepdims=0)
        _, chosen = graph.ops("TopK", 2, maxima, count, axis=-1, largest=1, sorted=1)
        # In their own order, so that of equal scores the lower token comes first.
        _, order = graph.ops("TopK", 2, chosen, count, axis=-1, largest=0, sorted=1)
        chosen = graph.op("GatherElements", chosen, order, axis=-1)
        inner = graph.op("GatherND", blocks, graph.op("Unsqueeze", chosen, last), batch_dims=2)
        best, places = self._top(graph.reshape(inner, 0, 0, -1))
        step = graph.constant(SOFTMAX_STEP, np.int64)
        block = graph.op("GatherElements", chosen, graph.op("Div", places, step), axis=-1)
        return best, graph.op("Add", graph.op("Mul", block, step), graph.op("Mod", places, step))

    def _top(self, x: str) -> tuple[str, str]:
        values, places = self.graph.ops("TopK", 2, x, self.candidates, axis=-1, largest=1, sorted=1)
        return values, places

    def _flat(self, x: str) -> str:
        """Return x [B, K, C] as B x KC."""
        return self.graph.reshape(x, 0, -1)
