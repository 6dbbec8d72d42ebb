"""Networks with random weights: for figures that do not depend on what a model has learned."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nmt.build.export import Network
from nmt.build.quantize import Scheme, product_names
from nmt.build.writer import POSITIONS
from nmt.config import Alignment, NetworkConfig, variable_shapes
from nmt.search import END, Ints
from nmt.shortlist import Lexicon

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


def random_variables(network: NetworkConfig) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield the variables in order of their names."""
    random = np.random.default_rng(1)
    for name, shape in sorted(variable_shapes(network).items()):
        if name.endswith("layer_norm_scale"):
            value = np.ones(shape, np.float32)
        elif len(shape) == 1:
            value = np.zeros(shape, np.float32)
        else:
            value = random.standard_normal(shape, np.float32) * np.float32(shape[-1] ** -0.5)
        yield f"NmtModel/{name}", value


def constant_scheme(network: Network) -> Scheme:
    """Return the scheme of a calibrated network."""
    return Scheme("int8", dict.fromkeys(product_names(network.config), RANGE))


def random_sources(config: NetworkConfig, count: int, length: int) -> list[Ints]:
    """Return sentences of this many tokens."""
    random = np.random.default_rng(1)
    return [_draw(random, config.source_vocabulary, length) for _ in range(count)]


def random_lexicon(config: NetworkConfig) -> Lexicon:
    """Return a lexicon of the size that `nmt.build.lexicon` makes: 600 common tokens, and 60 that a source token may become."""
    random = np.random.default_rng(2)
    becomes = [np.unique(_draw(random, config.target_vocabulary, 60)) for _ in range(config.source_vocabulary)]
    starts = np.cumsum([0, *map(len, becomes)])
    return Lexicon(np.arange(min(600, config.target_vocabulary // 8)), starts, np.concatenate(becomes))


def _draw(random: np.random.Generator, vocabulary: int, count: int) -> Ints:
    """Draw tokens as often as their rank says, by the law of Zipf and Mandelbrot."""
    weights = 1 / (np.arange(3, vocabulary - 3) + 10)
    return np.searchsorted(np.cumsum(weights / weights.sum()), random.random(count)).clip(max=vocabulary - 7) + 3
