"""Writes a CSANMT's variables as two ONNX graphs: what is computed once a sentence, and one step of the decoder."""

from dataclasses import dataclass

import onnx

from nmt.build.decoder import export_decoder
from nmt.build.encoder import export_encoder
from nmt.build.graph import DataFile, Graph
from nmt.build.layers import Variables
from nmt.build.quantize import Scheme
from nmt.config import Alignment, NetworkConfig


@dataclass(frozen=True, slots=True)
class Network:
    """A network to export: `positions` is how many positions its graphs hold, `alignment` which attention they give out.

    With `shortlist` the decoder is given the tokens to choose from: see `nmt.shortlist`.
    """

    config: NetworkConfig
    variables: Variables
    positions: int
    alignment: Alignment
    shortlist: bool = False

    def encoder(self, scheme: Scheme, data: DataFile | None = None) -> onnx.ModelProto:
        """Return the graph of what is computed once a sentence; its large constants go to `data` where it is given."""
        return export_encoder(self.config, self.variables, self.positions, Graph("encoder", scheme, data))

    def decoder(self, scheme: Scheme, data: DataFile | None = None) -> onnx.ModelProto:
        """Return the graph of one decoder step; `data` as in `encoder`."""
        graph = Graph("decoder", scheme, data)
        return export_decoder(self.config, self.variables, self.positions, graph, self.alignment, shortlist=self.shortlist)
