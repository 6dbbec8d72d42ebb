"""Rewrites a zip archive by splicing: only the members that change are packed anew, every other byte of them is copied."""

import struct
import zlib
from collections.abc import Mapping
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from models.errors import CorruptDocumentError

_LOCAL: Final = struct.Struct("<4s5H3L2H")  # signature version flags method time date | crc packed unpacked | name extra
_CENTRAL: Final = struct.Struct("<4s4B4H3L5H2L")
_END: Final = struct.Struct("<4s4H2LH")
_EXTRA_HEADER: Final = struct.Struct("<2H")
_ZIP64_EXTRA = 1
_DESCRIPTOR_FLAG = 0x8  # sizes follow the data
_UTF8_FLAG = 0x800
_LEVEL = 6


def rewrite(data: bytes, archive: ZipFile, changed: Mapping[int, bytes]) -> bytes:
    """Return the archive `data` with new contents for the members whose local headers lie at the offsets `changed`.

    Members keep their physical order, their order in the directory, their names, time stamps, attributes and packing method.
    """
    entries = archive.infolist()
    physical = sorted(entries, key=lambda info: info.header_offset)
    ends = [info.header_offset for info in physical[1:]] + [archive.start_dir]
    out = bytearray(data[: physical[0].header_offset])
    records: dict[int, bytes] = {}
    for info, end in zip(physical, ends, strict=True):
        offset, start = len(out), info.header_offset
        if start in changed:
            member, packed = _member(data, info, changed[start])
            records[start] = _record(info, offset, changed[start], packed)
            out += member
        else:
            records[start] = _record(info, offset)
            out += data[start:end]
    directory = b"".join(records[info.header_offset] for info in entries)
    end_record = _END.pack(b"PK\5\6", 0, 0, len(entries), len(entries), len(directory), len(out), len(archive.comment))
    return bytes(out + directory + end_record + archive.comment)


def _member(data: bytes, info: ZipInfo, content: bytes) -> tuple[bytes, int]:
    """Return the local header and data of a changed member, and the packed size."""
    start = info.header_offset
    signature, version, flags, method, time, date, *_, name_size, extra_size = _LOCAL.unpack_from(data, start)
    if signature != b"PK\3\4":
        raise CorruptDocumentError(f"{info.filename} has no header in the .docx file; open it in Word and save it again")
    packed = _pack(content, info.compress_type)
    name_end = start + _LOCAL.size + name_size
    extra = _without_zip64(data[name_end : name_end + extra_size])
    flags &= ~_DESCRIPTOR_FLAG
    header = _LOCAL.pack(
        signature, version, flags, method, time, date, zlib.crc32(content), len(packed), len(content), name_size, len(extra)
    )
    return header + data[start + _LOCAL.size : name_end] + extra + packed, len(packed)


def _record(info: ZipInfo, offset: int, content: bytes | None = None, packed: int = 0) -> bytes:
    """Return the directory record of a member that now lies at `offset`, with new contents if given."""
    changed = content is not None
    flags = info.flag_bits & ~_DESCRIPTOR_FLAG if changed else info.flag_bits
    sizes = (zlib.crc32(content), packed, len(content)) if content is not None else (info.CRC, info.compress_size, info.file_size)
    year, month, day, hour, minute, second = info.date_time
    name = info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8_FLAG else "cp437")
    extra = _without_zip64(info.extra)
    return (
        _CENTRAL.pack(
            b"PK\1\2",
            *(info.create_version, info.create_system, info.extract_version, info.reserved),
            *(flags, info.compress_type, hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day),
            *sizes,
            *(len(name), len(extra), len(info.comment), 0, info.internal_attr),
            *(info.external_attr, offset),
        )
        + name
        + extra
        + info.comment
    )


def _pack(content: bytes, method: int) -> bytes:
    if method != ZIP_DEFLATED:
        return content
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(content) + compressor.flush()


def _without_zip64(extra: bytes) -> bytes:
    """Drop the 64-bit sizes, which would contradict the new ones; no package within the limits needs them."""
    kept, position = bytearray(), 0
    while position + _EXTRA_HEADER.size <= len(extra):
        kind, size = _EXTRA_HEADER.unpack_from(extra, position)
        end = position + _EXTRA_HEADER.size + size
        if kind != _ZIP64_EXTRA:
            kept += extra[position:end]
        position = end
    return bytes(kept) + extra[position:]
