import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from models.errors import DocumentTimeoutError, DocumentTooLargeError, InputError, SourceChangedError
from pipeline.document import Assembly, partial_prefix, prepare
from pipeline.sandbox import Limits, Sandbox
from tests.parsers.minimal_docx import parts_of, zipped


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox(Limits())
    yield made
    made.close()


@pytest.fixture
def notice(tmp_path: Path) -> Path:
    path = tmp_path / "notice.txt"
    path.write_text("今天放假。明天上班。\n", encoding="utf-8")
    return path


def children() -> set[psutil.Process]:
    alive = (child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE)
    return {child for child in alive if "pipeline.sandbox" in child.cmdline()}


def test_a_document_goes_through_as_it_does_without(sandbox: Sandbox, notice: Path, tmp_path: Path) -> None:
    prepared = sandbox.prepare(notice)
    assert prepared == prepare(notice)
    output = tmp_path / "out.txt"
    sandbox.assemble(Assembly(notice, prepared.sha256, output, "en", {"今天放假。": "Off today."}))
    assert output.read_text(encoding="utf-8") == "Off today. 明天上班。\n"


def test_errors_come_through_as_what_they_are(sandbox: Sandbox, notice: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceChangedError, match=r"notice\.txt was changed"):
        sandbox.assemble(Assembly(notice, "0" * 64, tmp_path / "out.txt", "en", {}))
    with pytest.raises(InputError, match="cannot be read"):
        sandbox.prepare(tmp_path / "gone.txt")


def test_one_process_serves_all_files_and_ends_with_its_owner(notice: Path) -> None:
    others = children()
    sandbox = Sandbox(Limits())
    sandbox.prepare(notice)
    [child] = children() - others
    sandbox.prepare(notice)
    assert children() - others == {child}
    del sandbox
    assert children() - others == set()


def test_a_process_that_someone_killed_is_replaced(sandbox: Sandbox, notice: Path) -> None:
    others = children()
    sandbox.prepare(notice)
    [child] = children() - others
    os.kill(child.pid, signal.SIGKILL)
    assert sandbox.prepare(notice) == prepare(notice)


def test_what_takes_too_long_is_an_error_and_the_next_file_is_read(tmp_path: Path, notice: Path) -> None:
    slow = tmp_path / "slow.txt"
    slow.write_text("字。\n" * 3_000_000, encoding="utf-8")
    sandbox = Sandbox(Limits(seconds=0.5))
    started = time.monotonic()
    with pytest.raises(DocumentTimeoutError, match=r"slow\.txt takes more than 0\.5 s to prepare"):
        sandbox.prepare(slow)
    assert time.monotonic() - started < 3
    sandbox = Sandbox(Limits(seconds=30))
    assert sandbox.prepare(notice) == prepare(notice)
    sandbox.close()


def test_what_takes_too_much_memory_is_an_error_and_the_next_file_is_read(tmp_path: Path, notice: Path) -> None:
    huge = tmp_path / "huge.txt"
    huge.write_text("字。\n" * 2_000_000, encoding="utf-8")
    sandbox = Sandbox(Limits(megabytes=200))
    with pytest.raises(DocumentTooLargeError, match=r"huge\.txt takes more than 200 MB"):
        sandbox.prepare(huge)
    assert sandbox.prepare(notice) == prepare(notice)
    sandbox.close()


def test_half_written_outputs_are_swept_when_writing_failed(sandbox: Sandbox, notice: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.txt"
    output.with_name(f"{partial_prefix(output)}0123").touch()
    with pytest.raises(SourceChangedError):
        sandbox.assemble(Assembly(notice, "0" * 64, output, "en", {}))
    assert not list(tmp_path.glob(".*.part-*"))


def test_a_file_within_all_limits_that_swells_in_memory_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "many.docx"
    # Each paragraph is different, so that the package does not look like a zip bomb.
    path.write_bytes(zipped(parts_of("".join(f'<w:p w:rsidR="{number * 2654435761 % 2**32:08x}"/>' for number in range(900_000)))))
    sandbox = Sandbox(Limits(megabytes=400))
    with pytest.raises(DocumentTooLargeError, match="400 MB"):
        sandbox.prepare(path)
    sandbox.close()


def test_modules_in_the_current_folder_are_not_imported(tmp_path: Path, notice: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pipeline.py").write_text("raise SystemExit(1)")
    monkeypatch.chdir(tmp_path)
    sandbox = Sandbox(Limits())
    assert sandbox.prepare(notice) == prepare(notice)
    sandbox.close()
