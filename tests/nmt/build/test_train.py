"""Training at toy size: that each stage learns what it is for, and that a run can be cut off anywhere."""

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs the build extra: pip install -e '.[build]'")

import numpy as np  # noqa: E402
from torch import Tensor  # noqa: E402

from nmt.build.batches import Batch, batches  # noqa: E402
from nmt.build.corpus import ParallelSet, gathered, pack_links, save_packed  # noqa: E402
from nmt.build.network import Network, is_semantic  # noqa: E402
from nmt.build.objectives import Likelihood, meanings  # noqa: E402
from nmt.build.train import Plan, held_out_loss, main, train  # noqa: E402
from nmt.build.trainer import Schedule, Trainer  # noqa: E402
from nmt.config import NetworkConfig  # noqa: E402
from tests.nmt.build.toy import PAIRS, Tokenizers, config_of, packed, train_tokenizers, trainer_of  # noqa: E402


@pytest.fixture(scope="module")
def tokenizers() -> Tokenizers:
    return train_tokenizers()


@pytest.fixture(scope="module")
def data(tokenizers: Tokenizers, tmp_path_factory: pytest.TempPathFactory) -> ParallelSet:
    return packed(PAIRS, tokenizers, tmp_path_factory.mktemp("data") / "train.npz")


@pytest.fixture(scope="module")
def config(tokenizers: Tokenizers) -> NetworkConfig:
    return config_of(tokenizers)


@pytest.fixture(scope="module")
def likely(config: NetworkConfig, data: ParallelSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint of a first stage."""
    trainer = trainer_of(config, tmp_path_factory.mktemp("mle"), 120)
    before = held_out_loss(trainer.network, data, "cpu")
    train(trainer, data, None, Plan(512, 100))
    assert held_out_loss(trainer.network, data, "cpu") < before / 3
    return trainer.folder / "checkpoint.pt"


@pytest.fixture(scope="module")
def contrasted(config: NetworkConfig, data: ParallelSet, likely: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint of a second stage."""
    trainer = trainer_of(config, tmp_path_factory.mktemp("contrast"), 150, "contrast")
    trainer.start_from(likely)
    train(trainer, data, None, Plan(512, 100))
    return trainer.folder / "checkpoint.pt"


def nearest(checkpoint: Path, config: NetworkConfig, data: ParallelSet, folder: Path) -> float:
    """Return the share of sentences whose translation is the nearest of all targets in the space of meanings."""
    trainer = trainer_of(config, folder, 1, "contrast")
    trainer.start_from(checkpoint)
    trainer.network.eval()
    batch = next(batches(data, 100_000, np.random.default_rng(0)))
    with torch.no_grad():
        source, target = (torch.nn.functional.normalize(side, dim=1) for side in meanings(trainer.network, batch))
    return float(((source @ target.t()).argmax(1) == torch.arange(len(source))).float().mean())


def test_contrast_brings_a_sentence_and_its_translation_together_and_changes_nothing_else(
    likely: Path, contrasted: Path, config: NetworkConfig, data: ParallelSet, tmp_path: Path
) -> None:
    assert nearest(likely, config, data, tmp_path) < 0.1
    assert nearest(contrasted, config, data, tmp_path) > 0.8
    before, after = (torch.load(path, weights_only=True)["network"] for path in (likely, contrasted))
    start = torch.load(likely, weights_only=True)["average"]
    assert set(after) - set(before) == {"Target_Semantic_Embedding/Weights"}
    assert {name for name in start if not torch.equal(start[name], after[name])} == {name for name in start if is_semantic(name)}


def test_augmentation_trains_encoder_and_decoder_around_the_meanings(
    contrasted: Path, config: NetworkConfig, data: ParallelSet, tmp_path: Path
) -> None:
    trainer = trainer_of(config, tmp_path, 60, "augment")
    trainer.start_from(contrasted)
    semantic = {name: value.clone() for name, value in trainer.network.variables.items() if is_semantic(name)}
    before = held_out_loss(trainer.network, data, "cpu")
    train(trainer, data, None, Plan(512, 100))
    assert held_out_loss(trainer.network, data, "cpu") < before - 0.1
    assert all(torch.equal(trainer.network.variables[name], value) for name, value in semantic.items())


def test_a_run_that_was_cut_off_goes_on_where_it_stood(config: NetworkConfig, data: ParallelSet, tmp_path: Path) -> None:
    first = trainer_of(config, tmp_path, 20)
    first.schedule = Schedule(10, float("inf"), 5e-3, 20)
    train(first, data, None, Plan(512, 5))
    second = trainer_of(config, tmp_path, 20)
    second.resume(tmp_path / "checkpoint.pt")
    assert second.step == 10
    for name, value in first.network.variables.items():
        assert torch.equal(value, second.network.variables[name])
    train(second, data, None, Plan(512, 5))
    assert second.step == 20


def test_a_checkpoint_of_another_stage_is_refused(likely: Path, config: NetworkConfig, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is of stage mle, not contrast"):
        trainer_of(config, tmp_path, 1, "contrast").resume(likely)


def test_a_checkpoint_of_another_network_and_a_set_without_pairs_end_in_one_line(
    likely: Path, config: NetworkConfig, data: ParallelSet, tmp_path: Path
) -> None:
    wider = {**config.to_json(), "filter": 128}
    (tmp_path / "config.json").write_text(json.dumps(wider), encoding="utf-8")
    save_packed(data, tmp_path / "train.npz")
    save_packed(ParallelSet(gathered([]), gathered([]), gathered([])), tmp_path / "empty.npz")
    arguments = ["--config", str(tmp_path / "config.json"), "--output", str(tmp_path / "run"), "--data"]
    with pytest.raises(SystemExit, match="is of another network than the configuration"):
        main([*arguments, str(tmp_path / "train.npz"), "--init", str(likely)])
    with pytest.raises(SystemExit, match=r"empty\.npz holds no pairs"):
        main([*arguments, str(tmp_path / "empty.npz")])


def test_the_command_pauses_and_goes_on(config: NetworkConfig, data: ParallelSet, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    save_packed(data, tmp_path / "train.npz")
    (tmp_path / "config.json").write_text(json.dumps(config.to_json()), encoding="utf-8")
    options = {"--data": tmp_path / "train.npz", "--config": tmp_path / "config.json", "--output": tmp_path / "run", "--budget": 512}
    arguments = [str(item) for pair in options.items() for item in pair]
    with caplog.at_level("INFO", logger="train"):
        main([*arguments, "--steps", "5", "--pause", "0"])
        assert torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)["step"] == 1
        main([*arguments, "--steps", "5", "--dev", str(tmp_path / "train.npz")])
    entry = json.loads(caplog.records[-1].message)
    assert entry["step"] == 5
    assert entry["tokens_per_second"] > 0
    assert entry["dev"] > 0


class Uncompilable(Likelihood):
    def loss(self, batch: Batch) -> Tensor:
        if self.forward is not self.network:
            raise RuntimeError("no compiler was found\nand a long story")
        return super().loss(batch)


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")  # of torch's compiler itself
def test_what_cannot_be_compiled_is_trained_as_it_is_and_one_line_says_so(
    config: NetworkConfig, data: ParallelSet, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trainer = Trainer(Uncompilable(Network(config)), Schedule(2, float("inf"), 1e-3, 1), tmp_path, "cpu")
    train(trainer, data, None, Plan(512, 5, compile=True))
    assert trainer.step == 2
    assert [record.message for record in caplog.records] == ["torch.compile failed, training goes on without it: no compiler was found"]


def test_guidance_teaches_the_head_where_each_token_comes_from(config: NetworkConfig, data: ParallelSet, tmp_path: Path) -> None:
    """Every target token is linked with the source token of the same rank, which likelihood alone has no reason to look at."""
    ranks = [min(len(data.source[row]), len(data.target[row])) for row in range(len(data))]
    linked = ParallelSet(data.source, data.target, gathered([pack_links((rank, rank) for rank in range(count)) for count in ranks]))
    trainer = trainer_of(config, tmp_path, 150)
    train(trainer, linked, None, Plan(512, 150))
    batch = next(batches(linked, 512, np.random.default_rng(1)))
    with torch.no_grad():
        _, attention = trainer.network(batch.source, batch.inputs(), batch.kept)
    row, source, target = batch.links.unbind(1)
    assert (attention[row, target + 1].argmax(-1) == source).float().mean() > 0.9


def test_the_schedule_warms_up_and_ends_at_zero() -> None:
    schedule = Schedule(100, 1000.0, 1.0, 10)
    assert schedule.rate(0, 0) == pytest.approx(0.1)
    assert schedule.rate(30, 0) == 1.0
    assert schedule.rate(99, 0) < 0.05
    assert schedule.rate(30, 900) == pytest.approx(schedule.rate(90, 0))
    assert schedule.progress(5, 2000) == 1.0
