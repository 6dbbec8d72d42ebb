"""How the products of a network are stored: which in 8 bits, and with which scales for their activations."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError, UnreadableFileError
from nmt.config import NetworkConfig, projection_name, variable_shapes

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
    return [*names, projection_name(config)]


def quantise_columns(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return symmetric 8-bit values and one scale per column, so that values * scales is close to `matrix`."""
    scales = np.maximum(np.abs(matrix).max(axis=0) / 127, np.float32(1e-9)).astype(np.float32)
    return np.rint(matrix / scales).astype(np.int8), scales


def most_sensitive(ranking: Sequence[Mapping[str, Any]], count: int) -> frozenset[str]:
    """Return the products of the first `count` entries of a ranking."""
    return frozenset(product for item in ranking[:count] for product in item["products"])


def read_ranking(path: Path) -> list[dict[str, Any]]:
    """Return the ranking that `nmt.build.sensitivity` wrote, the most sensitive products first.

    Raises:
        UnreadableFileError: it cannot be read, or is none.
    """
    try:
        ranking: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["products"]
    except OSError as error:
        raise UnreadableFileError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableFileError(f"{path} holds no ranking of products; make one with python -m nmt.build.sensitivity") from error
    return ranking


def chosen_products(config: NetworkConfig, names: Iterable[str], ranking: Path | None, keep: int) -> frozenset[str]:
    """Return the products to be kept in 32 bits: these names, and the `keep` most sensitive of the ranking.

    Raises:
        ModelError: the network has no product of such a name.
    """
    chosen = frozenset(names) | (most_sensitive(read_ranking(ranking), keep) if ranking else frozenset())
    if unknown := sorted(chosen - set(product_names(config))):
        raise ModelError(f"the network has no product {unknown[0]}; nmt.build.sensitivity lists those it has")
    return chosen
