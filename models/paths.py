"""Paths as text: what is stored and shown of a file name, whatever bytes it is made of."""

import os


def plain(path: str | os.PathLike[str]) -> str:
    r"""Return a path as text that can be encoded: bytes that are not UTF-8 become `\xff` and the like."""
    return os.fsencode(path).decode(errors="backslashreplace")
