"""What of a page must be the same before and after its text was replaced."""

from collections import Counter
from collections.abc import Sequence

from models.errors import LostMarkupError
from parsers.html_scanner import Comment, StartTag, Text, scan
from parsers.markup import TEXT_ATTRIBUTES

# Their values may be other ones: read by people, or naming the language and encoding.
_FREE_VALUES = TEXT_ATTRIBUTES | {"content", "value"}
_FREE_ATTRIBUTES = frozenset(["charset", "dir", "lang", "xml:lang"])

_Markup = tuple[str, ...]


def check_conserved(source: str, result: str, copies: Sequence[str] = ()) -> None:
    """Compare the tags, attributes and comments of a page with those of its translation, wherever they stand.

    `copies` are the start tags of the elements that the translation has once more.

    Raises:
        LostMarkupError: one of them is not there any more, or one came in.
    """
    before, after = _markup(source), _markup(result)
    for tag in copies:
        start = next(token for token in scan(tag) if isinstance(token, StartTag))
        before[_tag(tag, start)] += 1
        before[f"</{start.name}",] += 1
    if before != after:
        lost, gained = before - after, after - before
        what = f"lost {_shown(lost)}" if lost else f"got {_shown(gained)}"
        raise LostMarkupError(f"the translated page would have {what}, which must stay as it was; report this page as a defect")


def _markup(source: str) -> Counter[_Markup]:
    """Return how often each tag and comment stands in a page, without what may change."""
    found: Counter[_Markup] = Counter()
    for token in scan(source):
        if isinstance(token, StartTag):
            tag = _tag(source, token)
            if tag != ("<meta",):  # says nothing but the encoding
                found[tag] += 1
        elif isinstance(token, Comment):
            found["<!", "" if source.startswith("<?xml", token.start) else source[token.start : token.end]] += 1
        elif not isinstance(token, Text):
            found[f"</{token.name}",] += 1
    return found


def _tag(source: str, token: StartTag) -> _Markup:
    """Return the name and attributes of a tag."""
    kept = (attribute for attribute in token.attributes if attribute.name not in _FREE_ATTRIBUTES)
    return (
        f"<{token.name}",
        *(a.name if a.name in _FREE_VALUES else f"{a.name}={source[a.start : a.end]}" for a in kept),
    )


def _shown(markup: Counter[_Markup]) -> str:
    """Return one of the tags for a message."""
    return " ".join(min(markup))[:80]
