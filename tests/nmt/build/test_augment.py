"""The geometry of continuous semantic augmentation against the paper's equations, written out plainly."""

import math

import pytest

torch = pytest.importorskip("torch", reason="training needs the build extra: pip install -e '.[build]'")

from torch import Tensor  # noqa: E402

from nmt.build.augment import CHAIN_SHARE, TEMPERATURE, chain, sampled_meanings, tangential_contrast  # noqa: E402


@pytest.fixture
def pairs() -> tuple[Tensor, Tensor]:
    torch.manual_seed(3)
    source = torch.randn(6, 16)
    return source, source + 0.4 * torch.randn(6, 16)


def plain_contrast(source: Tensor, target: Tensor, row: int, exponent: float) -> float:
    """Return the log-probability of one pair, negatives moved one by one."""

    def cosine(one: Tensor, other: Tensor) -> float:
        return float(one @ other / (one.norm() * other.norm()))

    source, target = (side / side.norm(dim=1, keepdim=True) for side in (source, target))
    distance = (source[row] - target[row]).norm()
    scores = [cosine(source[row], target[row])]
    for side in (source, target):
        for other in range(len(side)):
            if other != row:
                away = (side[row] - side[other]).norm()
                share = (distance / away) ** exponent if away > distance else 1.0
                scores.append(cosine(side[row], side[row] + share * (side[other] - side[row])))
    exponentials = [math.exp(score / TEMPERATURE) for score in scores]
    return math.log(exponentials[0] / sum(exponentials))


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0])
def test_the_contrast_is_that_of_the_moved_negatives(pairs: tuple[Tensor, Tensor], exponent: float) -> None:
    got = tangential_contrast(*pairs, torch.eye(6, dtype=torch.bool), torch.tensor(exponent))
    for row in range(6):
        assert got[row].item() == pytest.approx(plain_contrast(*pairs, row, exponent), abs=1e-4)


def test_equal_sentences_are_no_negatives_of_each_other(pairs: tuple[Tensor, Tensor]) -> None:
    source, target = (torch.cat([side, side[:1]]) for side in pairs)
    same = torch.eye(7, dtype=torch.bool)
    same[0, 6] = same[6, 0] = True
    without = tangential_contrast(*pairs, torch.eye(6, dtype=torch.bool), torch.tensor(0.5))
    assert torch.allclose(tangential_contrast(source, target, same, torch.tensor(0.5))[[0, 6]], without[0], atol=1e-5)


def test_samples_lie_in_the_adjacency_region_half_around_each_side(pairs: tuple[Tensor, Tensor]) -> None:
    source, target = pairs
    samples = sampled_meanings(source, target, 200).unflatten(0, (200, 6))
    radius = (source - target).norm(dim=1)
    assert ((samples[:100] - source).norm(dim=2) <= radius + 1e-5).all()
    assert ((samples[100:] - target).norm(dim=2) <= radius + 1e-5).all()
    assert (samples.flatten(0, 1)[6:] != samples.flatten(0, 1)[:-6]).any(1).all()


def test_the_chain_has_the_moments_of_its_equation() -> None:
    torch.manual_seed(5)
    spread = torch.tensor([0.0, 0.5, 1.0]).expand(200_000, 3)
    steps = chain(spread, 3)
    first = spread[0] ** 2
    narrow, wide = CHAIN_SHARE**2 * first, (1 - CHAIN_SHARE) ** 2
    second = narrow + wide * (first + 1)
    # The mean of two steps: w_2 depends on w_1 with the factor 1 - eta.
    mean = (first + second + 2 * (1 - CHAIN_SHARE) * first) / 4
    third = narrow + wide * (mean + 1)
    for step, variance in zip(steps, (first, second, third), strict=True):
        assert torch.allclose(step.mean(0), torch.zeros(3), atol=0.01)
        assert torch.allclose(step.var(0), variance, atol=0.015)
