"""Signs that a search went wrong, found without a reference."""

from collections.abc import Sequence

# A period of so many tokens, repeated so often in a row, is no language: numbers may hold runs of one digit, lists short echoes.
_LONGEST_PERIOD = 8
_REPEATS = 4
_SINGLE_REPEATS = 9


def repeats(tokens: Sequence[int]) -> bool:
    """Return whether a phrase of up to eight tokens stands four times in a row somewhere, or a single token nine times."""
    return any(_has_run(tokens, period, _SINGLE_REPEATS if period == 1 else _REPEATS) for period in range(1, _LONGEST_PERIOD + 1))


def _has_run(tokens: Sequence[int], period: int, times: int) -> bool:
    """Return whether a phrase of `period` tokens, not all the same ones unless it is one token, stands `times` times in a row."""
    run = 0
    for place, (earlier, later) in enumerate(zip(tokens, tokens[period:], strict=False)):
        run = run + 1 if earlier == later else 0
        if run >= period * (times - 1) and (period == 1 or len(set(tokens[place : place + period])) > 1):
            return True
    return False
