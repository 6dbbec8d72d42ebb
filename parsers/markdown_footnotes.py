"""Footnotes of GitHub's Markdown: `[^label]` in a text, and the definition `[^label]: body` as a block around its body."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, reference
from markdown_it.rules_inline import StateInline
from mdit_py_plugins.footnote.index import footnote_def

FOOTNOTE = "footnote_ref"  # type of the token of a `[^label]`, whose content it is
DEFINITION_START = r"\[\^[^\]\s]+\](?=:)"
SEAM = "\0"  # behind a footnote while its block is written: Markdown has no such character, so that no file has one in its texts

_SEAM_BEFORE_BRACKET = re.compile(rf"{SEAM}(?=\(|\[(?!\^))")
_REFERENCE = re.compile(r"\[\^[^\s\[\]\\`]+\]")


def with_footnotes(markdown: MarkdownIt) -> MarkdownIt:
    """Return the parser, which now reads footnotes; a `[^label]` is one whether or not it is defined."""
    markdown.block.ruler.before("reference", "footnote_def", footnote_def, {"alt": ["paragraph", "reference", "blockquote"]})
    markdown.block.ruler.at("reference", _reference)
    markdown.inline.ruler.after("image", FOOTNOTE, _footnote)
    return markdown


def without_seams(written: str) -> str:
    """Return a text without the seams behind its footnotes; a footnote right before a bracket would be a link with it, and gets a blank."""
    return _SEAM_BEFORE_BRACKET.sub(" ", written).replace(SEAM, "")


def _reference(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Read the address of a link label, but never of one that starts as a footnote does."""
    start = state.bMarks[start_line] + state.tShift[start_line]
    return not state.src.startswith("[^", start) and reference(state, start_line, end_line, silent)


def _footnote(state: StateInline, silent: bool) -> bool:
    """Read a footnote; not where the end of a link's text is looked for, which may hold footnotes but no other link."""
    found = None if silent else _REFERENCE.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    token = state.push(FOOTNOTE, "", 0)
    token.content = token.markup = found[0]
    state.pos = found.end()
    return True
