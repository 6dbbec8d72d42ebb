"""Writes TensorFlow checkpoints (tensor bundles) without TensorFlow, one tensor at a time: what `nmt.build.checkpoint` reads."""

import struct
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_MAGIC = 0xDB4775248B80FB57
_FLOAT32 = 1
_UNCOMPRESSED = b"\0" + bytes(4)  # the block's type and a checksum, which the reader leaves alone


def write_checkpoint(prefix: Path, tensors: Iterable[tuple[str, NDArray[np.float32]]]) -> None:
    """Write `prefix`.index and one data file; the names must come in the order of their bytes."""
    header = _number(1, 1)  # one shard
    entries = [(b"", header)]
    with prefix.with_name(f"{prefix.name}.data-00000-of-00001").open("wb") as data:
        for name, value in tensors:
            shape = b"".join(_message(2, _number(1, size)) for size in value.shape)
            place = _number(4, data.tell()) + _number(5, value.nbytes)
            entries.append((name.encode(), _number(1, _FLOAT32) + _message(2, shape) + place))
            data.write(np.ascontiguousarray(value, np.float32).data)
    prefix.with_name(f"{prefix.name}.index").write_bytes(_table(entries))


def _table(entries: list[tuple[bytes, bytes]]) -> bytes:
    """Return a LevelDB table with one data block."""
    data = _block(entries)
    empty_at = len(data) + len(_UNCOMPRESSED)
    empty = _block([])
    index_at = empty_at + len(empty) + len(_UNCOMPRESSED)
    index = _block([(entries[-1][0], _varint(0) + _varint(len(data)))])
    handles = _varint(empty_at) + _varint(len(empty)) + _varint(index_at) + _varint(len(index))
    return b"".join([*(block + _UNCOMPRESSED for block in (data, empty, index)), handles.ljust(40, b"\0"), struct.pack("<Q", _MAGIC)])


def _block(entries: list[tuple[bytes, bytes]]) -> bytes:
    """Return a block whose keys share no prefixes, with one restart point."""
    body = b"".join(_varint(0) + _varint(len(key)) + _varint(len(value)) + key + value for key, value in entries)
    return body + struct.pack("<II", 0, 1)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)
