"""What the stages of training minimise, and which variables each of them trains.

1. `mle`: likelihood of the target, everything trained.
2. `contrast`: the semantic encoder alone, so that a sentence and its translation get vectors near each other.
3. `augment`: likelihood under vectors sampled around the pair's, everything but the semantic encoder trained.

The last two are those of Wei et al., 2022, "Learning to Generalize to More: Continuous Semantic Augmentation for Neural Machine
Translation".
"""

from abc import ABC, abstractmethod
from collections import deque

import torch
from torch import Tensor, nn
from torch.nn import functional

from nmt.build.augment import sampled_meanings, tangential_contrast
from nmt.build.batches import Batch
from nmt.build.network import Network, is_semantic, source_mask, target_semantic_name

LABEL_SMOOTHING = 0.1
GUIDANCE = 0.1  # weight of the alignment in the loss
SAMPLES = 4  # semantic vectors a pair in the last stage
SLACK = 0.9  # the paper's zeta
REMEMBERED = 100  # steps over which the contrast's probability is averaged


class Objective(ABC):
    """One stage of training. `forward` is the network or its compiled form."""

    name: str
    trains_semantics = True
    trains_rest = True

    def __init__(self, network: Network) -> None:
        self.network = network
        self.forward: nn.Module = network

    def trains(self, variable: str) -> bool:
        """Return whether the stage changes the variable of this name."""
        return self.trains_semantics if is_semantic(variable) else self.trains_rest

    @abstractmethod
    def loss(self, batch: Batch) -> Tensor:
        """Return what to minimise."""


class Likelihood(Objective):
    """The first stage."""

    name = "mle"

    def loss(self, batch: Batch) -> Tensor:
        """Return the smoothed cross-entropy and, where pairs have links, the weighted loss of the alignment."""
        return guided(self.forward(batch.source, batch.inputs(), batch.kept), batch)


class Contrast(Objective):
    """The second stage."""

    name = "contrast"
    trains_rest = False

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self._probabilities: deque[Tensor] = deque(maxlen=REMEMBERED)

    def loss(self, batch: Batch) -> Tensor:
        """Return the tangential contrast of the pairs' vectors."""
        same = (batch.source[:, None] == batch.source).all(-1) | (batch.target[:, None] == batch.target).all(-1)
        confidence = torch.stack([*self._probabilities]).mean() if self._probabilities else torch.zeros((), device=same.device)
        source, target = meanings(self.network, batch)
        with torch.autocast(source.device.type, enabled=False):  # small distances drown in bfloat16
            log_probability = tangential_contrast(source, target, same, SLACK * confidence)
        self._probabilities.append(log_probability.detach().exp().mean())
        return -log_probability.mean()


class Augmented(Objective):
    """The third stage."""

    name = "augment"
    trains_semantics = False

    def loss(self, batch: Batch) -> Tensor:
        """Return the likelihood under `SAMPLES` vectors a pair."""
        self.network.eval()
        with torch.no_grad():
            samples = sampled_meanings(*meanings(self.network, batch), SAMPLES)
        self.network.train()
        repeated = batch.repeated(SAMPLES)
        return guided(self.forward(batch.source, repeated.inputs(), repeated.kept, samples[:, None]), repeated)


STAGES: dict[str, type[Objective]] = {stage.name: stage for stage in (Likelihood, Contrast, Augmented)}


def meanings(network: Network, batch: Batch) -> tuple[Tensor, Tensor]:
    """Return the semantic vectors of the sources and of the targets, [B, H] each."""
    source = network.encode_semantics(batch.source, source_mask(batch.source))
    target = network.encode_semantics(batch.target, source_mask(batch.target), target_semantic_name(network.config))
    return source[:, 0].float(), target[:, 0].float()


def guided(outputs: tuple[Tensor, Tensor], batch: Batch) -> Tensor:
    """Return the mean smoothed cross-entropy over the target tokens and ends of sentences, plus the weighted loss of the alignment.

    `outputs` are the network's logits and attention.
    """
    logits, attention = outputs
    loss = functional.cross_entropy(logits.float(), batch.wanted(), label_smoothing=LABEL_SMOOTHING)
    return loss + GUIDANCE * alignment_loss(attention, batch.links) if len(batch.links) else loss


def alignment_loss(attention: Tensor, links: Tensor) -> Tensor:
    """Return the mean negative log of the attention [B, T, L] that lies on the right source positions.

    A target token's attention is that of the step which reads it, one after the step that predicts it: the token is known there
    (Chen et al., 2020, "Accurate Word Alignment Induction from Neural Machine Translation").
    """
    row, source, target = links.unbind(1)
    step = row * attention.shape[1] + target + 1
    mass = torch.zeros(attention.shape[:2].numel(), device=attention.device).index_add(0, step, attention[row, target + 1, source])
    linked = torch.zeros_like(mass).index_fill(0, step, 1.0)
    return -(linked * mass.clamp_min(1e-6).log()).sum() / linked.sum()
