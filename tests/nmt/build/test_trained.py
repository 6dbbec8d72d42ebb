"""From a checkpoint to a bundle: that the ONNX graphs are the network that was trained."""

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the build extra: pip install -e '.[build]'")

from nmt.build.network import Network, source_mask  # noqa: E402
from nmt.build.package import load_variables  # noqa: E402
from nmt.build.quantize import Scheme  # noqa: E402
from nmt.build.train import Plan, train  # noqa: E402
from nmt.build.writer import Description, write_bundle  # noqa: E402
from nmt.session import padded_width  # noqa: E402
from nmt.tokenizer import SOURCE_FILE, TARGET_FILE  # noqa: E402
from nmt.translator import open_translator  # noqa: E402
from tests.nmt.build.toy import PAIRS, config_of, packed, train_tokenizers, trainer_of  # noqa: E402

Files = dict[str, Path]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tokenizers and the checkpoint of a model that has learnt the toy language."""
    folder = tmp_path_factory.mktemp("toy")
    tokenizers = train_tokenizers()
    for tokenizer, name in zip(tokenizers, ("source.json", "target.json"), strict=True):
        tokenizer.save(str(folder / name))
    trainer = trainer_of(config_of(tokenizers), folder, 240)
    train(trainer, packed(PAIRS * 4, tokenizers, folder / "train.npz"), None, Plan(512, 240))
    return folder


@pytest.fixture
def trained(folder: Path) -> Path:
    return folder / "checkpoint.pt"


@pytest.fixture
def tokenizers(folder: Path) -> Files:
    return {SOURCE_FILE: folder / "source.json", TARGET_FILE: folder / "target.json"}


def test_the_trained_model_translates_through_onnx(trained: Path, tokenizers: Files, tmp_path: Path) -> None:
    for precision in ("fp32", "int8"):
        bundle = tmp_path / precision
        write_bundle(load_variables(trained), tokenizers, bundle, Scheme(precision), Description("toy", 50, 0.6, {}))
        translations = open_translator(bundle, 4, 1).translate([source for source, _ in PAIRS])
        right = sum(item.target == target for item, (_, target) in zip(translations, PAIRS, strict=True))
        assert right > 0.9 * len(PAIRS), precision


def test_torch_and_onnx_compute_the_same_network(trained: Path, tokenizers: Files, tmp_path: Path) -> None:
    network_config, variables = load_variables(trained)
    write_bundle((network_config, variables), tokenizers, tmp_path / "b", Scheme("fp32"), Description("toy", 50, 0.6, {}))
    session = open_translator(tmp_path / "b", 1, 1)._session
    network = Network(network_config).eval()
    with torch.no_grad():
        for name, value in network.variables.items():
            value.copy_(torch.from_numpy(np.array(variables[name])))
    rows = [np.arange(1, 8), np.arange(3, 6)]
    source = torch.zeros(2, padded_width(7), dtype=torch.long)
    for row, ids in enumerate(rows):
        source[row, : len(ids)] = torch.from_numpy(ids)
    encoded = session.encode(rows)
    mask = source_mask(source)
    with torch.no_grad():
        memory, meaning = network.encode(source, mask), network.encode_semantics(source, mask)
    visible = mask.bool().numpy()
    np.testing.assert_allclose(encoded["memory"][visible], memory.numpy()[visible], atol=1e-4)
    np.testing.assert_allclose(encoded["meaning"], meaning[:, 0].numpy(), atol=1e-4)


def test_a_bundle_replaces_the_one_before_and_leaves_nothing_aside(trained: Path, tokenizers: Files, tmp_path: Path) -> None:
    for precision in ("fp32", "int8"):
        write_bundle(load_variables(trained), tokenizers, tmp_path / "b", Scheme(precision), Description("toy", 50, 0.6, {}))
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    assert json.loads((tmp_path / "b" / "bundle.json").read_text())["precision"] == "int8"


def test_what_only_training_needs_stays_out_of_the_bundle(folder: Path, trained: Path, tokenizers: Files, tmp_path: Path) -> None:
    trainer = trainer_of(load_variables(trained)[0], tmp_path, 1, "augment")
    trainer.start_from(trained)
    trainer.save()
    for name, path in (("plain", trained), ("augmented", tmp_path / "checkpoint.pt")):
        write_bundle(load_variables(path), tokenizers, tmp_path / name, Scheme("fp32"), Description("toy", 50, 0.6, {}))
    digests = [json.loads((tmp_path / name / "bundle.json").read_text())["files"] for name in ("plain", "augmented")]
    assert digests[0] == digests[1]
