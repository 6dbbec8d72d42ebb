import json
import shutil
from pathlib import Path

import pytest

from models.errors import ModelError
from nmt.bundle import MANIFEST, default_bundle, load_manifest, signature, verify
from nmt.tokenization import open_tokenizer


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return shutil.copytree(default_bundle(), tmp_path / "bundle")


def edit(folder: Path, **values: object) -> None:
    path = folder / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_the_model_that_ships_is_whole() -> None:
    manifest = verify(default_bundle())
    assert manifest.precision == "int8"
    assert set(manifest.files) == {path.name for path in default_bundle().iterdir()} - {MANIFEST}


def test_the_model_that_ships_names_its_licence_and_data() -> None:
    record = load_manifest(default_bundle()).record
    assert record["licence"]
    assert len(record["attribution"]) > 20
    assert record["training"]
    assert record["evaluation"]


def test_a_changed_file_is_named(copy: Path) -> None:
    path = copy / "encoder.onnx"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(ModelError, match=r"encoder\.onnx is not the file"):
        verify(copy)


def test_a_missing_file_is_named(copy: Path) -> None:
    (copy / "decoder.onnx").unlink()
    with pytest.raises(ModelError, match=r"decoder\.onnx cannot be read"):
        verify(copy)


def test_a_folder_without_manifest_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no model bundle"):
        load_manifest(tmp_path)


def test_a_newer_format_is_refused(copy: Path) -> None:
    edit(copy, format=99)
    with pytest.raises(ModelError, match="has format 99"):
        load_manifest(copy)


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"format": 1}'])
def test_a_damaged_manifest_is_an_error(copy: Path, broken: str) -> None:
    (copy / MANIFEST).write_text(broken)
    with pytest.raises(ModelError, match="damaged"):
        load_manifest(copy)


def test_an_unknown_network_key_is_an_error(copy: Path) -> None:
    network = load_manifest(copy).network.to_json()
    edit(copy, network={**network, "experts": 8})
    with pytest.raises(ModelError, match="experts"):
        load_manifest(copy)


def test_the_signature_follows_weights_and_decoding(copy: Path) -> None:
    before = signature(copy, 4)
    assert signature(default_bundle(), 4) == before == signature(None, 4)
    assert signature(copy, 2) != before
    edit(copy, files={**load_manifest(copy).files, "encoder.onnx": "0" * 64})
    assert signature(copy, 4) != before


def test_what_older_bundles_do_not_say_has_its_old_meaning(copy: Path) -> None:
    values = json.loads((copy / MANIFEST).read_text())
    values.pop("tokenizer", None)
    decoding = {key: values["decoding"][key] for key in ("max_source", "penalty", "alignment")}
    (copy / MANIFEST).write_text(json.dumps(values | {"decoding": decoding}))
    manifest = load_manifest(copy)
    assert (manifest.tokenizer, manifest.max_target, manifest.beam) == ("subword", None, 4)


def test_the_signature_follows_tokenizer_and_limit(copy: Path) -> None:
    before = signature(copy, 4)
    edit(copy, tokenizer="jieba-bpe")
    changed = signature(copy, 4)
    alignment = json.loads((copy / MANIFEST).read_text())["decoding"]["alignment"]
    edit(copy, decoding={"max_source": 100, "penalty": 0.6, "max_target": 40, "alignment": alignment})
    assert len({before, changed, signature(copy, 4)}) == 3


def test_a_tokenizer_of_a_newer_version_is_an_error(copy: Path) -> None:
    edit(copy, tokenizer="telepathy")
    with pytest.raises(ModelError, match=r"bundle\.json names the tokenizer 'telepathy'"):
        open_tokenizer(load_manifest(copy))


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/b", "..", MANIFEST, ""])
def test_a_name_that_leads_out_of_the_bundle_is_damage(copy: Path, name: str) -> None:
    edit(copy, files={name: "0" * 64})
    with pytest.raises(ModelError, match="is no name of a file in a bundle"):
        load_manifest(copy)
