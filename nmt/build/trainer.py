"""One stage of training: the network's running average, its optimisers, its learning rate, and its checkpoint."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nmt.build.batches import Batch
from nmt.build.network import Network, target_semantic_name
from nmt.build.objectives import Objective
from nmt.config import NetworkConfig

LOG = logging.getLogger("train")
CHECKPOINT = "checkpoint.pt"


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


class Trainer:
    """What is trained and for what, the network's running average, its optimisers, and where the run stands."""

    def __init__(self, objective: Objective, schedule: Schedule, folder: Path, device: str) -> None:
        self.objective = objective
        self.network = objective.network.to(device)
        for name, value in self.network.variables.items():
            value.requires_grad_(objective.trains(name))
        self.average = {name: value.detach().clone() for name, value in self.network.variables.items()}
        self.optimisers = _optimisers(self.network)
        self.schedule = schedule
        self.folder = folder
        self.device = device
        self.step = 0
        self.elapsed = 0.0

    @property
    def done(self) -> bool:
        """Whether the schedule has run out."""
        return self.schedule.progress(self.step, self.elapsed) >= 1.0

    def compile(self, batch: Batch) -> None:
        """Compile the network and try it on `batch`; where that fails, go on without, and say so in the log."""
        self.objective.forward = torch.compile(self.network, dynamic=True)
        try:
            self._loss(batch).backward()
        except Exception as error:  # whatever a compiler and its tools can raise
            LOG.warning("torch.compile failed, training goes on without it: %s", str(error).strip().partition("\n")[0])
            self.objective.forward = self.network
        self.network.zero_grad()

    def update(self, batch: Batch) -> Tensor:
        """Take one optimiser step and return the loss."""
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
            for group in optimiser.param_groups:
                group["lr"] = self.schedule.rate(self.step, self.elapsed)
        loss = self._loss(batch)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0, foreach=True)
        for optimiser in self.optimisers:
            optimiser.step()
        self.step += 1
        self._track_average()
        return loss.detach()

    def _loss(self, batch: Batch) -> Tensor:
        with torch.autocast(self.device, dtype=torch.bfloat16):
            return self.objective.loss(batch.to(self.device))

    def _track_average(self, decay: float = 0.999) -> None:
        decay = min(decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            averages, values = list(self.average.values()), [self.network.variables[name] for name in self.average]
            torch._foreach_lerp_(averages, values, 1.0 - decay)

    def save(self) -> None:
        """Write the checkpoint that `resume` reads, whole or not at all."""
        state: dict[str, Any] = {
            "config": self.network.config.to_json(),
            "stage": self.objective.name,
            "network": dict(self.network.variables.items()),
            "average": self.average,
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "step": self.step,
            "elapsed": self.elapsed,
        }
        partial = self.folder / "checkpoint.partial"
        torch.save(state, partial)
        partial.replace(self.folder / CHECKPOINT)

    def resume(self, path: Path) -> None:
        """Go on where a checkpoint stands.

        Raises:
            ValueError: it is one of another stage or network.
        """
        state = self._read(path)
        if state["stage"] != self.objective.name:
            raise ValueError(f"{path} is of stage {state['stage']}, not {self.objective.name}; start a stage in a folder of its own")
        self._take(self.network.variables, state["network"])
        self._take(self.average, state["average"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.step, self.elapsed = state["step"], state["elapsed"]

    def start_from(self, path: Path) -> None:
        """Begin with a checkpoint's averaged weights; a target semantic embedding that it lacks keeps its start values.

        Raises:
            ValueError: it is one of another network.
        """
        average = self._read(path)["average"]
        new = target_semantic_name(self.network.config)
        average.setdefault(new, self.average.get(new))
        self._take(self.network.variables, average)
        self._take(self.average, average)

    def _read(self, path: Path) -> dict[str, Any]:
        state: dict[str, Any] = torch.load(path, map_location=self.device, weights_only=True)
        if NetworkConfig.from_json(state["config"]) != self.network.config:
            raise ValueError(f"{path} is of another network than the configuration: {json.dumps(state['config'])}")
        return state

    def _take(self, variables: Any, values: dict[str, Tensor]) -> None:
        with torch.no_grad():
            for name, variable in variables.items():
                variable.copy_(values[name])


def _optimisers(network: Network) -> list[torch.optim.Optimizer]:
    """Return Muon for the kernels and Adam for everything else: embeddings, norms, biases, relative positions."""
    trained = {name: value for name, value in network.variables.items() if value.requires_grad}
    kernels = [value for name, value in trained.items() if name.endswith("/matrix")]
    others = [value for name, value in trained.items() if not name.endswith("/matrix")]
    return [
        torch.optim.Muon(kernels, lr=0.0, weight_decay=0.0, adjust_lr_fn="match_rms_adamw"),
        torch.optim.Adam(others, lr=0.0, betas=(0.9, 0.98), eps=1e-9, fused=True),
    ]
