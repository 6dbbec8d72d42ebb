"""A language of sixty sentences and models small enough to learn it in seconds."""

from pathlib import Path

import torch
from tokenizers import Tokenizer

from nmt.build.corpus import ParallelSet, load_packed, pack
from nmt.build.network import Network
from nmt.build.objectives import STAGES
from nmt.build.trainer import Schedule, Trainer
from nmt.build.vocabulary import train_tokenizer
from nmt.config import NetworkConfig

torch.set_num_threads(1)  # at this size threads only wait for each other

Tokenizers = tuple[Tokenizer, Tokenizer]

NUMBERS = {"一": "one", "二": "two", "三": "three", "四": "four", "五": "five"}
WORDS = {"狗": "dogs", "猫": "cats", "书": "books"}
PAIRS = [(f"我有{n}{m}{w}。", f"I have {NUMBERS[n]} {NUMBERS[m]} {WORDS[w]}.") for n in NUMBERS for m in NUMBERS for w in WORDS]


def train_tokenizers() -> Tokenizers:
    return (
        train_tokenizer((source for source, _ in PAIRS), size=320, alphabet=60, source=True),
        train_tokenizer((target for _, target in PAIRS), size=320, alphabet=60, source=False),
    )


def packed(pairs: list[tuple[str, str]], tokenizers: Tokenizers, path: Path) -> ParallelSet:
    assert pack(pairs, tokenizers, path) == len(pairs)
    return load_packed(path)


def config_of(tokenizers: Tokenizers) -> NetworkConfig:
    source, target = tokenizers
    return NetworkConfig(32, 64, 2, 1, 1, 1, source.get_vocab_size(), target.get_vocab_size())


def trainer_of(config: NetworkConfig, folder: Path, steps: int, stage: str = "mle") -> Trainer:
    torch.manual_seed(1)
    network = Network(config, dropout=0.0, bilingual=stage != "mle")
    return Trainer(STAGES[stage](network), Schedule(steps, float("inf"), 5e-3, 20), folder, "cpu")
