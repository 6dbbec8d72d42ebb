"""Continuous semantic augmentation: the geometry of semantic vectors (Wei et al., 2022).

Around a pair of vectors r_x, r_y lies its adjacency region: the union of two balls with the centres r_x and r_y and the radius |r_x - r_y|.
Vectors in it are taken to mean the same. The contrast shapes the space so that this holds; the sampling draws from the region.
"""

import torch
from torch import Tensor
from torch.nn import functional

TEMPERATURE = 0.1  # of the cosine similarities; the paper names none
CHAIN_SHARE = 0.6  # the paper's eta


def tangential_contrast(source: Tensor, target: Tensor, same: Tensor, exponent: Tensor) -> Tensor:
    """Return for each pair the log-probability of its translation among negatives of both sides, [B].

    A negative farther from a sentence than its translation, d' > d, is moved towards it, to the point r + (d / d')^exponent (r' - r):
    at exponent 1 it lies on the border of the adjacency region. The share is a choice and carries no gradient.

    Args:
        source: vectors of the sources, [B, H].
        target: vectors of their translations, [B, H].
        same: bool [B, B], pairs that are no negatives of each other; true on the diagonal.
        exponent: from 0, negatives as they are, to 1.
    """
    source, target = functional.normalize(source, dim=1), functional.normalize(target, dim=1)
    positive = (source * target).sum(1, keepdim=True)
    negatives = [_tangential_similarity(side, positive, exponent).masked_fill(same, -torch.inf) for side in (source, target)]
    return functional.log_softmax(torch.cat([positive, *negatives], dim=1) / TEMPERATURE, dim=1)[:, 0]


def _tangential_similarity(vectors: Tensor, positive: Tensor, exponent: Tensor) -> Tensor:
    """Return the cosine of each unit vector and the moved other ones, [B, B], without making those B x B vectors.

    With c the cosine of r and r', the point p = r + s (r' - r) has r p = 1 - s (1 - c) and |p|^2 = 1 - 2 s (1 - s) (1 - c).
    """
    gap = 1.0 - vectors @ vectors.t()  # half the square of the distance d'
    share = ((1.0 - positive) / gap.clamp_min(1e-6)).clamp(1e-6, 1.0).pow(0.5 * exponent).detach()
    return (1.0 - share * gap) * (1.0 - 2.0 * share * (1.0 - share) * gap).clamp_min(1e-6).rsqrt()


def sampled_meanings(source: Tensor, target: Tensor, count: int) -> Tensor:
    """Return `count` vectors a pair out of its adjacency region, [count * B, H], sample k of pair b in row k * B + b.

    One half starts from the source's vector and goes along the difference to the target's, the other half the other way. The step is a
    factor for each coordinate, cut to -1 to 1, which keeps the sample inside the ball.
    """
    difference = target - source
    factors = [chain(_importance(difference), count // 2).clamp(-1.0, 1.0) for _ in range(2)]
    return torch.cat([source + factors[0] * difference, target - factors[1] * difference]).flatten(0, 1)


def _importance(difference: Tensor) -> Tensor:
    """Return the size of each coordinate of the difference from 0, the smallest of its row, to 1, the largest; [B, H]."""
    size = difference.abs()
    low, high = size.amin(1, keepdim=True), size.amax(1, keepdim=True)
    return (size - low) / (high - low).clamp_min(1e-12)


def chain(spread: Tensor, count: int) -> Tensor:
    """Return `count` steps of the mixed Gaussian recurrent chain, [count, B, H]; `spread` [B, H] is the standard deviation of the first.

    w_1 = N(0, spread^2), w_k = eta N(0, spread^2) + (1 - eta) N(mean of w_1 .. w_k-1, 1)
    """
    steps = [torch.randn_like(spread) * spread]
    while len(steps) < count:
        wide = torch.stack(steps).mean(0) + torch.randn_like(spread)
        steps.append(CHAIN_SHARE * torch.randn_like(spread) * spread + (1.0 - CHAIN_SHARE) * wide)
    return torch.stack(steps)
