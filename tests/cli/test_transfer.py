import pytest

from console.format import file_size
from console.transfer import TransferLines, shown_transfer


def test_a_line_now_and_then_says_how_far_a_download_is(capsys: pytest.CaptureFixture[str]) -> None:
    moments = iter([0.0, 0.0, 5.0, 10.0, 11.0, 30.0])
    show = TransferLines(lambda: next(moments))
    for have in (100, 200, 300, 400, 700):
        show(have * 1_000_000, 1_000_000_000)
    assert capsys.readouterr().err == "300 MB of 1,000 MB, 35 s left\n700 MB of 1,000 MB, 15 s left\n"


def test_without_a_terminal_a_short_download_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_transfer() as show:
        show(1, 2)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("size", "text"), [(0, "0.0 MB"), (712_345, "0.7 MB"), (20_400_000, "20 MB"), (7_340_000_000, "7,340 MB")])
def test_sizes_are_megabytes(size: int, text: str) -> None:
    assert file_size(size) == text
