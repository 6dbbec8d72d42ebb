import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the build extra: pip install -e '.[build]'")

from nmt.build.objectives import alignment_loss  # noqa: E402


def test_the_alignment_loss_is_the_log_of_the_attention_on_the_links() -> None:
    attention = torch.full((1, 4, 4), 0.25)
    attention[0, 2] = torch.tensor([0.5, 0.25, 0.25, 0.0])
    links = torch.tensor([[0, 0, 1], [0, 1, 1], [0, 2, 0]])  # target 1 with sources 0 and 1, target 0 with source 2
    expected = -(np.log(0.5 + 0.25) + np.log(0.25)) / 2
    assert alignment_loss(attention, links).item() == pytest.approx(expected)
