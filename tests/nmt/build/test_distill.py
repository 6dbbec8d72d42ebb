import json
import lzma
from pathlib import Path

import pytest

from models.errors import ModelError, UnreadableFileError
from models.segment import Translation
from nmt.build.corpus import draw, read_pairs
from nmt.build.distill import Distillation, flaw, main, read_sources

SOURCES = ["请安装数据库。", "请更新第 42 号索引。", "该功能需要管理员权限。", "文件已经发布。", "请重新启动服务器。"]


def translation(source: str, target: str, *warnings: str) -> Translation:
    return Translation(source, target, -0.5, 5, warnings)


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        ("请安装数据库。", "Please install the database.", None),
        ("请安装 Python 3.12。", "Please install Python 3.12.", None),
        ("请安装数据库。", "Please install the 数据库.", "language"),
        ("请安装数据库。", "。。。", "language"),
        ("请安装数据库。", "Please " * 3 + "install the very best database that money can buy in this town of ours today.", "length"),
        ("请安装数据库，然后更新其中的所有索引，最后再重新启动服务器，检查系统日志有没有错误。", "Install.", "length"),
        ("好的，好的，好的，好的，好的，好的，好的。", "Well, " + "well then, " * 4 + "good.", "repetition"),
        ("请更新第 42 号索引。", "Please update index number 24.", "numbers"),
    ],
)
def test_pairs_that_would_teach_something_wrong_are_left_out(source: str, target: str, reason: str | None) -> None:
    assert flaw(translation(source, target)) == reason


def test_what_the_engine_warned_of_is_left_out() -> None:
    assert flaw(translation("请安装数据库。", "Please install the database.", "truncated")) == "truncated"


def test_sources_are_chinese_lines_each_once(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\n".join([SOURCES[0], "", "no Chinese", SOURCES[1], "长" * 500]), encoding="utf-8")
    with lzma.open(tmp_path / "b.tsv.xz", "wt", encoding="utf-8") as file:
        file.write(f"{SOURCES[0]}\tknown\n{SOURCES[2]}\tnew\n")
    assert list(read_sources([tmp_path / "a.txt", tmp_path / "b.tsv.xz"])) == SOURCES[:3]
    (tmp_path / "c.txt.xz").write_bytes(b"no xz")
    with pytest.raises(UnreadableFileError, match=r"c\.txt\.xz cannot be read"):
        list(read_sources([tmp_path / "c.txt.xz"]))


def test_a_block_that_was_cut_off_is_written_again(tmp_path: Path) -> None:
    output = tmp_path / "taught.tsv.xz"
    first, second = translation(SOURCES[0], "Please install  the\tdatabase."), translation(SOURCES[3], "The file has been released.")
    assert not Distillation(output, "run").add([first])
    with output.open("ab") as file:
        file.write(b"half a block")
    again = Distillation(output, "run")
    assert again.progress.lines == 1
    assert again.add([second, translation("请", "请")]) == {"language": 1}
    assert list(read_pairs(output)) == [(SOURCES[0], "Please install the database."), (SOURCES[3], "The file has been released.")]
    assert Distillation(output, "run").progress.lines == 3


def test_a_file_of_another_run_is_refused(tmp_path: Path) -> None:
    Distillation(tmp_path / "taught.tsv.xz", "one").add([])
    with pytest.raises(ModelError, match="begun with another teacher or other sources"):
        Distillation(tmp_path / "taught.tsv.xz", "other")


def test_a_teacher_makes_a_corpus_in_as_many_parts_as_it_takes(tmp_path: Path) -> None:
    (tmp_path / "sources.txt").write_text("\n".join(SOURCES), encoding="utf-8")
    arguments = [str(tmp_path / "sources.txt"), "--beam", "1", "--threads", "1", "--output"]
    main([*arguments, str(tmp_path / "parts" / "taught.tsv.xz"), "--limit", "2"])
    main([*arguments, str(tmp_path / "parts" / "taught.tsv.xz")])
    main([*arguments, str(tmp_path / "once" / "taught.tsv.xz")])
    pairs = list(read_pairs(tmp_path / "parts" / "taught.tsv.xz"))
    assert pairs == list(read_pairs(tmp_path / "once" / "taught.tsv.xz"))
    assert pairs
    progress = json.loads((tmp_path / "parts" / "taught.progress.json").read_text())
    assert (progress["lines"], progress["pairs"]) == (5, len(pairs))
    assert {source for source, _ in draw([tmp_path / "parts"], {}, 1.0, seed=1)} <= {text.removesuffix("。") for text in SOURCES} | set(
        SOURCES
    )
