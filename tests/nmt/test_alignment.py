import numpy as np
import pytest

from nmt.alignment import links
from nmt.tokenization import Located
from nmt.translator import open_translator


def test_strong_attention_becomes_links_between_characters() -> None:
    source, target = Located(np.array([5, 6]), [(0, 2), (2, 3)]), Located(np.array([7, 8, 9]), [(0, 1), (1, 4), (4, 4)])
    attention = np.array([[0.9, 0.04], [0.3, 0.6], [0.0, 0.0]], np.float32)
    found = [(link.source_start, link.source_end, link.target_start, link.target_end) for link in links(source, target, attention)]
    assert found == [(0, 2, 0, 1), (0, 2, 1, 4), (2, 3, 1, 4)]


@pytest.fixture(scope="module")
def pairs() -> list[tuple[str, str]]:
    return [
        ("打开设置页面。", "Open the settings page."),
        ("好。", "Good."),
        ("该函数返回一个字符串列表。", "The function returns a list of strings."),
    ]


def test_alignments_do_not_depend_on_the_batch(pairs: list[tuple[str, str]]) -> None:
    translator = open_translator(None, 4, 1)
    together = translator.align(pairs)
    assert together == [translator.align([pair])[0] for pair in pairs]
    for (source, target), found in zip(pairs, together, strict=True):
        assert found
        assert all(0 <= link.source_start <= link.source_end <= len(source) for link in found)
        assert all(0 <= link.target_start < link.target_end <= len(target) for link in found)
        for place in range(len(target)):
            assert sum(link.weight for link in found if link.target_start == place) <= 1.01


def test_a_pair_that_is_too_long_or_blank_has_no_alignment() -> None:
    assert open_translator(None, 4, 1).align([("很" * 900, "very"), ("好", ""), ("", "good")]) == [[], [], []]
