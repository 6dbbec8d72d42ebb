"""Where a translation goes."""

from pathlib import Path

import pytest

from models.errors import OutputError
from pipeline.outputs import OutputClaims, OutputRule, check_template


def test_output_stands_beside_its_source_by_default() -> None:
    assert OutputRule().target(Path("/in/sub/报告.docx"), Path("sub/报告.docx")) == Path("/in/sub/报告.en.docx")


def test_output_folder_mirrors_the_tree() -> None:
    assert OutputRule(Path("/out")).target(Path("/in/sub/a.docx"), Path("sub/a.docx")) == Path("/out/sub/a.en.docx")


def test_template_may_name_a_sub_folder() -> None:
    rule = OutputRule(Path("/out"), "{lang}/{stem}{ext}", "en")
    assert rule.target(Path("/in/a.txt"), Path("a.txt")) == Path("/out/en/a.txt")


@pytest.mark.parametrize("template", ["{stem}.{lang}{ext}", "{lang}/{stem}{ext}", "translated-{stem}{ext}"])
def test_sound_template_is_accepted(template: str) -> None:
    assert check_template(template) == template


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("{name}{ext}", "unknown field {name}"),
        ("{lang}{ext}", "needs {stem}"),
        ("{stem}.en", "must end in {ext}"),
        ("{stem", "malformed"),
        ("{stem}{}{ext}", "unknown field {}"),
    ],
)
def test_unsound_template_is_refused(template: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        check_template(template)


def test_source_is_never_overwritten(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="overwrite its source"):
        OutputClaims().claim(tmp_path / "a.txt", tmp_path / "a.txt", tmp_path)


def test_second_claim_to_one_output_is_refused(tmp_path: Path) -> None:
    claims = OutputClaims()
    claims.claim(tmp_path / "a.txt", tmp_path / "x.txt", tmp_path)
    with pytest.raises(OutputError, match=r"already the output of .*a\.txt"):
        claims.claim(tmp_path / "b.txt", tmp_path / "x.txt", tmp_path)


def test_output_outside_its_folder_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "out"
    with pytest.raises(OutputError, match="outside the output folder"):
        OutputClaims().claim(tmp_path / "a.txt", root / ".." / "a.en.txt", root)


def test_link_inside_the_output_folder_does_not_lead_out(tmp_path: Path) -> None:
    root = tmp_path / "out"
    root.mkdir()
    (root / "sub").symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(OutputError, match="outside the output folder"):
        OutputClaims().claim(tmp_path / "a.txt", root / "sub" / "a.en.txt", root)


def test_folder_in_the_place_of_the_output_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.en.txt").mkdir()
    with pytest.raises(OutputError, match="not a regular file"):
        OutputClaims().claim(tmp_path / "a.txt", tmp_path / "a.en.txt", tmp_path)


def test_file_in_the_place_of_the_output_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("not a folder")
    with pytest.raises(OutputError):
        OutputClaims().claim(tmp_path / "a.txt", tmp_path / "out" / "a.en.txt", tmp_path / "out")


def test_output_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write"):
        OutputClaims().claim(tmp_path / "a.txt", tmp_path / ("长" * 90 + ".txt"), tmp_path)
