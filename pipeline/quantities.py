"""Numbers of Chinese text by value, and whether an English text has them too.

1,286万 is 12.86 million, 2026年11月21日 is November 21, 2026.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from models.terms import Constraint

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
_ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = dict(zip(_ONES, range(1, 13), strict=True)) | dict(zip(_TENS, range(20, 100, 10), strict=True))
_ORDINALS = {3: "third|triple|thrice", 4: "fourth", 5: "fifth", 6: "sixth", 8: "eighth", 9: "ninth", 10: "tenth|decade", 12: "twelfth|doz"}
_DIGITS = {"十": 1, "百": 2, "千": 3, "万": 4, "亿": 8}
_SCALES = {"hundred": 2, "thousand": 3, "k": 3, "million": 6, "mn": 6, "m": 6, "billion": 9, "bn": 9, "b": 9, "trillion": 12, "tn": 12}
_NUMBER = r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?"
_WRITTEN = re.compile(
    rf"""(?<![0-9A-Za-z.,~～至到/:_—-])(?:                        # no part of a range or a code
      (?P<year>[12][0-9]{{3}})\s?年\s?(?P<month>1[0-2]|0?[1-9])\s?月(?:\s?(?P<day>3[01]|[12][0-9]|0?[1-9])\s?[日号])?
    | (?P<only_month>1[0-2]|0?[1-9])\s?月\s?(?P<only_day>3[01]|[12][0-9]|0?[1-9])\s?[日号]
    | (?P<number>{_NUMBER})\s?(?P<magnitude>[百千]?万亿|[百千]?[万亿])(?![多余几来分0-9])
    )(?![~～至到—-])""",
    re.VERBOSE,
)
_SOURCE = re.compile(
    rf"""(?<![A-Za-z0-9_.])(?P<number>{_NUMBER})(?![A-Za-z_])\s?
      (?:[多余几]?(?P<magnitude>(?:[十百万亿]|千(?![米克瓦卡赫]))+))?(?P<unit>年|月|时|点|:|世纪)?""",
    re.VERBOSE,
)
_TARGET = re.compile(
    rf"""(?P<number>{_NUMBER}|\b(?:{"|".join(_WORDS)})\b)
      (?P<scales>(?:[\s-]*(?:hundred|thousand|million|billion|trillion|mn|bn|tn|[kmb](?![a-z])))*)""",
    re.VERBOSE | re.IGNORECASE,
)
_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SMALL = 3  # below it numbers are words of the language: one of them, a second time
_PRECISION = 3  # digits behind the point of "1.286 million"


def written_out(source: str) -> list[Constraint]:
    """Return the dates and the numbers with 万 or 亿 that English writes otherwise, each with its English."""
    found = []
    for match in _WRITTEN.finditer(source):
        target = _magnitude(match) if match["number"] else _date(match)
        if target:
            found.append(Constraint(match.start(), match.end(), (target,), is_fixed=True))
    return found


def _date(match: re.Match[str]) -> str:
    name = _MONTHS[int(match["month"] or match["only_month"]) - 1]
    day = match["day"] or match["only_day"]
    head = f"{name} {int(day)}" if day else name
    return f"{head}, {match['year']}" if match["year"] and day else f"{head} {match['year'] or ''}".rstrip()


def _magnitude(match: re.Match[str]) -> str | None:
    """Return a number in millions and the like; None where that would take too many digits."""
    value = _value(match["number"], _zeros(match["magnitude"]))
    for word, zeros in (("trillion", 12), ("billion", 9), ("million", 6)):
        if value >= 10**zeros:
            share = (value / 10**zeros).normalize()
            return f"{share:f} {word}" if -int(share.as_tuple().exponent) <= _PRECISION else f"{value:,f}".removesuffix(".0")
    return f"{value:,.0f}" if value == value.to_integral_value() else None


def lost(source: str, target: str) -> list[str]:
    """Return the numbers of a source whose value its translation does not have, in digits, in words or as a month."""
    values = set(_values(target))
    text = source.translate(_WIDTH)
    return list(dict.fromkeys(match[0].strip() for match in _SOURCE.finditer(text) if not _is_there(match, values, target)))


def _is_there(match: re.Match[str], values: set[Decimal], target: str) -> bool:
    value, unit = _value(match["number"], _zeros(match["magnitude"])), match["unit"]
    if value < _SMALL or value in values:
        return True
    if value in _ORDINALS and re.search(rf"\b(?:{_ORDINALS[int(value)]})", target, re.IGNORECASE):
        return True
    if unit == "月" and value <= len(_MONTHS):
        return re.search(rf"\b{_MONTHS[int(value) - 1][:3]}", target) is not None
    if unit == "年" and value < 100:  # noqa: PLR2004 - 90年代 are the 1990s
        return any(other < 10_000 and other % 100 == value for other in values)  # noqa: PLR2004 - Decimal divides no number of 29 digits
    if unit == "世纪":
        return any((value - 1) * 100 <= other < value * 100 for other in values)
    return unit in {"时", "点", ":"} and {value + 12, value - 12} & values != set()


def _values(target: str) -> Iterator[Decimal]:
    """Yield the values of an English text's numbers; of a number with a scale, also without."""
    for match in _TARGET.finditer(target.translate(_WIDTH)):
        scales = re.findall(r"[a-z]+", match["scales"].lower())
        number = str(_WORDS.get(match["number"].lower(), match["number"]))
        yield _value(number, 0)
        yield _value(number, sum(_SCALES[scale] for scale in scales))


def _zeros(magnitude: str | None) -> int:
    return sum(_DIGITS[character] for character in magnitude or "")


def _value(number: str, zeros: int) -> Decimal:
    return Decimal(number.replace(",", "")).scaleb(zeros)
