import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from models.errors import ModelError
from nmt.build.checkpoint import Checkpoint

FOLDER = Path(__file__).parents[2] / "data" / "csanmt"
PREFIX = FOLDER / "toy_shared_trained" / "tf_ckpts" / "ckpt-0"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for path in PREFIX.parent.iterdir():
        shutil.copy(path, tmp_path)
    return tmp_path / PREFIX.name


def test_every_tensor_has_its_name_shape_and_place() -> None:
    checkpoint = Checkpoint(PREFIX)
    entry = checkpoint.entries["NmtModel/encoder/layer_0/encoder_self_attention/qkv_transform/matrix"]
    assert entry.shape == (64, 192)
    assert entry.size == 64 * 192 * 4
    assert checkpoint.tensor("NmtModel/encoder_input_bias").shape == (64,)


def test_optimiser_slots_are_listed_beside_the_variables() -> None:
    names = Checkpoint(PREFIX).entries
    assert any(name.endswith("/Adam_1") for name in names)
    assert "NmtModel/beta1_power" in names


def test_the_tensors_cover_the_data_file_without_overlap() -> None:
    checkpoint = Checkpoint(PREFIX)
    places = sorted((entry.offset, entry.size) for entry in checkpoint.entries.values())
    assert all(offset + size == following for (offset, size), (following, _) in pairwise(places))
    data = PREFIX.with_name("ckpt-0.data-00000-of-00001")
    assert sum(places[-1]) == data.stat().st_size


def test_tensors_are_read_only_maps_of_the_file() -> None:
    tensor = Checkpoint(PREFIX).tensor("NmtModel/encoder/layer_norm/layer_norm_scale")
    assert isinstance(tensor, np.memmap)
    assert not tensor.flags.writeable
    assert np.isfinite(tensor).all()


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(ModelError, match="no variable NmtModel/nothing"):
        Checkpoint(PREFIX).tensor("NmtModel/nothing")


@pytest.mark.parametrize("kept", [0, 10, 47, 1000, -1])
def test_a_cut_index_is_an_error(copy: Path, kept: int) -> None:
    index = copy.with_name("ckpt-0.index")
    index.write_bytes(index.read_bytes()[:kept])
    with pytest.raises(ModelError, match="damaged"):
        Checkpoint(copy)


def test_a_cut_data_file_is_an_error(copy: Path) -> None:
    data = copy.with_name("ckpt-0.data-00000-of-00001")
    data.write_bytes(data.read_bytes()[:100])
    checkpoint = Checkpoint(copy)
    with pytest.raises(ModelError, match="cut short"):
        checkpoint.tensor("NmtModel/encoder/layer_norm/layer_norm_scale")


def test_a_missing_index_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        Checkpoint(tmp_path / "ckpt-0")
