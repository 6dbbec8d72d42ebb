"""`submit`: what is translated, skipped and refused, what is printed, and how it ends."""

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Cli


def codes(result_json: str) -> dict[str, str | None]:
    return {Path(document["source"]).name: document["code"] for document in json.loads(result_json)["documents"]}


def test_folder_is_translated_into_a_mirrored_tree(cli: Cli) -> None:
    cli.write("in/a.txt")
    cli.write("in/sub/b.html", "<p>你好</p>")
    result = cli.submit(cli.folder / "in", "--output", cli.folder / "out")
    assert result.exit_code == 0, result.output
    assert (cli.folder / "out/a.en.txt").read_text() == "[你好。] [再见！]\n"
    assert "[你好]" in (cli.folder / "out/sub/b.en.html").read_text()
    assert "job 1 done: 2 done" in result.stdout


def test_translation_goes_beside_its_source_by_default(cli: Cli) -> None:
    source = cli.write("a.txt")
    assert cli.submit(source).exit_code == 0
    assert source.with_name("a.en.txt").exists()


def test_template_names_the_translation(cli: Cli) -> None:
    source = cli.write("a.txt")
    assert cli.submit(source, "--template", "{lang}/{stem}{ext}").exit_code == 0
    assert (cli.folder / "en/a.txt").exists()


def test_unsound_template_is_a_usage_error(cli: Cli) -> None:
    result = cli.submit(cli.write("a.txt"), "--template", "{nonsense}")
    assert result.exit_code == 2
    assert "unknown field" in result.stderr


def test_globs_choose_inputs(cli: Cli) -> None:
    for name in ("a.txt", "b.html", "old/c.txt"):
        cli.write(name)
    found = cli.json("submit", cli.folder, "--engine", "pseudo", "--include", "*.txt", "--exclude", "old")
    assert [Path(document["source"]).name for document in found["documents"]] == ["a.txt"]
    assert sorted(entry["reason"] for entry in found["skipped"]) == ["excluded", "excluded"]


def test_json_tells_everything(cli: Cli) -> None:
    source = cli.write("a.txt")
    cli.write("b.pdf")
    found = cli.json("submit", cli.folder, "--engine", "pseudo")
    (document,) = found.pop("documents")
    assert document.pop("seconds") >= 0
    assert document == {
        "source": str(source),
        "output": str(source.with_name("a.en.txt")),
        "state": "done",
        "code": None,
        "message": None,
        "segments": 2,
        "known": 0,
        "warnings": 0,
        "notes": [],
    }
    assert found["created"] <= found["finished"]
    assert {name: found[name] for name in ("job", "state", "model")} == {"job": 1, "state": "done", "model": "pseudo-1"}
    assert found["counts"] == {"done": 1, "done_with_warnings": 0, "failed": 0, "cancelled": 0, "unfinished": 0, "skipped": 1}
    assert found["skipped"] == [{"source": str(cli.folder / "b.pdf"), "reason": "unsupported"}]


def test_bad_input_fails_with_a_code_and_the_rest_is_translated(cli: Cli) -> None:
    cli.write("in/good.txt")
    cli.write("in/broken.docx", "not a zip archive")
    cli.write("in/empty.txt", "")
    os.mkfifo(cli.folder / "in/pipe.txt")
    cli.write("in/notes.xyz")
    (cli.folder / "in/link.txt").symlink_to("good.txt")
    result = cli.submit(cli.folder / "in", "--output", cli.folder / "out", "--json")
    assert result.exit_code == 1
    assert codes(result.stdout) == {"good.txt": None, "broken.docx": "corrupt", "empty.txt": "empty", "pipe.txt": "unreadable"}
    assert sorted(entry["reason"] for entry in json.loads(result.stdout)["skipped"]) == ["symlink", "unsupported"]
    assert [path.name for path in (cli.folder / "out").iterdir()] == ["good.en.txt"]


def test_file_whose_name_is_not_utf8_fails_alone(cli: Cli) -> None:
    cli.write("in/good.txt")
    for name in (b"bad\xff.txt", b"bad\xff.pdf"):
        try:
            (cli.folder / "in" / os.fsdecode(name)).write_text("你好")
        except OSError:
            pytest.skip("this file system takes UTF-8 names only")
    result = cli.submit(cli.folder / "in", "--json")
    assert result.exit_code == 1, result.stderr
    assert codes(result.stdout) == {"good.txt": None, r"bad\xff.txt": "unreadable"}
    assert [Path(entry["source"]).name for entry in json.loads(result.stdout)["skipped"]] == [r"bad\xff.pdf"]
    assert r"bad\xff.txt" in cli("status").stdout
    assert r"bad\xff.txt" in cli.submit(cli.folder / "in", "--dry-run").stdout


def test_longest_name_of_an_output_can_be_written(cli: Cli) -> None:
    source = cli.write("字" * 80 + ".txt")
    assert cli.submit(source).exit_code == 0
    assert source.with_name("字" * 80 + ".en.txt").exists()


def test_every_bad_input_has_one_line_in_the_table(cli: Cli) -> None:
    cli.write("in/broken.docx", "not a zip archive")
    cli.write("in/empty.txt", "")
    (cli.folder / "in/link.txt").symlink_to("empty.txt")
    result = cli.submit(cli.folder / "in")
    lines = [line for name in ("broken.docx", "empty.txt", "link.txt") for line in result.stdout.splitlines() if name in line]
    assert len(lines) == 3
    assert "Traceback" not in result.output
    assert "corrupt: " in lines[0]
    assert "empty: " in lines[1]
    assert "skipped: symlink" in lines[2]


def test_file_name_cannot_break_the_line(cli: Cli) -> None:
    cli.write("in/a\n\x1b[31mb.txt")
    result = cli.submit(cli.folder / "in")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 3
    assert "\x1b" not in result.stdout


def test_second_run_skips_what_is_unchanged(cli: Cli) -> None:
    source = cli.write("a.txt")
    other = cli.write("b.txt", "早上好。\n")
    assert cli.submit(cli.folder).exit_code == 0
    other.write_text("晚上好。\n")
    found = cli.json("submit", cli.folder, "--engine", "pseudo")
    assert [document["source"] for document in found["documents"]] == [str(other)]
    assert {entry["source"]: entry["reason"] for entry in found["skipped"]}[str(source)] == "unchanged"
    assert other.with_name("b.en.txt").read_text() == "[晚上好。]\n"


def test_run_with_nothing_left_succeeds_without_a_job(cli: Cli) -> None:
    source = cli.write("a.txt")
    cli.submit(source)
    result = cli.submit(source)
    assert result.exit_code == 0
    assert "1 unchanged" in result.stdout
    assert [job["job"] for job in cli.json("list")] == [1]


def test_other_options_and_force_translate_again(cli: Cli) -> None:
    source = cli.write("a.txt", "你好\n")
    cli.submit(source)
    assert len(cli.json("submit", source, "--engine", "identity")["documents"]) == 1
    assert source.with_name("a.en.txt").read_text() == source.read_text()
    assert len(cli.json("submit", source, "--engine", "identity", "--force")["documents"]) == 1


def test_lost_output_is_made_again(cli: Cli) -> None:
    source = cli.write("a.txt")
    cli.submit(source)
    source.with_name("a.en.txt").unlink()
    assert cli.submit(source).exit_code == 0
    assert source.with_name("a.en.txt").exists()


@pytest.mark.parametrize("edited", [False, True], ids=["written by someone else", "edited after the first run"])
def test_file_that_is_not_ours_is_replaced_by_force_only(cli: Cli, edited: bool) -> None:
    source = cli.write("a.txt")
    output = source.with_name("a.en.txt")
    if edited:
        cli.submit(source)
        source.write_text("变了。\n")
    output.write_text("A human translation.")
    result = cli.submit(source, "--json")
    assert result.exit_code == 73
    assert codes(result.stdout) == {"a.txt": "output"}
    assert output.read_text() == "A human translation."
    assert cli.submit(source, "--force").exit_code == 0
    assert output.read_text() != "A human translation."


def test_colliding_outputs_fail_for_the_later_input(cli: Cli) -> None:
    first, second = cli.write("one/a.txt"), cli.write("two/a.txt", "不同。")
    found = cli.json("submit", first, second, "--engine", "pseudo", "--output", cli.folder / "out")
    assert {document["source"]: document["code"] for document in found["documents"]} == {str(first): None, str(second): "output"}
    assert (cli.folder / "out/a.en.txt").read_text() == "[你好。] [再见！]\n"


def test_source_is_never_its_own_output(cli: Cli) -> None:
    source = cli.write("a.txt")
    assert cli.submit(source, "--template", "{stem}{ext}").exit_code == 73
    assert source.read_text() == "你好。再见！\n"


def test_output_folder_inside_the_input_is_left_out(cli: Cli) -> None:
    cli.write("a.txt")
    for _ in range(2):
        cli.submit(cli.folder, "--output", cli.folder / "out", "--force")
    assert [path.relative_to(cli.folder).as_posix() for path in cli.folder.rglob("*.txt")] == ["a.txt", "out/a.en.txt"]


def test_nothing_that_can_be_translated_is_bad_input(cli: Cli) -> None:
    assert cli.submit(cli.folder / "gone.txt").exit_code == 65
    assert cli.submit(cli.write("a.pdf")).exit_code == 65


def test_empty_folder_is_no_failure(cli: Cli) -> None:
    cli.folder.mkdir()
    result = cli.submit(cli.folder)
    assert result.exit_code == 0
    assert "nothing to translate" in result.stdout


def test_dry_run_counts_and_writes_nothing(cli: Cli) -> None:
    cli.write("a.txt", "你好。你好。再见。\n")
    cli.write("b.txt", "你好。\n")
    cli.write("c.docx", "not a zip archive")
    found = cli.json("submit", cli.folder, "--engine", "pseudo", "--dry-run")
    assert {name: found[name] for name in ("documents", "segments", "characters", "unique", "known")} == {
        "documents": 2,
        "segments": 4,
        "characters": 12,
        "unique": 2,
        "known": 0,
    }
    assert [entry["code"] for entry in found["failures"]] == ["corrupt"]
    assert not list(cli.folder.glob("*.en.*"))
    assert cli.json("list") == []


def test_dry_run_knows_what_is_translated_already(cli: Cli) -> None:
    cli.submit(cli.write("a.txt"))
    result = cli.submit(cli.write("b.txt", "你好。早上好。\n"), "--dry-run")
    assert "1 documents, 2 segments (2 different, 1 already translated)" in result.stdout


def test_missing_model_ends_before_anything_is_recorded(cli: Cli) -> None:
    result = cli("submit", cli.write("a.txt"), "--model", cli.folder / "nowhere")
    assert result.exit_code == 78
    assert result.stderr.count("\n") == 1
    assert cli.json("list") == []


def test_two_workers_translate_a_folder(cli: Cli) -> None:
    for number in range(4):
        cli.write(f"{number}.txt", f"第{number}页。\n")
    assert cli.submit(cli.folder, "--workers", 2).exit_code == 0
    assert len(list(cli.folder.glob("*.en.txt"))) == 4
