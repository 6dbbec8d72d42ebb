"""The inline markup of Markdown with its places: markdown-it tells what the tokens are, but not where they stand in a line."""

import re
from collections.abc import Callable, Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, autolink, backtick, entity, escape, html_inline, image, link, newline
from markdown_it.token import Token

from models.errors import CorruptDocumentError, UnsafeDocumentError
from parsers.inline import Atom, Kind, collapsed
from parsers.markdown_footnotes import SEAM, with_footnotes
from parsers.markup import VOID_TAGS

MAX_NESTING = 90
MAX_BRACKETS = 500  # in one block
DISPENSABLE = frozenset(["em", "hardbreak", "s", "strong"])  # marks whose loss loses no text, address or code
TASK = re.compile(r"\[[ xX]\] +(?=\S)")  # the box at the start of an item of a task list

_Rule = Callable[[StateInline, bool], bool]
_RULES: dict[str, _Rule] = {
    "autolink": autolink,
    "backticks": backtick,
    "entity": entity,
    "escape": escape,
    "html_inline": html_inline,
    "image": image,
    "link": link,
    "newline": newline,
}
_RANGE = "range"  # key of Token.meta: the first and last token that a rule made know where what it took begins and ends
_TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][\w-]*)")
_WORDS = frozenset(["code", "link"])  # anchors that read as words
_TEXTS = frozenset(["text", "text_special", "softbreak"])


def parser() -> MarkdownIt:
    """Return a parser of CommonMark with tables, strikethrough and footnotes, whose inline tokens know their places."""
    markdown = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable(["table", "strikethrough"])
    markdown.disable(["text_join", "fragments_join"])
    for name, rule in _RULES.items():
        markdown.inline.ruler.at(name, _placing(rule))
    markdown.core.ruler.before("inline", "limit", _limit)
    return with_footnotes(markdown)


def atoms(source: str, places: Sequence[int], inline: Token) -> list[Atom]:
    """Return an inline token as atoms; `places` gives for each character of its content, and its end, the place in the source."""
    found = list(_walk(inline.content, inline.children or [], 0))
    raws = [
        Atom(
            kind,
            source[places[start] : places[end]] + (SEAM if name == "footnote" else ""),
            text,
            name,
            is_word=kind is Kind.ANCHOR and name in _WORDS,
        )
        for kind, start, end, text, name in found
    ]
    return _with_labels(_with_task(collapsed(raws)))


def _with_task(found: list[Atom]) -> list[Atom]:
    """Return atoms with the box of an item of a task list as an anchor."""
    match = TASK.match(found[0].raw) if found and found[0].kind is Kind.TEXT else None
    if match is None or not found[0].text.startswith(match[0]):
        return found
    first = Atom(Kind.TEXT, found[0].raw[match.end() :], found[0].text[match.end() :])
    return [Atom(Kind.ANCHOR, match[0]), first, *found[1:]]


def _with_labels(found: Sequence[Atom]) -> list[Atom]:
    """Return atoms in which links to a label name it apart from their text, which will be another one."""
    result, starts = list(found), [0]
    for place, atom in enumerate(found):
        if atom.kind is Kind.OPEN:
            starts.append(place)
        elif atom.kind is Kind.CLOSE and len(starts) > 1:
            start = starts.pop()
            if atom.name in ("image", "link") and atom.raw in ("]", "][]"):
                label = "".join(inner.raw for inner in found[start + 1 : place])
                result[place] = Atom(Kind.CLOSE, f"][{label}]", name=atom.name)
    return result


def _limit(state: StateCore) -> None:
    """Raise UnsafeDocumentError for a block with so many brackets that to pair them takes long: time grows with their square."""
    if any(token.type == "inline" and token.content.count("[") > MAX_BRACKETS for token in state.tokens):
        raise UnsafeDocumentError(f"more than {MAX_BRACKETS} brackets in one paragraph")


def _placing(rule: _Rule) -> _Rule:
    """Return the rule with a memory of where it found its tokens."""

    def placed(state: StateInline, silent: bool) -> bool:
        before, start = len(state.tokens), state.pos
        taken = rule(state, silent)
        made = [token for token in state.tokens[before:] if token.type != "text"]
        if taken and made:
            made[0].meta.setdefault(_RANGE, [start, state.pos])[0] = start
            made[-1].meta.setdefault(_RANGE, [start, state.pos])[1] = state.pos
        return taken

    return placed


_Found = tuple[Kind, int, int, str, str]  # kind, range in the content, text, name


def _walk(content: str, tokens: Sequence[Token], start: int) -> Iterator[_Found]:
    """Yield what the tokens are and where, from `start` on; texts that touch are one."""
    cursor, text_start, text = start, start, ""
    queue = list(reversed(tokens))
    while queue:
        token = queue.pop()
        if token.type in _TEXTS:
            text_start = text_start if text else cursor
            cursor = _behind_text(content, token, cursor, start)
            text += "\n" if token.type == "softbreak" else token.content
            continue
        if text:
            yield Kind.TEXT, text_start, cursor, text, ""
            text = ""
        if token.markup == "autolink":  # the address is no text, and has no text around it
            while (token := queue.pop()).type != "link_close":
                pass
        for found in _markup(content, token, cursor, start):
            yield found
            cursor = found[2]
    if text:
        yield Kind.TEXT, text_start, cursor, text, ""


def _behind_text(content: str, token: Token, cursor: int, base: int) -> int:
    """Return the place behind a text."""
    if _RANGE in token.meta:
        return base + int(token.meta[_RANGE][1])
    if not content.startswith(token.content, cursor):
        raise CorruptDocumentError(f"the text {token.content[:40]!r} is not where it was read")
    return cursor + len(token.content)


def _markup(content: str, token: Token, cursor: int, base: int) -> Iterator[_Found]:
    """Yield what a token is that is no text."""
    name, _, side = token.type.rpartition("_")
    end = base + int(token.meta[_RANGE][1]) if _RANGE in token.meta else cursor + len(token.markup)
    if token.type == "hardbreak":
        yield Kind.BREAK, cursor, end, "\n", token.type
    elif token.type == "image":
        yield Kind.OPEN, cursor, cursor + len("!["), "", "image"
        inner = list(_walk(content, token.children or [], cursor + len("![")))
        yield from inner
        yield Kind.CLOSE, inner[-1][2] if inner else cursor + len("!["), end, "", "image"
    elif token.type == "html_inline":
        yield _html(token.content, cursor, end)
    elif side == "open":
        yield Kind.OPEN, cursor, cursor + len("[") if name == "link" else end, "", name
    else:
        yield Kind.CLOSE if side == "close" and token.markup != "autolink" else Kind.ANCHOR, cursor, end, "", name


def _html(tag: str, start: int, end: int) -> _Found:
    """Return what an inline tag of HTML is."""
    match = _TAG.match(tag)
    name = match["name"].lower() if match else ""
    if match is None or name in VOID_TAGS or tag.endswith("/>"):
        return (Kind.BREAK, start, end, "\n", "") if name == "br" else (Kind.ANCHOR, start, end, "", "")
    return Kind.CLOSE if match["end"] else Kind.OPEN, start, end, "", f"<{name}"
