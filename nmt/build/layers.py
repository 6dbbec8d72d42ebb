"""What both graphs of a CSANMT are made of.

Shapes in comments: B sentences, L source positions, K beams, P = B·K hypotheses, N heads, D head size, H hidden, V softmax width.
"""

import math
from collections.abc import Mapping

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto

from nmt.build.arithmetic import LAYER_NORM_EPSILON, timing_rates
from nmt.build.graph import Graph
from nmt.config import NetworkConfig

Variables = Mapping[str, NDArray[np.float32]]
FLOAT, INT, INT8, INT32 = TensorProto.FLOAT, TensorProto.INT64, TensorProto.INT8, TensorProto.INT32


class Layers:
    """Writes the parts of a network into a graph."""

    def __init__(self, config: NetworkConfig, variables: Variables, positions: int, graph: Graph) -> None:
        self.config = config
        self.variables = variables
        self.positions = positions
        self.graph = graph

    def norm(self, scope: str, x: str) -> str:
        """Return the layer norm of x."""
        return self.graph.op("LayerNormalization", x, *self._norm_constants(scope), axis=-1, epsilon=LAYER_NORM_EPSILON)

    def _norm_constants(self, scope: str) -> list[str]:
        names = (f"{scope}/layer_norm_scale", f"{scope}/layer_norm_offset")
        return [self.graph.constant(self.variables[name], np.float32, name) for name in names]

    def linear(self, scope: str, x: str, *, positive: bool = False) -> str:
        """Return x · matrix + bias; with `positive` of the positive part of x."""
        name = f"{scope}/matrix"
        return self.graph.linear(x, self.variables[name], self.variables[f"{scope}/bias"], name, positive=positive)

    def feed_forward(self, scope: str, x: str) -> str:
        """Return the two linear layers with a ReLU between them."""
        return self.linear(f"{scope}/output_layer/linear", self.linear(f"{scope}/input_layer/linear", x), positive=True)

    def scaled(self, x: str, factor: float) -> str:
        """Return x times a number."""
        return self.graph.op("Mul", x, self.graph.constant(factor, np.float32))

    def embed(self, name: str, ids: str) -> str:
        """Return the embeddings of the ids, times the square root of H."""
        return self.graph.lookup(ids, self.variables[name], name, math.sqrt(self.config.hidden))

    def split(self, x: str, parts: int) -> list[str]:
        """Cut the last axis into equal parts."""
        return self.graph.ops("Split", parts, x, axis=-1, num_outputs=parts)

    def softmax(self, scores: str) -> str:
        """Return the softmax over the last axis."""
        return self.graph.op("Softmax", scores, axis=-1)

    def timing(self, places: str) -> str:
        """Return the position signal of these places [T], T x H. Computed: a table of it would take more than some layers do."""
        graph = self.graph
        columns = graph.op("Unsqueeze", graph.op("Cast", places, to=FLOAT), graph.constant([1], np.int64))
        angles = graph.op("Mul", columns, graph.constant(timing_rates(self.config.hidden), np.float32))
        return graph.op("Concat", graph.op("Sin", angles), graph.op("Cos", angles), axis=1)

    def model(self) -> onnx.ModelProto:
        """Return the finished model."""
        return self.graph.model({"positions": str(self.positions)})
