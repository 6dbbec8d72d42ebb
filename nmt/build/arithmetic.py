"""The numbers of the network that training and export must agree on."""

import math

import numpy as np
from numpy.typing import NDArray

LAYER_NORM_EPSILON = 1e-6


def timing_signal(length: int, width: int) -> NDArray[np.float32]:
    """Return the absolute position signal, [length, width]: all sines, then all cosines."""
    half = width // 2
    rates = np.exp(np.arange(half, dtype=np.float32) * np.float32(-math.log(10000.0) / (half - 1)))
    angles = np.arange(length, dtype=np.float32)[:, None] * rates
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)
