"""Training at toy size: that the network learns, resumes, and is the one that the ONNX graphs compute."""

import json
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

torch = pytest.importorskip("torch", reason="training needs the build extra: pip install -e '.[build]'")

from nmt.build.arithmetic import MASKED  # noqa: E402
from nmt.build.corpus import ParallelSet, gathered, load_packed, pack, pack_links  # noqa: E402
from nmt.build.network import Network, source_mask  # noqa: E402
from nmt.build.package import load_variables  # noqa: E402
from nmt.build.train import Schedule, Trainer, alignment_loss, batches, held_out_loss, train  # noqa: E402
from nmt.build.vocabulary import train_tokenizer  # noqa: E402
from nmt.build.writer import Description, write_bundle  # noqa: E402
from nmt.config import NetworkConfig  # noqa: E402
from nmt.tokenizer import SOURCE_FILE, TARGET_FILE  # noqa: E402
from nmt.translator import open_translator  # noqa: E402

Tokenizers = tuple[tuple[Tokenizer, Tokenizer], dict[str, Path]]

NUMBERS = {"一": "one", "二": "two", "三": "three", "四": "four", "五": "five"}
WORDS = {"狗": "dogs", "猫": "cats", "书": "books"}
PAIRS = [(f"我有{n}{m}{w}。", f"I have {NUMBERS[n]} {NUMBERS[m]} {WORDS[w]}.") for n in NUMBERS for m in NUMBERS for w in WORDS]


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory: pytest.TempPathFactory) -> Tokenizers:
    folder = tmp_path_factory.mktemp("tokenizers")
    paths = {SOURCE_FILE: folder / "source.json", TARGET_FILE: folder / "target.json"}
    trained = (
        train_tokenizer((source for source, _ in PAIRS), size=320, alphabet=60, source=True),
        train_tokenizer((target for _, target in PAIRS), size=320, alphabet=60, source=False),
    )
    for tokenizer, path in zip(trained, paths.values(), strict=True):
        tokenizer.save(str(path))
    return trained, paths


@pytest.fixture(scope="module")
def data(tokenizers: Tokenizers, tmp_path_factory: pytest.TempPathFactory) -> ParallelSet:
    path = tmp_path_factory.mktemp("data") / "train.npz"
    assert pack(PAIRS * 4, tokenizers[0], path) == len(PAIRS) * 4
    return load_packed(path)


@pytest.fixture(scope="module")
def config(tokenizers: Tokenizers) -> NetworkConfig:
    source, target = tokenizers[0]
    return NetworkConfig(32, 64, 2, 1, 1, 1, source.get_vocab_size(), target.get_vocab_size())


def trainer_of(config: NetworkConfig, folder: Path, steps: int) -> Trainer:
    torch.manual_seed(1)
    return Trainer(Network(config, dropout=0.0), Schedule(steps, float("inf"), 5e-3, 20), folder, "cpu")


@pytest.fixture(scope="module")
def trained(config: NetworkConfig, data: ParallelSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    trainer = trainer_of(config, folder, 240)
    before = held_out_loss(trainer.network, data, "cpu")
    train(trainer, data, None, 512, 100)
    assert held_out_loss(trainer.network, data, "cpu") < before / 4
    return folder / "checkpoint.pt"


def test_the_trained_model_translates_through_onnx(trained: Path, tokenizers: Tokenizers, tmp_path: Path) -> None:
    for precision in ("fp32", "int8"):
        bundle = tmp_path / precision
        write_bundle(load_variables(trained), tokenizers[1], bundle, precision, Description("toy", 50, 0.6, {}))
        translations = open_translator(bundle, 4, 1).translate([source for source, _ in PAIRS])
        right = sum(item.target == target for item, (_, target) in zip(translations, PAIRS, strict=True))
        assert right > 0.9 * len(PAIRS), precision


def test_torch_and_onnx_compute_the_same_network(trained: Path, tokenizers: Tokenizers, tmp_path: Path) -> None:
    network_config, variables = load_variables(trained)
    write_bundle((network_config, variables), tokenizers[1], tmp_path / "b", "fp32", Description("toy", 50, 0.6, {}))
    session = open_translator(tmp_path / "b", 1, 1)._session
    network = Network(network_config).eval()
    with torch.no_grad():
        for name, value in network.variables.items():
            value.copy_(torch.from_numpy(np.array(variables[name])))
    rows = [np.arange(1, 8), np.arange(3, 6)]
    source = torch.zeros(2, 16, dtype=torch.long)
    for row, ids in enumerate(rows):
        source[row, : len(ids)] = torch.from_numpy(ids)
    encoded = session.encode(rows)
    mask = source_mask(source)
    bias = ((1 - mask) * MASKED)[:, None, None, :]
    with torch.no_grad():
        memory, meaning = network.encode(source, mask, bias), network.encode_semantics(source, mask, bias)
    visible = mask.bool().numpy()
    np.testing.assert_allclose(encoded["memory"][visible], memory.numpy()[visible], atol=1e-4)
    np.testing.assert_allclose(encoded["meaning"], meaning[:, 0].numpy(), atol=1e-4)


def test_a_run_that_was_cut_off_goes_on_where_it_stood(config: NetworkConfig, data: ParallelSet, tmp_path: Path) -> None:
    first = trainer_of(config, tmp_path, 20)
    first.schedule = Schedule(10, float("inf"), 5e-3, 20)
    train(first, data, None, 512, 5)
    second = trainer_of(config, tmp_path, 20)
    second.load(tmp_path / "checkpoint.pt", weights_only=False)
    assert second.step == 10
    for name, value in first.network.variables.items():
        assert torch.equal(value, second.network.variables[name])
    train(second, data, None, 512, 5)
    assert second.step == 20


def test_batches_hold_every_sentence_once_within_the_budget(data: ParallelSet) -> None:
    rows = 0
    for batch in batches(data, 256, np.random.default_rng(0)):
        assert batch.target.numel() <= 256
        assert (batch.source[:, -1] == 0).all()
        assert (batch.target[:, -1] == 0).all()
        rows += len(batch.source)
    assert rows == len(data)


def test_the_schedule_warms_up_and_ends_at_zero() -> None:
    schedule = Schedule(100, 1000.0, 1.0, 10)
    assert schedule.rate(0, 0) == pytest.approx(0.1)
    assert schedule.rate(30, 0) == 1.0
    assert schedule.rate(99, 0) < 0.05
    assert schedule.rate(30, 900) == pytest.approx(schedule.rate(90, 0))
    assert schedule.progress(5, 2000) == 1.0


def test_a_bundle_replaces_the_one_before_and_leaves_nothing_aside(trained: Path, tokenizers: Tokenizers, tmp_path: Path) -> None:
    for precision in ("fp32", "int8"):
        write_bundle(load_variables(trained), tokenizers[1], tmp_path / "b", precision, Description("toy", 50, 0.6, {}))
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    assert json.loads((tmp_path / "b" / "bundle.json").read_text())["precision"] == "int8"


def test_guidance_teaches_the_head_where_each_token_comes_from(config: NetworkConfig, data: ParallelSet, tmp_path: Path) -> None:
    """Every target token is linked with the source token of the same rank, which likelihood alone has no reason to look at."""
    ranks = [min(len(data.source[row]), len(data.target[row])) for row in range(len(data))]
    linked = ParallelSet(data.source, data.target, gathered([pack_links((rank, rank) for rank in range(count)) for count in ranks]))
    trainer = trainer_of(config, tmp_path, 150)
    train(trainer, linked, None, 512, 150)
    batch = next(batches(linked, 512, np.random.default_rng(1)))
    with torch.no_grad():
        keep = torch.ones_like(batch.target, dtype=torch.bool)
        _, attention = trainer.network(batch.source, torch.nn.functional.pad(batch.target[:, :-1], (1, 0)), keep)
    row, source, target = batch.links.unbind(1)
    assert (attention[row, target + 1].argmax(-1) == source).float().mean() > 0.9


def test_the_alignment_loss_is_the_log_of_the_attention_on_the_links() -> None:
    attention = torch.full((1, 4, 4), 0.25)
    attention[0, 2] = torch.tensor([0.5, 0.25, 0.25, 0.0])
    links = torch.tensor([[0, 0, 1], [0, 1, 1], [0, 2, 0]])  # target 1 with sources 0 and 1, target 0 with source 2
    expected = -(np.log(0.5 + 0.25) + np.log(0.25)) / 2
    assert alignment_loss(attention, links).item() == pytest.approx(expected)
