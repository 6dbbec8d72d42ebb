"""How the products of a network are stored: which in 8 bits, and with which scales for their activations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nmt.config import NetworkConfig, embedding_names, variable_shapes

Precision = Literal["fp32", "int8"]


@dataclass(frozen=True, slots=True)
class Scheme:
    """How to store each product, by the name of its matrix.

    `exact` ones stay in 32 bits. `ranges` holds the largest absolute activation where that was measured (calibration): it becomes a
    constant scale. All other products take the scale of each row of activations while they run.
    With `probes` the graphs also give out the range of each product's input.
    """

    precision: Precision
    ranges: Mapping[str, float] = field(default_factory=dict)
    exact: frozenset[str] = frozenset()
    probes: bool = False

    def is_exact(self, name: str) -> bool:
        """Return whether the product stays in 32 bits."""
        return self.precision == "fp32" or name in self.exact


def product_names(config: NetworkConfig) -> list[str]:
    """Return the names of the matrix products of a network, as a `Scheme` knows them."""
    names = [name for name in variable_shapes(config) if name.endswith("/matrix")]
    return [*names, f"{embedding_names(config)[2]}/projection"]


def quantise_columns(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return symmetric 8-bit values and one scale per column, so that values * scales is close to `matrix`."""
    scales = np.maximum(np.abs(matrix).max(axis=0) / 127, np.float32(1e-9)).astype(np.float32)
    return np.rint(matrix / scales).astype(np.int8), scales
