"""Networks with random weights: for figures that do not depend on what a model has learned."""

import numpy as np

from benchmarks.import_model import random_variables
from nmt.build.export import Network
from nmt.build.quantize import Scheme, product_names
from nmt.build.writer import POSITIONS
from nmt.config import Alignment, NetworkConfig
from nmt.search import END, Ints

RANGE = 8.0  # of all activations: their speed does not depend on it
CONFIGS = {
    "small": NetworkConfig(256, 1024, 4, 4, 1, 2, 8_000, 8_000),
    "base": NetworkConfig(512, 2048, 8, 6, 1, 6, 32_000, 32_000),
}


def random_network(config: NetworkConfig) -> Network:
    """Return a network that never ends a sentence: the score of its end is 0, that of the best token far above."""
    variables = {name.removeprefix("NmtModel/"): value for name, value in random_variables(config)}
    variables["Target_Embedding/Weights"][END] = 0.0
    return Network(config, variables, POSITIONS, Alignment.usual(config))


def constant_scheme(network: Network) -> Scheme:
    """Return the scheme of a calibrated network."""
    return Scheme("int8", dict.fromkeys(product_names(network.config), RANGE))


def random_sources(config: NetworkConfig, count: int, length: int) -> list[Ints]:
    """Return sentences of this many tokens."""
    random = np.random.default_rng(1)
    return [random.integers(3, config.source_vocabulary - 3, length) for _ in range(count)]
