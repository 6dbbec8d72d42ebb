"""The numbers of the network that training and export must agree on."""

import math

import numpy as np
from numpy.typing import NDArray

LAYER_NORM_EPSILON = 1e-6


def timing_rates(width: int) -> NDArray[np.float32]:
    """Return by how much the angles of the absolute position signal grow from place to place, [width / 2]."""
    half = width // 2
    rates: NDArray[np.float32] = np.exp(np.arange(half, dtype=np.float32) * np.float32(-math.log(10000.0) / (half - 1)))
    return rates


def timing_signal(length: int, width: int) -> NDArray[np.float32]:
    """Return the absolute position signal, [length, width]: all sines, then all cosines."""
    angles = np.arange(length, dtype=np.float32)[:, None] * timing_rates(width)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)
