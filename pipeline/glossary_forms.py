"""The forms that an English term takes in a sentence: number, article, capital.

Only number counts as inflection, by the regular rules and a few irregular words, and only in the term's last word.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence

from models.terms import Constraint

TOKEN = re.compile(r"⟦([0-9]+)⟧")
# A tokenizer that takes placeholders for words of their own puts a blank behind each.
_BLANK_BEHIND = re.compile(r"(?<=⟧) (?=[.,;:!?%)\]’”])|(?<=⟧) (?=['’]s\b)")
_IRREGULAR = {"man": "men", "woman": "women", "child": "children", "person": "people", "foot": "feet", "analysis": "analyses"}
_REGULAR = {plural: singular for singular, plural in _IRREGULAR.items()}
_PLURAL_MARK = re.compile(r" ?(?:es|s)(?![^\W_])")
_ARTICLE = re.compile(r"(?<![^\W_])(?P<article>an?|the)\s+$", re.IGNORECASE)
_STARTS_WITH_ARTICLE = re.compile(r"(?:an?|the)\s", re.IGNORECASE)
_SENTENCE_START = re.compile(r"(?:^|[.!?]['\"”’)]*\s+)[\s'\"“‘(\[]*$")
# Written with a vowel but spoken with a consonant, and the other way round; single letters and acronyms are spelled.
_CONSONANT = re.compile(r"(?:uni(?!n|m)|us[aeiu]|eu|one\b|once\b)", re.IGNORECASE)
_VOWEL = re.compile(r"(?:[aeiou]|hour|heir|honest|honou?r|8|11(?![0-9])|18(?![0-9]))", re.IGNORECASE)
_SPELLED = re.compile(r"[A-Z](?:[A-Z0-9]|\b)")
_SPELLED_WITH_VOWEL = frozenset("AEFHILMNORSX")


def plural(phrase: str) -> str:
    """Return the plural of a noun phrase; one that ends like a plural stays."""
    head, last = _cut_last(phrase)
    lower = last.lower()
    if lower in _IRREGULAR:
        return head + last[0] + _IRREGULAR[lower][1:]
    if lower in _REGULAR or re.search(r"[^sui]s$", lower):
        return phrase
    if re.search(r"(?:s|x|z|ch|sh)$", lower):
        return f"{phrase}es"
    return f"{phrase[:-1]}ies" if re.search(r"[^aeiou]y$", lower) and last.islower() else f"{phrase}s"


def singular(phrase: str) -> str:
    """Return the singular of a noun phrase; one that does not end like a plural stays."""
    head, last = _cut_last(phrase)
    lower = last.lower()
    if lower in _REGULAR:
        return head + last[0] + _REGULAR[lower][1:]
    if lower.endswith("ies") and len(lower) > len("pies"):
        return f"{phrase[:-3]}y"
    if re.search(r"(?:ss|x|z|ch|sh)es$", lower):
        return phrase[:-2]
    return phrase[:-1] if re.search(r"[^sui]s$", lower) else phrase


def _cut_last(phrase: str) -> tuple[str, str]:
    """Return a phrase in two: all but its last word, and that."""
    cut = max(phrase.rfind(" "), phrase.rfind("-")) + 1
    return phrase[:cut], phrase[cut:]


def article(phrase: str) -> str:
    """Return the indefinite article of a phrase by the sound of its first word."""
    if _SPELLED.match(phrase):
        return "an" if phrase[0] in _SPELLED_WITH_VOWEL else "a"
    return "an" if _VOWEL.match(phrase) and not _CONSONANT.match(phrase) else "a"


def put_in(before: str, phrase: str, *, is_fixed: bool) -> str:
    """Return `before` and `phrase` as one text, with the article that suits and a capital at the start of a sentence.

    The indefinite article follows the sound of the phrase; before a phrase that brings its own article any other goes.
    """
    found = _ARTICLE.search(before)
    if found and _STARTS_WITH_ARTICLE.match(phrase):
        before = before[: found.start()]
    elif found and found["article"].lower() != "the":
        suitable = article(phrase)
        before = before[: found.start()] + (suitable.capitalize() if found["article"][0] == "A" else suitable) + " "
    if not is_fixed and _SENTENCE_START.search(before):
        phrase = capitalised(phrase)
    return before + phrase


def capitalised(phrase: str) -> str:
    """Return a phrase with a capital at its start, unless its first word has one elsewhere, as iPhone has."""
    return phrase if re.match(r"[^\W_]+?[A-Z]", phrase) else phrase[:1].upper() + phrase[1:]


def fill(target: str, fillers: Sequence[Constraint], once: Collection[int] = ()) -> str | None:
    """Return `target` with the first target of each filler in the place of its number, from 1.

    None where one is lost or made up, or one of those that must stand there `once` is doubled.
    """
    counts = Counter(int(number) for number in TOKEN.findall(target))
    if counts.keys() != set(range(1, len(fillers) + 1)) or any(counts[number] > 1 for number in once):
        return None
    text, rest = "", _BLANK_BEHIND.sub("", target)
    while token := TOKEN.search(rest):
        filler, behind = fillers[int(token[1]) - 1], rest[token.end() :]
        phrase = filler.targets[0]
        if mark := _PLURAL_MARK.match(behind):
            phrase, behind = plural(phrase), behind[mark.end() :]
        text, rest = put_in(text + rest[: token.start()], phrase, is_fixed=filler.is_fixed), behind
    return text + rest
