from pathlib import Path

import numpy as np
import pytest

from nmt.build.pieces import join, main, split


@pytest.fixture
def content() -> bytes:
    return np.random.default_rng(1).bytes(50_000)


def test_pieces_are_small_and_make_up_the_file_again(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "train.npz").write_bytes(content)
    main(["split", str(tmp_path / "train.npz"), str(tmp_path / "pieces"), "--megabytes", "0.01"])
    pieces = sorted((tmp_path / "pieces").glob("train.npz.0*"))
    assert len(pieces) >= 5
    assert all(path.stat().st_size <= 0.01 * 2**20 for path in pieces)
    main(["join", str(tmp_path / "pieces" / "train.npz.json"), str(tmp_path / "again.npz")])
    assert (tmp_path / "again.npz").read_bytes() == content


def test_copies_far_apart_are_stored_once(content: bytes, tmp_path: Path) -> None:
    split(content * 20, tmp_path, "copies", 2**20)
    assert sum(path.stat().st_size for path in tmp_path.glob("copies.0*")) < 1.2 * len(content)


def test_a_damaged_or_missing_piece_is_named(content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second, *_ = split(content, tmp_path, "train.npz", 20_000)
    first.write_bytes(first.read_bytes()[:-1] + b"x")
    with pytest.raises(ValueError, match=f"{first.name} is damaged; copy it again"):
        join(tmp_path / "train.npz.json")
    split(content, tmp_path, "train.npz", 20_000)
    second.unlink()
    with pytest.raises(SystemExit) as exit_status:
        main(["join", str(tmp_path / "train.npz.json"), str(tmp_path / "again.npz")])
    assert exit_status.value.code == 1
    assert capsys.readouterr().err == f"{second} is missing; copy it again\n"
    assert not (tmp_path / "again.npz").exists()


def test_weights_come_back_as_a_checkpoint_that_a_run_starts_from_and_a_bundle_is_made_of(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="training needs the build extra: pip install -e '.[build]'")
    from nmt.build.package import load_variables  # noqa: PLC0415 - needs torch
    from tests.nmt.build.toy import config_of, train_tokenizers, trainer_of  # noqa: PLC0415 - needs torch

    config = config_of(train_tokenizers())
    trainer = trainer_of(config, tmp_path, 1)
    trainer.save()
    main(["split", str(tmp_path / "checkpoint.pt"), str(tmp_path / "pieces"), "--weights"])
    carried = sum(path.stat().st_size for path in (tmp_path / "pieces").iterdir())
    assert carried < (tmp_path / "checkpoint.pt").stat().st_size / 2
    main(["join", str(tmp_path / "pieces" / "checkpoint.pt.json"), str(tmp_path / "weights.pt")])
    other = trainer_of(config, tmp_path / "other", 1)
    other.start_from(tmp_path / "weights.pt")
    loaded, variables = load_variables(tmp_path / "weights.pt")
    assert loaded == config
    for name, value in trainer.average.items():
        assert torch.equal(other.network.variables[name], value.half().float())
        assert variables[name].dtype == np.float32
