"""Discovery of documents."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pipeline.outputs import OutputRule
from pipeline.scan import Scan, ScanOptions, matches, scan

SUFFIXES = frozenset({".txt", ".docx", ".html"})


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A folder of a user whom permissions bind; the test runs as that user even where root started it."""
    folder = Path(tempfile.mkdtemp(prefix="scan-"))
    owner = 65534 if os.geteuid() == 0 else os.geteuid()
    os.chown(folder, owner, -1)
    os.setresuid(owner, owner, -1)
    try:
        yield folder
    finally:
        subprocess.run(["chmod", "-R", "u+rwx", folder], check=True)
        os.setresuid(*[os.getresuid()[2]] * 3)
        shutil.rmtree(folder)


def tree(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("你好")


def scanned(
    *paths: Path, include: Sequence[str] = (), exclude: Sequence[str] = (), output: Path | None = None, follow: bool = False
) -> Scan:
    return scan(paths, ScanOptions(SUFFIXES, OutputRule(output), tuple(include), tuple(exclude), follow))


def sources(found: Scan, root: Path) -> list[str]:
    return [planned.source.relative_to(root).as_posix() for planned in found.documents]


def skipped(found: Scan) -> list[tuple[str, str]]:
    return [(entry.source.name, entry.reason) for entry in found.skipped]


def failures(found: Scan) -> list[tuple[str, str]]:
    return [(failure.source.name, failure.error.code) for failure in found.failures]


def test_folder_is_walked_in_sorted_order(tmp_path: Path) -> None:
    tree(tmp_path, "b.txt", "a/z.docx", "a/c/y.html", "c.TXT")
    assert sources(scanned(tmp_path), tmp_path) == ["a/c/y.html", "a/z.docx", "b.txt", "c.TXT"]


def test_output_folder_mirrors_the_scanned_folder(tmp_path: Path) -> None:
    tree(tmp_path, "in/sub/a.txt")
    found = scanned(tmp_path / "in", output=tmp_path / "out")
    assert found.documents[0].output == tmp_path / "out" / "sub" / "a.en.txt"


def test_relative_path_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, "a.txt")
    monkeypatch.chdir(tmp_path)
    assert scanned(Path()).documents[0].source == tmp_path / "a.txt"
    assert scanned(Path("a.txt")).documents[0].source == tmp_path / "a.txt"


def test_hidden_lock_and_unknown_files_are_skipped(tmp_path: Path) -> None:
    tree(tmp_path, ".git/a.txt", ".b.txt", "~$c.docx", "d.pdf", "e")
    found = scanned(tmp_path)
    assert not found.documents
    assert skipped(found) == [
        (".b.txt", "hidden"),
        (".git", "hidden"),
        ("d.pdf", "unsupported"),
        ("e", "unsupported"),
        ("~$c.docx", "lock-file"),
    ]


def test_hidden_file_named_outright_is_an_input(tmp_path: Path) -> None:
    tree(tmp_path, ".a.txt")
    assert len(scanned(tmp_path / ".a.txt").documents) == 1


def test_unknown_suffix_named_outright_fails(tmp_path: Path) -> None:
    tree(tmp_path, "a.pdf")
    assert failures(scanned(tmp_path / "a.pdf")) == [("a.pdf", "unsupported")]


def test_missing_path_fails(tmp_path: Path) -> None:
    assert failures(scanned(tmp_path / "gone.txt")) == [("gone.txt", "unreadable")]


def test_empty_file_fails_and_the_rest_goes_on(tmp_path: Path) -> None:
    tree(tmp_path, "a.txt", "c.txt")
    (tmp_path / "b.txt").touch()
    found = scanned(tmp_path)
    assert sources(found, tmp_path) == ["a.txt", "c.txt"]
    assert failures(found) == [("b.txt", "empty")]


def test_pipe_and_socket_fail_without_being_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "a.txt")
    monkeypatch.chdir(tmp_path)  # a socket's path may not be longer than 107 bytes
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("b.docx")
        assert failures(scanned(tmp_path)) == [("a.txt", "unreadable"), ("b.docx", "unreadable")]


def test_symbolic_links_are_skipped(tmp_path: Path) -> None:
    tree(tmp_path, "real/a.txt", "in/b.txt")
    (tmp_path / "in/file.txt").symlink_to(tmp_path / "real/a.txt")
    (tmp_path / "in/folder").symlink_to(tmp_path / "real", target_is_directory=True)
    found = scanned(tmp_path / "in")
    assert sources(found, tmp_path) == ["in/b.txt"]
    assert skipped(found) == [("file.txt", "symlink"), ("folder", "symlink")]


def test_symbolic_link_named_outright_fails(tmp_path: Path) -> None:
    tree(tmp_path, "a.txt")
    (tmp_path / "link.txt").symlink_to(tmp_path / "a.txt")
    found = scanned(tmp_path / "link.txt")
    assert failures(found) == [("link.txt", "unreadable")]
    assert "--follow-symlinks" in str(found.failures[0].error)


def test_followed_links_lead_to_the_real_file_and_keep_their_place(tmp_path: Path) -> None:
    tree(tmp_path, "real/a.txt", "in/b.txt")
    (tmp_path / "in/folder").symlink_to(tmp_path / "real", target_is_directory=True)
    found = scanned(tmp_path / "in", follow=True, output=tmp_path / "out")
    assert sources(found, tmp_path) == ["in/b.txt", "real/a.txt"]
    assert found.documents[1].output == tmp_path / "out/folder/a.en.txt"


def test_followed_loops_end(tmp_path: Path) -> None:
    tree(tmp_path, "a/b.txt")
    (tmp_path / "a/up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "a/self").symlink_to("self")
    (tmp_path / "a/gone.txt").symlink_to("nowhere")
    found = scanned(tmp_path, follow=True)
    assert sources(found, tmp_path) == ["a/b.txt"]
    assert failures(found) == [("gone.txt", "unreadable"), ("self", "unreadable")]


def test_globs_match_the_path_under_the_folder(tmp_path: Path) -> None:
    tree(tmp_path, "a.txt", "b.docx", "old/c.txt", "old/d.docx")
    assert sources(scanned(tmp_path, include=["*.txt"]), tmp_path) == ["a.txt", "old/c.txt"]
    assert sources(scanned(tmp_path, exclude=["old"]), tmp_path) == ["a.txt", "b.docx"]
    assert sources(scanned(tmp_path, include=["old/*", "b.*"], exclude=["*.txt"]), tmp_path) == ["b.docx", "old/d.docx"]


def test_leading_double_star_matches_at_the_top_too() -> None:
    assert matches(Path("a.txt"), ["**/a.txt"])
    assert matches(Path("x/y/a.txt"), ["**/a.txt"])
    assert not matches(Path("x/b.txt"), ["**/a.txt"])


def test_excluded_bad_file_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    assert skipped(scanned(tmp_path, exclude=["a.*"])) == [("a.txt", "excluded")]


def test_output_folder_inside_the_input_is_not_scanned(tmp_path: Path) -> None:
    tree(tmp_path, "a.txt", "out/old.txt")
    found = scanned(tmp_path, output=tmp_path / "out")
    assert sources(found, tmp_path) == ["a.txt"]
    assert skipped(found) == [("out", "output-folder")]


@pytest.mark.parametrize("output", [None, "out"])
def test_outputs_of_an_earlier_run_are_not_inputs(tmp_path: Path, output: str | None) -> None:
    tree(tmp_path, "in/a.txt", "in/a.en.txt", "in/b.en.txt")
    found = scanned(tmp_path / "in", output=None if output is None else tmp_path / output)
    assert sources(found, tmp_path) == ["in/a.txt", "in/b.en.txt"]
    assert skipped(found) == [("a.en.txt", "own-output")]


def test_output_of_an_excluded_source_is_not_an_input(tmp_path: Path) -> None:
    tree(tmp_path, "a.txt", "a.en.txt")
    assert not scanned(tmp_path, exclude=["a.txt"]).documents


def test_two_inputs_with_one_output_fail_for_the_later(tmp_path: Path) -> None:
    tree(tmp_path, "one/a.txt", "two/a.txt")
    found = scanned(tmp_path / "one", tmp_path / "two", output=tmp_path / "out")
    assert sources(found, tmp_path) == ["one/a.txt"]
    assert [(failure.source, failure.error.code) for failure in found.failures] == [(tmp_path / "two/a.txt", "output")]


def test_input_given_twice_is_taken_once(tmp_path: Path) -> None:
    tree(tmp_path, "sub/a.txt")
    found = scanned(tmp_path / "sub", tmp_path, tmp_path / "sub/a.txt")
    assert sources(found, tmp_path) == ["sub/a.txt"]
    assert skipped(found) == [("a.txt", "duplicate")]


def test_name_that_is_not_utf8_fails(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + "/报告.txt".encode("gb18030")
    try:
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    found = scanned(tmp_path)
    assert [failure.error.code for failure in found.failures] == ["unreadable"]


def test_output_name_that_is_not_utf8_fails(tmp_path: Path) -> None:
    tree(tmp_path, "a.txt")
    found = scanned(tmp_path / "a.txt", output=Path(os.fsdecode(os.fsencode(tmp_path) + b"/out\xff")))
    assert failures(found) == [("a.txt", "output")]


def test_unreadable_and_read_only_places_fail(unprivileged: Path) -> None:
    tree(unprivileged, "in/a.txt", "in/b.txt", "in/sub/c.txt")
    (unprivileged / "in/a.txt").chmod(0)
    (unprivileged / "in/sub").chmod(0)
    (unprivileged / "out").mkdir(mode=0o500)
    found = scanned(unprivileged / "in", output=unprivileged / "out")
    assert failures(found) == [("a.txt", "unreadable"), ("sub", "unreadable"), ("b.txt", "output")]
