"""What of a file `submit` translates, by its options, and how it treats files that are built to do harm."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.parsers.minimal_docx import parts_of, zipped


def docx(cli: Cli, body: str, name: str = "a.docx") -> Path:
    path = cli.write(name)
    path.write_bytes(zipped(parts_of(body)))
    return path


def segments(cli: Cli, source: Path, *options: str) -> int:
    found = cli.json("submit", source, "--engine", "pseudo", "--force", *options)
    assert found["documents"][0]["state"].startswith("done"), found
    return int(found["documents"][0]["segments"])


def test_options_choose_what_is_translated_of_a_word_document(cli: Cli) -> None:
    hidden = "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>藏起来的话。</w:t></w:r></w:p>"
    styled = '<w:p><w:pPr><w:pStyle w:val="Heading"/></w:pPr><w:r><w:t>标题话。</w:t></w:r></w:p>'
    source = docx(cli, f"{hidden}{styled}<w:p><w:r><w:t>明话。</w:t></w:r></w:p>")
    assert segments(cli, source) == 2
    assert segments(cli, source, "--hidden-text") == 3
    assert segments(cli, source, "--dnt-style", "Heading") == 1


def test_wrapped_lines_are_one_paragraph_unless_told_otherwise(cli: Cli) -> None:
    source = cli.write("a.txt", "\n".join(["这一段文字是在固定的宽度上折行的所以一样长"] * 3) + "\n到此为止。\n")
    assert (segments(cli, source), segments(cli, source, "--keep-lines")) == (1, 4)


def test_the_encoding_is_kept_on_demand(cli: Cli) -> None:
    source = cli.write("a.txt")
    source.write_bytes("你好。\n".encode("gb18030"))
    cli.submit(source, "--keep-encoding")
    assert (cli.folder / "a.en.txt").read_bytes() == "[你好。]\n".encode("gb18030")


def test_other_options_of_reading_translate_an_unchanged_document_again(cli: Cli) -> None:
    source = cli.write("a.txt")
    reasons = []
    for options in ((), (), ("--keep-lines",), ("--keep-lines",)):
        found = cli.json("submit", source, "--engine", "pseudo", *options)
        reasons.append([entry["reason"] for entry in found["skipped"]])
    assert reasons == [[], ["unchanged"], [], ["unchanged"]]


@pytest.mark.parametrize(
    ("limits", "code"),
    [({"TRANSLATE_DOCS_FILE_MEMORY": "300"}, "too-large"), ({"TRANSLATE_DOCS_FILE_SECONDS": "2"}, "timeout")],
)
def test_a_file_that_costs_too_much_fails_alone(cli: Cli, limits: Mapping[str, str], code: str) -> None:
    body = "".join(f'<w:p w:rsidR="{number * 2654435761 % 2**32:08x}"/>' for number in range(900_000))
    bad, good = docx(cli, body, "in/bad.docx"), cli.write("in/good.txt")
    cli.environment |= limits
    found = cli.json("submit", cli.folder / "in", "--engine", "pseudo")
    assert {document["source"]: document["code"] for document in found["documents"]} == {str(bad): code, str(good): None}
    assert good.with_name("good.en.txt").exists()
