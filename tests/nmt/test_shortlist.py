from pathlib import Path

import numpy as np
import pytest

from models.errors import ModelError
from nmt.config import MASKED, SOFTMAX_STEP
from nmt.shortlist import BIAS, KERNEL, OWN, PLACES, SCALES, Lexicon, Shortlist

# Source token 1 becomes 7 or 9, token 2 becomes 8 or 9; 0 and 4 are always there.
LEXICON = Lexicon(np.array([0, 4], np.uint16), np.array([0, 0, 2, 4]), np.array([7, 9, 8, 9], np.uint16))
SHORTLIST = Shortlist(LEXICON, np.arange(20, dtype=np.int8).reshape(2, 10), np.arange(10, dtype=np.float32))


def test_a_sentence_may_use_what_its_tokens_become_and_what_all_may() -> None:
    assert SHORTLIST.tokens(np.array([2, 2])).tolist() == [0, 4, 8, 9]
    assert SHORTLIST.tokens(np.array([2, 0, 1])).tolist() == [0, 4, 7, 8, 9]
    assert SHORTLIST.tokens(np.array([0])).tolist() == [0, 4]


def test_a_batch_has_the_columns_that_its_sentences_need_and_each_picks_its_own() -> None:
    given = SHORTLIST.inputs([np.array([1]), np.array([2])])
    assert given[KERNEL][:, :-1].tolist() == SHORTLIST.kernel[:, [0, 4, 7, 8, 9]].tolist()
    assert given[SCALES][:-1].tolist() == [0, 4, 7, 8, 9]
    assert given[BIAS].tolist() == [0, 0, 0, 0, 0, np.float32(MASKED)]
    assert given[PLACES].shape == (2, 1, SOFTMAX_STEP)
    assert given[PLACES][1, 0, :5].tolist() == [0, 1, 3, 4, 5]
    assert (given[PLACES][:, 0, 4:] == 5).all()
    assert given[OWN][:, :4].tolist() == [[0, 4, 7, 9], [0, 4, 8, 9]]


def test_tokens_that_all_sentences_may_use_stand_at_the_same_place_in_all() -> None:
    assert SHORTLIST.places(np.array([[4, 0]])).tolist() == [[1, 0]]
    with pytest.raises(ValueError, match="always"):
        SHORTLIST.places(np.array([7]))


def test_a_shortlist_reads_back(tmp_path: Path) -> None:
    SHORTLIST.save(tmp_path / "s.npz")
    read = Shortlist.load(tmp_path / "s.npz")
    assert read.tokens(np.array([1, 2])).tolist() == SHORTLIST.tokens(np.array([1, 2])).tolist()
    assert (read.kernel == SHORTLIST.kernel).all()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"nonsense"])
def test_a_damaged_shortlist_is_a_model_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "s.npz").write_bytes(content)
    with pytest.raises(ModelError, match="fetch the bundle again"):
        Shortlist.load(tmp_path / "s.npz")
