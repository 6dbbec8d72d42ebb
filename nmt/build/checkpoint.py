"""Reads TensorFlow checkpoints (tensor bundles) without TensorFlow, by memory map.

The index is a LevelDB table without compression: a 48-byte footer points to an index block, whose entries point to data blocks, whose
entries are tensor names with a BundleEntryProto each (tensorflow/core/util/tensor_bundle and tensorflow/core/protobuf/tensor_bundle.proto).
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError

_MAGIC = 0xDB4775248B80FB57
_FOOTER = 48
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types of protocol buffers
_FLOAT32 = 1
_DTYPES: Mapping[int, type[np.generic]] = {_FLOAT32: np.float32, 2: np.float64, 3: np.int32, 9: np.int64}


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a tensor lies: `shard` of the data files, byte `offset` and `size` in it."""

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int


class Checkpoint:
    """The tensors of a checkpoint, by name; each is mapped from the data file when asked for."""

    def __init__(self, prefix: Path) -> None:
        """Read the index of the checkpoint `prefix`, the path without `.index`.

        Raises:
            ModelError: the files are missing, cut short or not a checkpoint.
        """
        self._prefix = prefix
        index = prefix.with_name(prefix.name + ".index")
        try:
            self.entries, self._shards = _read_index(index.read_bytes())
        except OSError as error:
            raise ModelError(f"{index} cannot be read: {error.strerror}") from error
        except (ValueError, IndexError, KeyError, struct.error, UnicodeDecodeError) as error:
            raise ModelError(f"{index} is damaged or not a TensorFlow checkpoint index ({error}); download it again") from error

    def tensor(self, name: str) -> NDArray[Any]:
        """Return a read-only view of the tensor `name`.

        Raises:
            ModelError: there is no such tensor, or the data file does not hold it.
        """
        entry = self.entries.get(name)
        if entry is None:
            raise ModelError(f"{self._prefix} has no variable {name}; it is not the model that its configuration describes")
        path = self._prefix.with_name(f"{self._prefix.name}.data-{entry.shard:05d}-of-{self._shards:05d}")
        if entry.dtype not in _DTYPES:
            raise ModelError(f"{path}: variable {name} has a type that CSANMT does not use (TensorFlow type {entry.dtype})")
        dtype = np.dtype(_DTYPES[entry.dtype])
        if entry.size != dtype.itemsize * int(np.prod(entry.shape)):
            raise ModelError(f"{path}: variable {name} has {entry.size} bytes, which does not fit its shape {entry.shape}")
        try:
            return np.memmap(path, dtype, "r", entry.offset, entry.shape or (1,))
        except (OSError, ValueError) as error:
            raise ModelError(f"{path} is missing or cut short (no variable {name} at byte {entry.offset}); download it again") from error


def _read_index(data: bytes) -> tuple[dict[str, Entry], int]:
    if len(data) < _FOOTER or struct.unpack("<Q", data[-8:])[0] != _MAGIC:
        raise ValueError("no table footer")
    _, position = _varint(data, len(data) - _FOOTER)
    _, position = _varint(data, position)
    offset, position = _varint(data, position)
    size, _ = _varint(data, position)
    entries: dict[str, Entry] = {}
    shards = 1
    for _, handle in _block(data, offset, size):
        block_offset, place = _varint(handle, 0)
        block_size, _ = _varint(handle, place)
        for key, value in _block(data, block_offset, block_size):
            if key:
                entries[key.decode()] = _entry(value)
            else:
                shards = int(dict(_fields(value)).get(1, 1))
    return entries, shards


def _block(data: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the (key, value) pairs of a block; keys share prefixes."""
    if offset + size >= len(data) or data[offset + size] != 0:
        raise ValueError("compressed or missing block")
    restarts = struct.unpack_from("<I", data, offset + size - 4)[0]
    end = offset + size - 4 * (restarts + 1)
    key = b""
    while offset < end:
        shared, offset = _varint(data, offset)
        own, offset = _varint(data, offset)
        length, offset = _varint(data, offset)
        key = key[:shared] + data[offset : offset + own]
        yield key, data[offset + own : offset + own + length]
        offset += own + length


def _entry(value: bytes) -> Entry:
    numbers: dict[int, int] = {}
    shape: tuple[int, ...] = ()
    for field, content in _fields(value):
        if isinstance(content, bytes):
            if field == 2:  # noqa: PLR2004 - TensorShapeProto
                shape = tuple(_dimension(part) for number, part in _fields(content) if number == 2)  # noqa: PLR2004 - its dimensions
        else:
            numbers[field] = content
    return Entry(numbers.get(1, 0), shape, numbers.get(3, 0), numbers.get(4, 0), numbers.get(5, 0))


def _dimension(part: bytes | int) -> int:
    if not isinstance(part, bytes):
        raise ValueError("shape without dimensions")  # noqa: TRY004 - all damage is ValueError here
    return next((int(size) for number, size in _fields(part) if number == 1), 0)


def _fields(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    """Yield (field number, content) of a protocol buffer message."""
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            content, position = _varint(message, position)
            yield number, content
        elif wire == _BYTES:
            length, position = _varint(message, position)
            yield number, message[position : position + length]
            position += length
        elif wire in (_FIXED32, _FIXED64):
            position += 4 if wire == _FIXED32 else 8
        else:
            raise ValueError("unknown wire type")


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the continuation bit
            return value, position
        shift += 7
