"""Trains a CSANMT by maximum likelihood, on CPU or one GPU, and resumes where it was cut off.

The semantic encoder is trained through the decoder's augmentation layers together with the rest.
"""

import argparse
import json
import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from nmt.build.corpus import ParallelSet, TokenSet, load_packed
from nmt.build.network import Network
from nmt.config import NetworkConfig

LOG = logging.getLogger("train")
LABEL_SMOOTHING = 0.1
GUIDANCE = 0.1  # weight of the alignment in the loss
CHUNK = 40_000  # sentences sorted by length together: long enough for even batches, short enough to stay mixed


@dataclass(frozen=True, slots=True)
class Schedule:
    """When to stop and how fast to learn: linear warm-up, a plateau, then a linear descent to zero.

    Progress is the larger of step / steps and elapsed / seconds, so that a run can be given a wall-clock budget.
    """

    steps: int
    seconds: float
    peak: float
    warmup: int
    descent: float = 0.6

    def progress(self, step: int, elapsed: float) -> float:
        """Return how much of the run is over, 0 to 1."""
        return min(1.0, max(step / self.steps, elapsed / self.seconds))

    def rate(self, step: int, elapsed: float) -> float:
        """Return the learning rate at this moment."""
        left = 1.0 - self.progress(step, elapsed)
        return self.peak * min(1.0, (step + 1) / self.warmup, left / self.descent)


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded ids, [B, L] and [B, T]; every row ends in at least one 0. `links` [M, 3]: row, source position, target position."""

    source: Tensor
    target: Tensor
    links: Tensor

    def to(self, device: str) -> "Batch":
        """Return the batch on a device."""
        return Batch(self.source.to(device), self.target.to(device), self.links.to(device))


def batches(data: ParallelSet, budget: int, rng: np.random.Generator) -> Iterator[Batch]:
    """Yield one pass of batches of at most `budget` target positions."""
    order = rng.permutation(len(data))
    for first in range(0, len(order), CHUNK):
        chunk = order[first : first + CHUNK]
        chunk = chunk[np.lexsort((data.source.lengths()[chunk], data.target.lengths()[chunk]))]
        cuts = list(_cut(data.target.lengths()[chunk], budget))
        for index in rng.permutation(len(cuts)):
            rows = chunk[slice(*cuts[index])]
            yield Batch(_pad(data.source, rows), _pad(data.target, rows), _links(data.links, rows))


def _links(links: TokenSet, rows: np.ndarray) -> Tensor:
    found = [links[row].astype(np.int64) for row in rows]
    numbers = np.concatenate(found)
    places = np.repeat(np.arange(len(rows)), [len(row) for row in found])
    return torch.from_numpy(np.stack([places, numbers // 256, numbers % 256], axis=1))


def _cut(lengths: np.ndarray, budget: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of the ascending `lengths` whose padded size stays within `budget`."""
    begin = 0
    for end in range(1, len(lengths) + 1):
        if end == len(lengths) or (lengths[end] + 1) * (end + 1 - begin) > budget:
            yield begin, end
            begin = end


def _pad(tokens: TokenSet, rows: np.ndarray) -> Tensor:
    width = int(tokens.lengths()[rows].max()) + 1
    padded = np.zeros((len(rows), width), np.int64)
    for position, row in enumerate(rows):
        padded[position, : len(tokens[row])] = tokens[row]
    return torch.from_numpy(padded)


def loss_of(network: nn.Module, batch: Batch, smoothing: float, guidance: float = 0.0) -> Tensor:
    """Return the mean cross-entropy over the target tokens and the end of each sentence, plus `guidance` times that of the alignment."""
    keep = functional.pad(batch.target[:, :-1] != 0, (1, 0), value=True)
    logits, attention = network(batch.source, functional.pad(batch.target[:, :-1], (1, 0)), keep)
    loss = functional.cross_entropy(logits.float(), batch.target[keep], label_smoothing=smoothing)
    return loss + guidance * alignment_loss(attention, batch.links) if guidance and len(batch.links) else loss


def alignment_loss(attention: Tensor, links: Tensor) -> Tensor:
    """Return the mean negative log of the attention [B, T, L] that lies on the right source positions.

    A target token's attention is that of the step which reads it, one after the step that predicts it: the token is known there
    (Chen et al., 2020, "Accurate Word Alignment Induction from Neural Machine Translation").
    """
    row, source, target = links.unbind(1)
    step = row * attention.shape[1] + target + 1
    mass = torch.zeros(attention.shape[:2].numel(), device=attention.device).index_add(0, step, attention[row, target + 1, source])
    return -mass[step.unique()].clamp_min(1e-6).log().mean()


class Trainer:
    """A network, its running average, its optimisers, and where the run stands."""

    def __init__(self, network: Network, schedule: Schedule, folder: Path, device: str) -> None:
        self.network = network.to(device)
        self.compiled: nn.Module = torch.compile(network, dynamic=True) if device == "cuda" else network
        self.average = {name: value.detach().clone() for name, value in network.variables.items()}
        self.optimisers = _optimisers(network)
        self.schedule = schedule
        self.folder = folder
        self.device = device
        self.step = 0
        self.elapsed = 0.0

    @property
    def done(self) -> bool:
        """Whether the schedule has run out."""
        return self.schedule.progress(self.step, self.elapsed) >= 1.0

    def update(self, batch: Batch) -> Tensor:
        """Take one optimiser step and return the loss."""
        began = time.monotonic()
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
            for group in optimiser.param_groups:
                group["lr"] = self.schedule.rate(self.step, self.elapsed)
        with torch.autocast(self.device, dtype=torch.bfloat16):
            loss = loss_of(self.compiled, batch.to(self.device), LABEL_SMOOTHING, GUIDANCE)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0, foreach=True)
        for optimiser in self.optimisers:
            optimiser.step()
        self.step += 1
        self._track_average()
        self.elapsed += time.monotonic() - began
        return loss.detach()

    def _track_average(self, decay: float = 0.999) -> None:
        decay = min(decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            averages, values = list(self.average.values()), [self.network.variables[name] for name in self.average]
            torch._foreach_lerp_(averages, values, 1.0 - decay)

    def save(self) -> None:
        """Write the checkpoint that `load` reads, whole or not at all."""
        state: dict[str, Any] = {
            "config": self.network.config.to_json(),
            "network": dict(self.network.variables.items()),
            "average": self.average,
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "step": self.step,
            "elapsed": self.elapsed,
        }
        partial = self.folder / "checkpoint.partial"
        torch.save(state, partial)
        partial.replace(self.folder / "checkpoint.pt")

    def load(self, path: Path, *, weights_only: bool) -> None:
        """Continue from a checkpoint; `weights_only` starts a new schedule from its averaged weights."""
        state = torch.load(path, map_location=self.device, weights_only=True)
        with torch.no_grad():
            for name, value in self.network.variables.items():
                value.copy_(state["average" if weights_only else "network"][name])
                self.average[name].copy_(state["average"][name])
        if not weights_only:
            for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
                optimiser.load_state_dict(saved)
            self.step, self.elapsed = state["step"], state["elapsed"]


def _optimisers(network: Network) -> list[torch.optim.Optimizer]:
    """Return Muon for the kernels and Adam for everything else: embeddings, norms, biases, relative positions."""
    kernels = [value for name, value in network.variables.items() if name.endswith("/matrix")]
    others = [value for name, value in network.variables.items() if not name.endswith("/matrix")]
    return [
        torch.optim.Muon(kernels, lr=0.0, weight_decay=0.0, adjust_lr_fn="match_rms_adamw"),
        torch.optim.Adam(others, lr=0.0, betas=(0.9, 0.98), eps=1e-9, fused=True),
    ]


def held_out_loss(network: Network, data: ParallelSet, device: str) -> float:
    """Return the mean cross-entropy (nats a token, no smoothing) on `data`."""
    network.eval()
    losses: list[tuple[float, int]] = []
    with torch.no_grad(), torch.autocast(device, dtype=torch.bfloat16):
        for batch in batches(data, 4096, np.random.default_rng(0)):
            tokens = int((batch.target != 0).sum()) + len(batch.target)
            losses.append((loss_of(network, batch.to(device), 0.0).item() * tokens, tokens))
    network.train()
    return sum(loss for loss, _ in losses) / sum(tokens for _, tokens in losses)


def train(trainer: Trainer, data: ParallelSet, dev: ParallelSet | None, budget: int, every: int) -> None:
    """Run until the schedule ends; log and save every `every` steps."""
    recent: list[Tensor] = []
    while not trainer.done:
        for batch in batches(data, budget, np.random.default_rng(trainer.step)):
            recent.append(trainer.update(batch))
            if trainer.step % every == 0 or trainer.done:
                _report(trainer, torch.stack(recent).mean().item(), dev)
                recent.clear()
                trainer.save()
            if trainer.done:
                break


def _report(trainer: Trainer, loss: float, dev: ParallelSet | None) -> None:
    entry: dict[str, float] = {
        "step": trainer.step,
        "minutes": round(trainer.elapsed / 60, 1),
        "progress": round(trainer.schedule.progress(trainer.step, trainer.elapsed), 4),
        "loss": round(loss, 4),
    }
    if dev is not None:
        entry["dev"] = round(held_out_loss(trainer.network, dev, trainer.device), 4)
    LOG.info(json.dumps(entry))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="packed training set (npz)")
    parser.add_argument("--dev", type=Path, help="packed held-out set for the log")
    parser.add_argument("--config", type=Path, required=True, help="NetworkConfig as JSON")
    parser.add_argument("--output", type=Path, required=True, help="folder for checkpoint.pt; a run found there is resumed")
    parser.add_argument("--init", type=Path, help="start a new run from the averaged weights of this checkpoint")
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--minutes", type=float, default=math.inf, help="wall-clock budget, counted over resumed runs")
    parser.add_argument("--rate", type=float, default=1.5e-3, help="peak learning rate")
    parser.add_argument("--warmup", type=int, default=500)
    parser.add_argument("--budget", type=int, default=2048, help="target positions a batch")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--every", type=int, default=250, help="steps between log lines and checkpoints")
    return parser.parse_args()


def main() -> None:
    """Train as the command line says."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    options = _arguments()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    options.output.mkdir(parents=True, exist_ok=True)
    config = NetworkConfig.from_json(json.loads(options.config.read_text()))
    schedule = Schedule(options.steps, options.minutes * 60, options.rate, options.warmup)
    torch.manual_seed(1)
    trainer = Trainer(Network(config, options.dropout), schedule, options.output, device)
    checkpoint = options.output / "checkpoint.pt"
    if checkpoint.exists():
        trainer.load(checkpoint, weights_only=False)
    elif options.init:
        trainer.load(options.init, weights_only=True)
    train(trainer, load_packed(options.data), load_packed(options.dev) if options.dev else None, options.budget, options.every)


if __name__ == "__main__":
    main()
