"""CSANMT in PyTorch, for training: the network of DAMO's implementation, its variables under their checkpoint names.

Shapes in comments: B sentences, L source positions (tokens and the end-of-sentence token), T target positions, H hidden, N heads.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from nmt.build.arithmetic import LAYER_NORM_EPSILON, timing_signal
from nmt.config import MASKED, NetworkConfig, embedding_names, variable_shapes

MAX_POSITIONS = 512


def source_mask(tokens: Tensor) -> Tensor:
    """Return the float mask of `tokens` [B, L]: a position is visible when it is the first or the token before it is not 0."""
    return functional.pad((tokens[:, :-1] != 0).float(), (1, 0), value=1.0)


def padding_bias(mask: Tensor) -> Tensor:
    """Return what is added to attention scores so that masked positions get no weight, [B, 1, 1, L]."""
    return ((1.0 - mask) * MASKED)[:, None, None, :]


def is_semantic(variable: str) -> bool:
    """Return whether the variable of this name belongs to the semantic encoder."""
    return variable.startswith("mini_xlm_encoder/") or "Semantic_Embedding/" in variable


def target_semantic_name(config: NetworkConfig) -> str:
    """Return the variable that embeds target sentences for the semantic encoder, which only training does."""
    return embedding_names(config)[1].replace("Source", "Target")


class Network(nn.Module):
    """A trainable CSANMT.

    `dropout` is applied to residual branches and embeddings in training mode only. A `bilingual` network has a variable more than a bundle
    needs: the semantic embedding of the target.
    """

    timing: Tensor

    def __init__(self, config: NetworkConfig, dropout: float = 0.1, *, bilingual: bool = False) -> None:
        super().__init__()
        if config.relative_positions:
            raise ValueError("only networks with absolute positions can be trained")
        self.config = config
        self.dropout = dropout
        shapes = variable_shapes(config)
        if bilingual:
            shapes[target_semantic_name(config)] = (config.target_vocabulary, config.hidden)
        self.variables = nn.ParameterDict({name: nn.Parameter(_initial(name, shape)) for name, shape in shapes.items()})
        self.register_buffer("timing", torch.from_numpy(timing_signal(MAX_POSITIONS, config.hidden)), persistent=False)

    def forward(self, source: Tensor, target_input: Tensor, kept: Tensor, meaning: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return logits [number of kept places, target vocabulary] and the last layer's first head's cross-attention [B, T, L].

        Args:
            source: ids [B, L], every row ends in at least one 0.
            target_input: ids [B, T] of the previous target tokens; column 0 is ignored (its embedding is the zero vector).
            kept: the places whose logits are wanted, row * T + position.
            meaning: semantic vectors to decode with in place of the sources' own, [K * B, 1, H]; the target side then has K * B rows too.
        """
        mask = source_mask(source)
        memory = self.encode(source, mask)
        if meaning is None:
            meaning = self.encode_semantics(source, mask)
        copies = meaning.shape[0] // source.shape[0]
        x, attention = self.decode(target_input, memory.repeat(copies, 1, 1), meaning, mask.repeat(copies, 1))
        return x.flatten(0, 1).index_select(0, kept) @ self.variables[embedding_names(self.config)[2]].t(), attention

    def encode(self, source: Tensor, mask: Tensor) -> Tensor:
        """Return the encoder's output, [B, L, H]."""
        bias = padding_bias(mask)
        x = self._embed(embedding_names(self.config)[0], source) + self.timing[: source.shape[1]]
        x = self._drop(x * mask[..., None] + self.variables["encoder_input_bias"])
        for layer in range(self.config.encoder_layers):
            x = self._encoder_layer(f"encoder/layer_{layer}", x, mask, bias)
        return self._norm("encoder/layer_norm", x)

    def encode_semantics(self, tokens: Tensor, mask: Tensor, embedding: str | None = None) -> Tensor:
        """Return the sentence's semantic vector, [B, 1, H]; `embedding` names the variable, by default that of the source."""
        bias = padding_bias(mask)
        x = self._drop(self._embed(embedding or embedding_names(self.config)[1], tokens) * mask[..., None])
        offsets = torch.arange(tokens.shape[1], device=tokens.device)
        distance = self.config.relative_distance
        relative = (offsets[:, None] - offsets[None, :]).clamp(-distance, distance) + distance  # L x L, query minus key
        for layer in range(self.config.semantic_layers):
            x = self._encoder_layer(f"mini_xlm_encoder/layer_{layer}", x, mask, bias, relative)
        pooled = (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        pooled = self._linear("mini_xlm_encoder/pooling_layer/linear", pooled)
        return self._norm("mini_xlm_encoder/layer_norm", pooled)[:, None]

    def decode(self, target_input: Tensor, memory: Tensor, meaning: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return the decoder's output [B, T, H] and the last layer's first head's cross-attention [B, T, L]."""
        bias = padding_bias(mask)
        embedded = self._embed(embedding_names(self.config)[2], target_input)
        x = functional.pad(embedded[:, 1:], (0, 0, 1, 0)) + self.timing[: target_input.shape[1]]
        x = self._drop(x)
        attention = torch.empty(0)
        for layer in range(self.config.decoder_layers):
            x, attention = self._decoder_layer(f"decoder/layer_{layer}", x, memory, meaning, bias)
        return self._norm("decoder/layer_norm", x), attention

    def _encoder_layer(self, scope: str, x: Tensor, mask: Tensor, bias: Tensor, relative: Tensor | None = None) -> Tensor:
        attention = f"{scope}/encoder_self_attention"
        q, k, v = self._linear(f"{attention}/qkv_transform", self._norm(f"{scope}/layer_norm", x)).unflatten(-1, (3, -1)).unbind(-2)
        context = self._attend(q, k, v, bias) if relative is None else self._attend_relative(attention, (q, k, v), bias, relative)
        x = x + self._drop(self._linear(f"{attention}/output_transform", context))
        x = x + self._drop(self._feed_forward(f"{scope}/ffn_layer", self._norm(f"{scope}/layer_norm_1", x)))
        return x * mask[..., None]

    def _decoder_layer(self, scope: str, x: Tensor, memory: Tensor, meaning: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        x = x + self._feed_forward(f"{scope}/embedding_augmentation_layer", self._norm(f"{scope}/layer_norm", meaning))
        own = f"{scope}/decoder_self_attention"
        q, k, v = self._linear(f"{own}/qkv_transform", self._norm(f"{scope}/layer_norm_1", x)).unflatten(-1, (3, -1)).unbind(-2)
        x = x + self._drop(self._linear(f"{own}/output_transform", self._attend(q, k, v, None)))
        cross = f"{scope}/encdec_attention"
        q = self._linear(f"{cross}/q_transform", self._norm(f"{scope}/layer_norm_2", x))
        k, v = self._linear(f"{cross}/kv_transform", memory).unflatten(-1, (2, -1)).unbind(-2)
        x = x + self._drop(self._linear(f"{cross}/output_transform", self._attend(q, k, v, bias)))
        x = x + self._drop(self._feed_forward(f"{scope}/ffn_layer", self._norm(f"{scope}/layer_norm_3", x)))
        return x, self._first_head(q, k, bias)

    def _first_head(self, q: Tensor, k: Tensor, bias: Tensor) -> Tensor:
        width = self.config.head_size
        scores = q[..., :width] @ k[..., :width].transpose(1, 2) * width**-0.5
        return functional.softmax(scores.float() + bias[:, 0], dim=-1)

    def _attend(self, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
        q, k, v = self._split(q), self._split(k), self._split(v)
        mask = None if bias is None else bias.to(q.dtype)
        return self._join(functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=bias is None))

    def _attend_relative(self, scope: str, qkv: tuple[Tensor, Tensor, Tensor], bias: Tensor, relative: Tensor) -> Tensor:
        q, k, v = (self._split(part) for part in qkv)
        q = q * self.config.head_size**-0.5
        near_keys = q @ self.variables[f"{scope}/rpr_k"].t()  # B x N x L x R
        index = relative.expand(*near_keys.shape[:3], relative.shape[1])
        weights = functional.softmax((q @ k.transpose(-1, -2) + near_keys.gather(-1, index)).float() + bias, dim=-1)  # B x N x L x L
        by_distance = torch.zeros(near_keys.shape, dtype=weights.dtype, device=weights.device).scatter_add(-1, index, weights)
        return self._join(weights.to(v.dtype) @ v + by_distance @ self.variables[f"{scope}/rpr_v"])

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.config.heads, self.config.head_size)).transpose(1, 2)

    @staticmethod
    def _join(x: Tensor) -> Tensor:
        return x.transpose(1, 2).flatten(2)

    def _feed_forward(self, scope: str, x: Tensor) -> Tensor:
        return self._linear(f"{scope}/output_layer/linear", functional.relu(self._linear(f"{scope}/input_layer/linear", x)))

    def _linear(self, scope: str, x: Tensor) -> Tensor:
        return functional.linear(x, self.variables[f"{scope}/matrix"].t(), self.variables[f"{scope}/bias"])

    def _norm(self, scope: str, x: Tensor) -> Tensor:
        scale, offset = self.variables[f"{scope}/layer_norm_scale"], self.variables[f"{scope}/layer_norm_offset"]
        return functional.layer_norm(x, (self.config.hidden,), scale, offset, LAYER_NORM_EPSILON)

    def _embed(self, name: str, tokens: Tensor) -> Tensor:
        return functional.embedding(tokens, self.variables[name]) * math.sqrt(self.config.hidden)

    def _drop(self, x: Tensor) -> Tensor:
        return functional.dropout(x, self.dropout, self.training)


def _initial(name: str, shape: tuple[int, ...]) -> Tensor:
    """Return start values: embeddings of unit length, Xavier-uniform kernels, identity norms, zero biases."""
    value = torch.zeros(shape)
    if name.endswith("Weights"):
        nn.init.normal_(value, std=shape[1] ** -0.5)
    elif name.endswith("layer_norm_scale"):
        nn.init.ones_(value)
    elif name.endswith(("matrix", "rpr_k", "rpr_v")):
        nn.init.xavier_uniform_(value)
    return value
