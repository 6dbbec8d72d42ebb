import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from models.errors import CorruptDocumentError, EmptyFileError, OutputError, SourceChangedError, UnreadableFileError, UnsupportedFormatError
from models.segment import Link, Translation
from pipeline.document import Assembly, assemble, partial_prefix, prepare, read_source, sweep, translate_lines, write_output
from pipeline.engines import IdentityEngine

EXAMPLES = Path(__file__).parents[2] / "examples"


class Upper:
    """Translates a segment to its length in words, and warns about questions."""

    signature = "upper"

    def align(self, pairs: Sequence[tuple[str, str]]) -> list[list[Link]]:
        return [[] for _ in pairs]

    def translate(self, sources: Sequence[str]) -> list[Translation]:
        return [Translation(text, f"Sentence of {len(text)}.", -1.0, 3, ("question",) if "？" in text else ()) for text in sources]


@pytest.fixture
def notice(tmp_path: Path) -> Path:
    path = tmp_path / "notice.txt"
    path.write_text("通知\n\n　　今天放假。明天上班。\n今天放假。\n", encoding="utf-8")
    return path


def test_segments_come_in_order_with_repeats(notice: Path) -> None:
    prepared = prepare(notice)
    assert prepared.segments == ("通知", "今天放假。", "明天上班。", "今天放假。")
    assert prepared.sha256 == hashlib.sha256(notice.read_bytes()).hexdigest()


def test_a_document_is_put_together_with_its_layout(notice: Path, tmp_path: Path) -> None:
    output = tmp_path / "new" / "notice.en.txt"
    translations = {"通知": "Notice", "今天放假。": "Off today.", "明天上班。": "Work tomorrow."}
    digest = assemble(Assembly(notice, prepare(notice).sha256, output, "en", translations)).sha256
    assert output.read_text(encoding="utf-8") == "Notice\n\n　　Off today. Work tomorrow.\nOff today.\n"
    assert digest == hashlib.sha256(output.read_bytes()).hexdigest()


def test_a_source_that_changed_is_not_written(notice: Path, tmp_path: Path) -> None:
    digest = prepare(notice).sha256
    notice.write_text("别的", encoding="utf-8")
    with pytest.raises(SourceChangedError, match=r"notice\.txt was changed"):
        assemble(Assembly(notice, digest, tmp_path / "out.txt", "en", {}))
    assert not (tmp_path / "out.txt").exists()


@pytest.mark.parametrize("name", ["report.docx", "website/index.html", "notice.txt"])
def test_identity_translation_gives_the_example_back(name: str, tmp_path: Path) -> None:
    source = EXAMPLES / name
    prepared = prepare(source)
    assert len(prepared.segments) > 5
    engine = IdentityEngine()
    translations = {item.source: item.target for item in engine.translate(prepared.segments)}
    assemble(Assembly(source, prepared.sha256, tmp_path / "out", "en", translations))
    assert (tmp_path / "out").read_bytes() == source.read_bytes()


def test_a_file_of_no_known_kind_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "data.bin"
    path.write_bytes(b"x")
    with pytest.raises(UnsupportedFormatError):
        prepare(path)


def test_an_empty_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "empty.docx"
    path.touch()
    with pytest.raises(EmptyFileError):
        prepare(path)


def test_a_damaged_document_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "damaged.docx"
    path.write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(CorruptDocumentError):
        prepare(path)


def test_a_missing_file_a_folder_a_link_and_a_pipe_cannot_be_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "real.txt").write_text("好")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    for name in ("missing.txt", "", "pipe.txt", "link.txt"):
        with pytest.raises(UnreadableFileError):
            read_source(tmp_path / name)


def test_an_output_may_have_the_longest_name_there_is(tmp_path: Path) -> None:
    output = tmp_path / ("字" * 83 + ".txt12")
    assert len(os.fsencode(output.name)) == os.pathconf(tmp_path, "PC_NAME_MAX")
    write_output(output, b"whole")
    assert output.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [output]


def test_what_is_swept_is_of_this_output_alone(tmp_path: Path) -> None:
    first, second = (tmp_path / f"{'[长]' * 40}{number}.txt" for number in (1, 2))
    left = [output.with_name(f"{partial_prefix(output)}0123") for output in (first, second)]
    for path in (*left, first):
        path.touch()
    sweep(first)
    assert sorted(tmp_path.iterdir()) == sorted([left[1], first])


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "out.txt"
    folder.mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        write_output(folder, b"new")
    assert list(tmp_path.iterdir()) == [folder]


def test_a_write_replaces_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_bytes(b"a much longer old file")
    write_output(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_lines_come_out_as_they_went_in() -> None:
    results = translate_lines(["", "你好。再见吗？", "English only", "  好。"], Upper())
    assert [item.source for item in results] == ["", "你好。再见吗？", "English only", "  好。"]
    assert [item.target for item in results] == ["", "Sentence of 3. Sentence of 4.", "English only", "  Sentence of 2."]
    assert [item.warnings for item in results] == [(), ("question",), (), ()]
    assert [item.tokens for item in results] == [0, 6, 0, 3]


def test_a_repeated_sentence_is_translated_once() -> None:
    class Counting(Upper):
        seen = 0

        def translate(self, sources: Sequence[str]) -> list[Translation]:
            self.seen += len(sources)
            return super().translate(sources)

    engine = Counting()
    assert len(translate_lines(["好。好。", "好。"], engine)) == 2
    assert engine.seen == 1


def test_only_segments_that_are_cut_by_formatting_need_links(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<p>今天<b>放假</b>。明天上班。</p><p><i>后天放假。</i></p>", encoding="utf-8")
    assert prepare(path).to_align == {"今天放假。"}


def test_formatting_that_no_link_places_is_told_and_the_worst_place_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<p>今天<b>放假</b></p><p>今<b>天放假</b></p>", encoding="utf-8")
    links = {"今天放假": [Link(0, 2, 0, 5, 1.0), Link(2, 4, 6, 13, 1.0)]}
    work = Assembly(path, prepare(path).sha256, tmp_path / "out.html", "en", {"今天放假": "Today holiday"}, links)
    written = assemble(work)
    assert "<b>holiday</b>" in (tmp_path / "out.html").read_text()
    assert set(written.placed) == {"今天放假"}
    assert written.placed["今天放假"].confidence < 1
    assert assemble(replace(work, links={})).placed["今天放假"].is_unsure


def test_segments_of_a_block_that_is_written_without_a_mark_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("今天放假  \n了\n\n明天上班\n", encoding="utf-8")
    targets = {"今天放假": "Holiday today", "了": "", "明天上班": "Work tomorrow"}
    written = assemble(Assembly(path, prepare(path).sha256, tmp_path / "out.md", "en", targets))
    assert (tmp_path / "out.md").read_text() == "Holiday today\n\nWork tomorrow\n"
    assert {source for source, place in written.placed.items() if place.is_unsure} == {"今天放假", "了"}
