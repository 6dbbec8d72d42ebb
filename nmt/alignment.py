"""How a target relates to its source: the model's attention while it is led along that target, whoever wrote it."""

from collections.abc import Iterator, Sequence

import numpy as np

from models.segment import Link
from nmt.config import Alignment
from nmt.search import Continued, Floats, Ints, filled_order
from nmt.session import Decoding, Session
from nmt.tokenization import Located

_LEAST = 0.05  # attention; what is weaker is noise


def forced_attention(session: Session, sources: Sequence[Ints], targets: Sequence[Ints]) -> list[Floats]:
    """Return for each pair the attention of its target tokens on its source tokens, [target tokens, source tokens].

    All sources must be of one `padded_width`. The rest of a token's attention lies on the end of the sentence.
    """
    alignment = session.manifest.alignment or Alignment.usual(session.manifest.network)
    decoding = Decoding(session, session.encode(sources), beam=1)
    found: list[list[Floats]] = [[] for _ in targets]
    for position, (rows, continued) in enumerate(forced_steps(targets, alignment.shift)):
        decoding(continued)
        if position >= alignment.shift:
            for place, row in enumerate(rows):
                found[row].append(decoding.attention[place, 0, : len(sources[row])].copy())
    return [np.array(attention, np.float32).reshape(-1, len(source)) for attention, source in zip(found, sources, strict=True)]


def forced_steps(targets: Sequence[Ints], extra: int) -> Iterator[tuple[list[int], Continued]]:
    """Yield the steps, beam 1, that lead a model along these targets and `extra` positions further, each with the pairs still in it."""
    steps = np.array([len(target) + extra for target in targets])
    rows = np.arange(len(targets))
    for position in range(int(steps.max(initial=0))):
        kept = filled_order(steps[rows] <= position)
        rows = rows[kept]
        last = np.array([[targets[row][position - 1] if position else 0] for row in rows.tolist()], np.int64)
        yield rows.tolist(), Continued(kept, np.zeros_like(last), last, np.zeros(last.shape, np.float32))


def links(source: Located, target: Located, attention: Floats) -> list[Link]:
    """Return the attention [target tokens, source tokens] as links between characters."""
    found: list[Link] = []
    for row, column in np.argwhere(attention >= _LEAST).tolist():
        (source_start, source_end), (target_start, target_end) = source.spans[column], target.spans[row]
        found.append(Link(source_start, source_end, target_start, target_end, round(float(attention[row, column]), 3)))
    return found
