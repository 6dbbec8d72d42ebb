"""Installed models, and packs that carry them."""

import hashlib
import io
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import ModelError, OutputError
from nmt.bundle import MANIFEST, default_bundle, load_manifest, verify
from nmt.library import bundles, find_bundle, remove
from nmt.pack import install, pack

SHIPPED = default_bundle().name


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """A pack of a small bundle, under its own name `toy`."""
    return make_pack(tmp_path, {"encoder.onnx": b"weights" * 100, "decoder.onnx": b"more"})


def make_bundle(folder: Path, files: dict[str, bytes]) -> Path:
    """Make a bundle that is whole, though no network could run it."""
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    digests = ",".join(f'"{name}": "{hashlib.sha256(content).hexdigest()}"' for name, content in files.items())
    text = (default_bundle() / MANIFEST).read_text()
    start = text.index('"files": {') + len('"files": {')
    text = text[:start] + digests + text[text.index("}", start) :]
    (folder / MANIFEST).write_text(text.replace(f'"name": "{SHIPPED}"', '"name": "toy"'))
    return folder


def make_pack(folder: Path, files: dict[str, bytes]) -> Path:
    pack(make_bundle(folder / "bundle", files), folder / "toy.pack", replace=False)
    return folder / "toy.pack"


def rewritten(path: Path, change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]) -> Path:
    """Write a pack again with other entries."""
    with tarfile.open(path) as archive:
        entries = [(entry, file.read()) for entry in archive if (file := archive.extractfile(entry))]
    change(entries)
    with tarfile.open(path, "w") as archive:
        for entry, content in entries:
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def added(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]:
    def add(entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, link
        entries.append((entry, b"evil" if kind == tarfile.REGTYPE else b""))

    return add


def assert_nothing_is_installed(library: Path) -> None:
    assert not library.exists() or list(library.iterdir()) == []


def test_a_pack_brings_the_same_bundle_to_another_place(packed: Path, library: Path) -> None:
    manifest = install(packed, library, None, replace=False)
    assert manifest.folder == library / "toy"
    assert manifest.digest == verify(packed.parent / "bundle").digest
    assert verify(library / "toy") == manifest
    assert [path.name for path in library.iterdir()] == ["toy"]


def test_the_shipped_model_can_be_packed_and_installed_under_another_name(tmp_path: Path, library: Path) -> None:
    digest = pack(default_bundle(), tmp_path / "pack", replace=False)
    assert digest == hashlib.sha256((tmp_path / "pack").read_bytes()).hexdigest()
    install(tmp_path / "pack", library, "copy", replace=False)
    assert load_manifest(library / "copy").digest == load_manifest(default_bundle()).digest


def test_the_same_bundle_gives_the_same_pack(packed: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tmp_path / "bundle", tmp_path / "copy")
    for path in copy.iterdir():
        path.chmod(0o600)
        os.utime(path, (1, 1))
    pack(copy, tmp_path / "again", replace=False)
    assert (tmp_path / "again").read_bytes() == packed.read_bytes()
    with tarfile.open(packed) as archive:
        assert archive.getnames() == [MANIFEST, "decoder.onnx", "encoder.onnx"]


def test_a_damaged_bundle_is_not_packed(packed: Path, tmp_path: Path) -> None:
    (tmp_path / "bundle" / "encoder.onnx").write_bytes(b"other")
    with pytest.raises(ModelError, match=r"encoder\.onnx is not the file"):
        pack(tmp_path / "bundle", tmp_path / "again", replace=False)
    assert not (tmp_path / "again").exists()


def test_a_file_that_is_there_is_replaced_only_when_asked(packed: Path, tmp_path: Path) -> None:
    before = packed.read_bytes()
    packed.write_text("mine")
    with pytest.raises(OutputError, match="exists; --force replaces it"):
        pack(tmp_path / "bundle", packed, replace=False)
    assert packed.read_text() == "mine"
    pack(tmp_path / "bundle", packed, replace=True)
    assert packed.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "toy.pack"]


def test_an_installed_model_is_replaced_only_when_asked(packed: Path, library: Path) -> None:
    install(packed, library, "mine", replace=False)
    (library / "mine" / "note").write_text("old")
    with pytest.raises(OutputError, match=r"there is a model mine .* --force replaces it"):
        install(packed, library, "mine", replace=False)
    assert (library / "mine" / "note").exists()
    install(packed, library, "mine", replace=True)
    assert not (library / "mine" / "note").exists()
    assert [path.name for path in library.iterdir()] == ["mine"]


def test_what_is_no_model_is_never_replaced(packed: Path, library: Path) -> None:
    (library / "letters").mkdir(parents=True)
    (library / "letters" / "important").write_text("text")
    with pytest.raises(OutputError, match="is no model; move it away"):
        install(packed, library, "letters", replace=True)
    assert (library / "letters" / "important").exists()


@pytest.mark.parametrize("name", ["", ".hidden", "../toy", "a/b", "a b", "-x", "x" * 65, "模型", SHIPPED])
def test_a_name_that_is_a_path_or_taken_is_refused(packed: Path, library: Path, name: str) -> None:
    if not name:
        rewritten(packed, lambda entries: entries.__setitem__(0, (entries[0][0], entries[0][1].replace(b'"toy"', b'"../../toy"'))))
    with pytest.raises(ModelError, match="cannot have the name"):
        install(packed, library, name, replace=True)
    assert_nothing_is_installed(library)


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/../../evil", "note", "encoder.onnx", MANIFEST])
def test_a_pack_with_more_than_its_manifest_names_is_refused(packed: Path, library: Path, name: str) -> None:
    with pytest.raises(ModelError, match="which its manifest does not name, or holds it twice"):
        install(rewritten(packed, added(name)), library, None, replace=False)
    assert_nothing_is_installed(library)
    assert not (library.parent / "evil").exists()


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.GNUTYPE_SPARSE]
)
def test_a_pack_with_anything_but_plain_files_is_refused(packed: Path, library: Path, kind: bytes) -> None:
    with pytest.raises(ModelError, match=r"is no plain file|is damaged or no pack"):
        install(rewritten(packed, added("encoder.onnx", kind, "/etc/passwd")), library, None, replace=False)
    assert_nothing_is_installed(library)


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a/b", ".", "bundle.json", "x" * 101])
def test_a_manifest_that_names_files_elsewhere_is_refused(packed: Path, library: Path, name: str) -> None:
    def rename(entries: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        entries[0] = (entries[0][0], entries[0][1].replace(b'"encoder.onnx"', f'"{name}"'.encode()))

    with pytest.raises(ModelError, match="is no name of a file in a bundle"):
        install(rewritten(packed, rename), library, None, replace=False)
    assert_nothing_is_installed(library)


def test_a_pack_without_one_of_its_files_is_refused(packed: Path, library: Path) -> None:
    with pytest.raises(ModelError, match=r"cut short: encoder\.onnx is missing"):
        install(rewritten(packed, lambda entries: entries.__delitem__(2)), library, None, replace=False)
    assert_nothing_is_installed(library)


def test_a_pack_that_does_not_begin_with_the_manifest_is_refused(packed: Path, library: Path) -> None:
    with pytest.raises(ModelError, match=r"begins with 'encoder\.onnx'"):
        install(rewritten(packed, lambda entries: entries.reverse()), library, None, replace=False)
    assert_nothing_is_installed(library)


@pytest.mark.parametrize("content", [b"", b"text", b"\0" * 10_240, b"PK\3\4" + bytes(1000)])
def test_another_file_is_no_pack(tmp_path: Path, library: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ModelError, match="no pack of a model"):
        install(tmp_path / "file", library, None, replace=False)
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ModelError, match="cannot be read"):
            install(path, library, None, replace=False)
    assert_nothing_is_installed(library)


@pytest.mark.parametrize("kind", ["gz", "xz"])
def test_a_compressed_archive_is_no_pack(packed: Path, library: Path, kind: str) -> None:
    with tarfile.open(packed.with_suffix(f".{kind}"), f"w:{kind}") as archive:  # type: ignore[call-overload]
        archive.add(packed.parent / "bundle" / MANIFEST, MANIFEST)
    with pytest.raises(ModelError, match="no pack of a model"):
        install(packed.with_suffix(f".{kind}"), library, None, replace=False)


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_pack_with_damage_anywhere_is_refused_or_gives_the_same_bundle(packed: Path, library: Path, data: st.DataObject) -> None:
    original = packed.read_bytes()
    damaged = bytearray(original[: data.draw(st.integers(0, len(original)))])
    for _ in range(data.draw(st.integers(0, 3)) if damaged else 0):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path = packed.with_name("damaged")
    path.write_bytes(damaged)
    try:
        install(path, library, "x", replace=True)
    except ModelError:
        pass
    else:
        assert verify(library / "x").files == verify(packed.parent / "bundle").files
        remove("x", library)
    assert_nothing_is_installed(library)


def test_a_model_is_found_by_name_or_folder(packed: Path, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(packed, library, None, replace=False)
    assert find_bundle(None, library) == find_bundle(SHIPPED, library) == default_bundle()
    assert find_bundle("toy", library) == library / "toy"
    assert find_bundle("other", library) == Path("other")
    assert find_bundle("/bundles/toy", library) == Path("/bundles/toy")
    monkeypatch.chdir(packed.parent)
    assert find_bundle("bundle", library) == Path("bundle")
    assert find_bundle("..", library) == Path("..")


def test_a_removed_model_is_gone(packed: Path, library: Path) -> None:
    install(packed, library, None, replace=False)
    assert bundles(library) == [default_bundle(), library / "toy"]
    remove("toy", library)
    assert bundles(library) == [default_bundle()]
    assert_nothing_is_installed(library)


@pytest.mark.parametrize("name", ["toy", SHIPPED, "..", "../bundle", ""])
def test_only_installed_models_are_removed(packed: Path, library: Path, name: str) -> None:
    library.mkdir()
    with pytest.raises(ModelError, match="is installed in"):
        remove(name, library)
    assert verify(packed.parent / "bundle")
    assert verify(default_bundle())
