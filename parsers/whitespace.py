"""White space of a block of HTML, collapsed as CSS does it, with the way back."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

SPACE = " \t\n\f\r"
_RUNS = re.compile(rf"([{SPACE}]+)")
_WIDE_PUNCTUATION = "“”‘’…—·"  # ambiguous by Unicode, wide beside Chinese


@dataclass(slots=True)
class Collapsed:
    """A text node as a browser shows it.

    `free_lead` and `free_trail` say that white space at that end of the node is not rendered, at the edge of the block or beside a line
    break, so that it can stay in the file whatever the text becomes.
    """

    text: str = ""
    free_lead: bool = False
    free_trail: bool = False


@dataclass(slots=True)
class _Pending:
    """White space seen, but not yet known to be rendered."""

    owner: int
    newline: bool
    between_tags: bool


def is_wide(character: str) -> bool:
    """Tell whether a character is set without spaces between it and its neighbours."""
    return east_asian_width(character) in "WF" or character in _WIDE_PUNCTUATION


def collapse(nodes: Sequence[str | None]) -> list[Collapsed]:
    """Collapse the white space of the adjacent text nodes of a block; None stands for a line break.

    A run of white space becomes one space, which belongs to the node where the run begins. A run with a newline in it between two wide
    characters vanishes (CSS Text 3, 4.1.2), unless the newline stands alone between two tags, where it separates labels more often.
    """
    results = [Collapsed() for _ in nodes]
    last, pending = "", None
    for index, node in enumerate(nodes):
        if node is None:
            _free(results, pending, index)
            last, pending = "", None
            continue
        for run in _RUNS.split(node):
            if not run:
                continue
            if run[0] in SPACE:
                results[index].free_lead |= not last and not results[index].text
                pending = _extend(pending, index, run, node)
                continue
            if pending and last and not (pending.newline and not pending.between_tags and is_wide(last) and is_wide(run[0])):
                results[pending.owner].text += " "
            results[index].text += run
            last, pending = run[-1], None
    _free(results, pending, len(nodes))
    return results


def verbatim(nodes: Sequence[str | None]) -> list[Collapsed]:
    """Return the adjacent text nodes of a line whose white space is shown as it is; that at its ends stays in the file."""
    results = [Collapsed(node or "") for node in nodes]
    first, last = results[0], results[-1]
    first.text, first.free_lead = first.text.lstrip(SPACE), True
    last.text, last.free_trail = last.text.rstrip(SPACE), True
    return results


def collapse_value(value: str) -> Collapsed:
    """Collapse the white space of an attribute's value."""
    return collapse([value])[0]


def _extend(pending: _Pending | None, index: int, run: str, node: str) -> _Pending:
    """Add a run of white space to the pending one."""
    newline, between_tags = "\n" in run or "\r" in run, run == node
    if pending is None:
        return _Pending(index, newline, between_tags)
    return _Pending(pending.owner, pending.newline or newline, pending.between_tags or between_tags)


def _free(results: list[Collapsed], pending: _Pending | None, end: int) -> None:
    """Mark pending white space as not rendered, because the line ends here."""
    if pending:
        for result in results[pending.owner : end]:
            result.free_trail = True
