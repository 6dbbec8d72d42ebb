"""Trains a CSANMT model on packed data, stage by stage, on CPU or on one CUDA GPU; resumes from its checkpoint.

Logs one JSON object a line: step, minutes, learning progress, training loss, target tokens a second, held-out cross-entropy (nats a token).
"""

import argparse
import json
import logging
import math
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from nmt.build.batches import Batch, batches, passes, prefetched
from nmt.build.corpus import ParallelSet, load_packed
from nmt.build.network import Network
from nmt.build.objectives import STAGES
from nmt.build.trainer import CHECKPOINT, LOG, Schedule, Trainer
from nmt.config import NetworkConfig

GPU_MULTIPLE = 8  # widths on which a GPU's matrix units work best


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run is cut up: target positions a batch, steps between reports, and minutes after which this part of the run leaves off.

    `compile` has the network compiled first.
    """

    budget: int
    every: int
    pause: float = math.inf
    compile: bool = False


def held_out_loss(network: Network, data: ParallelSet, device: str) -> float:
    """Return the mean cross-entropy (nats a token, no smoothing) on `data`."""
    network.eval()
    total, tokens = 0.0, 0
    with torch.no_grad(), torch.autocast(device, dtype=torch.bfloat16):
        for batch in batches(data, 4096, np.random.default_rng(0)):
            moved = batch.to(device)
            logits, _ = network(moved.source, moved.inputs(), moved.kept)
            total += functional.cross_entropy(logits.float(), moved.wanted(), reduction="sum").item()
            tokens += len(batch.kept)
    network.train()
    return total / tokens


def train(trainer: Trainer, data: ParallelSet, dev: ParallelSet | None, plan: Plan) -> None:
    """Run until the schedule ends or the plan pauses it; log and save as the plan says, and at the end."""
    if trainer.done:
        return
    began, before = time.monotonic() - trainer.elapsed, trainer.elapsed
    gpu = trainer.device == "cuda"
    made = passes(data, plan.budget, np.random.default_rng(trainer.step), GPU_MULTIPLE if gpu else 1)
    if plan.compile:
        trainer.compile(next(made))
    report = _Report(trainer, dev)
    with closing(prefetched(map(Batch.pinned, made) if gpu else made)) as ready:
        for batch in ready:
            report.add(trainer.update(batch), len(batch.kept))
            trainer.elapsed = time.monotonic() - began
            last = trainer.done or trainer.elapsed - before >= 60 * plan.pause
            if last or trainer.step % plan.every == 0:
                report.write()
                trainer.save()
            if last:
                break


class _Report:
    """Collects what happened since the last line of the log."""

    def __init__(self, trainer: Trainer, dev: ParallelSet | None) -> None:
        self._trainer, self._dev = trainer, dev
        self._losses: list[Tensor] = []
        self._tokens, self._since = 0, time.monotonic()

    def add(self, loss: Tensor, tokens: int) -> None:
        self._losses.append(loss)
        self._tokens += tokens

    def write(self) -> None:
        trainer = self._trainer
        loss = torch.stack(self._losses).mean().item()
        entry: dict[str, float] = {
            "step": trainer.step,
            "minutes": round(trainer.elapsed / 60, 1),
            "progress": round(trainer.schedule.progress(trainer.step, trainer.elapsed), 4),
            "loss": round(loss, 4),
            "tokens_per_second": round(self._tokens / (time.monotonic() - self._since)),
        }
        if self._dev is not None:
            entry["dev"] = round(held_out_loss(trainer.network, self._dev, trainer.device), 4)
        LOG.info(json.dumps(entry))
        self._losses.clear()
        self._tokens, self._since = 0, time.monotonic()


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", choices=tuple(STAGES), default="mle", help="see nmt/build/objectives.py")
    parser.add_argument("--data", type=Path, required=True, help="packed training set (npz)")
    parser.add_argument("--dev", type=Path, help="packed held-out set for the log")
    parser.add_argument("--config", type=Path, required=True, help="NetworkConfig as JSON")
    parser.add_argument("--output", type=Path, required=True, help="folder for checkpoint.pt; a run found there is resumed")
    parser.add_argument("--init", type=Path, help="start a new run from the averaged weights of this checkpoint")
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--minutes", type=float, default=math.inf, help="wall-clock budget, counted over resumed runs")
    parser.add_argument("--pause", type=float, default=math.inf, help="leave off after so many minutes, to be resumed")
    parser.add_argument("--rate", type=float, default=1.5e-3, help="peak learning rate")
    parser.add_argument("--warmup", type=int, default=500)
    parser.add_argument("--budget", type=int, default=2048, help="target positions a batch")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--every", type=int, default=250, help="steps between log lines and checkpoints")
    gpu = torch.cuda.is_available()
    parser.add_argument("--compile", action=argparse.BooleanOptionalAction, default=gpu, help="default: on a GPU")
    return parser.parse_args(arguments)


def _load(path: Path) -> ParallelSet:
    data = load_packed(path)
    if not len(data):
        raise ValueError(f"{path} holds no pairs")
    return data


def _trainer(options: argparse.Namespace) -> Trainer:
    config = NetworkConfig.from_json(json.loads(options.config.read_text()))
    torch.manual_seed(1)
    network = Network(config, options.dropout, bilingual=options.stage != "mle")
    schedule = Schedule(options.steps, options.minutes * 60, options.rate, options.warmup)
    trainer = Trainer(STAGES[options.stage](network), schedule, options.output, "cuda" if torch.cuda.is_available() else "cpu")
    if (options.output / CHECKPOINT).exists():
        trainer.resume(options.output / CHECKPOINT)
    elif options.init:
        trainer.start_from(options.init)
    return trainer


def main(arguments: Sequence[str] | None = None) -> None:
    """Train as the command line says."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_float32_matmul_precision("high")
    options = _arguments(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    try:
        data = _load(options.data)
        dev = _load(options.dev) if options.dev else None
        trainer = _trainer(options)
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from error
    train(trainer, data, dev, Plan(options.budget, options.every, options.pause, options.compile))


if __name__ == "__main__":
    main()
