"""An OOXML package: a zip archive that is distrusted when read and kept byte for byte when rewritten."""

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from models.errors import (
    CorruptDocumentError,
    DocumentTooLargeError,
    EmptyFileError,
    EncryptedDocumentError,
    TranslateDocsError,
    UnsafeDocumentError,
)
from parsers.package_zip import rewrite

MAX_MEMBERS: Final = 2000
MAX_TOTAL_BYTES: Final = 200 * 2**20  # of all members, unpacked, as declared
MAX_PART_BYTES: Final = 50 * 2**20  # of one XML part, unpacked
MAX_RATIO: Final = 100  # unpacked size over packed size, for XML parts above RATIO_FREE_BYTES
RATIO_FREE_BYTES: Final = 2**20

_COMPOUND_FILE = bytes.fromhex("d0cf11e0a1b11ae1")  # OLE container: an encrypted package, or a document of Word 97-2003
_ENCRYPTED_STREAM, _OLD_WORD_STREAM = ("EncryptedPackage".encode("utf-16-le"), "WordDocument".encode("utf-16-le"))
_DIRECTORY_ENTRY = b"PK\x01\x02"
_ENCRYPTED_FLAG = 0x1
_XML_SUFFIXES = (".xml", ".rels", ".vml")
_MEBIBYTE = 2**20
_DAMAGED = (BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, OverflowError, struct.error, zlib.error)


@dataclass(frozen=True, slots=True)
class Package:
    """An opened package that has passed every guard which needs no unpacking."""

    data: bytes
    archive: ZipFile
    members: Mapping[str, ZipInfo]  # by part name as `part_key` folds it

    @classmethod
    def open(cls, data: bytes) -> "Package":
        """Open the package in `data`, or raise an InputError that says why not."""
        _check_container(data)
        try:
            archive = ZipFile(BytesIO(data))
        except _DAMAGED as error:
            raise CorruptDocumentError("not a readable .docx (zip) file; open it in Word and save it again") from error
        entries = archive.infolist()
        _check_sizes(entries)
        _check_layout(entries, archive.start_dir)
        return cls(data, archive, _by_name(entries))

    def __contains__(self, name: str) -> bool:
        return part_key(name) in self.members

    def read(self, name: str) -> bytes:
        """Return the unpacked bytes of the part `name`; never more than its declared size, whatever the packed data holds."""
        info = self.members[part_key(name)]
        try:
            with self.archive.open(info) as stream:
                part = stream.read(info.file_size + 1)
        except _DAMAGED as error:
            raise CorruptDocumentError(f"{info.filename} is damaged in the .docx file; open it in Word and save it again") from error
        if len(part) != info.file_size:
            raise CorruptDocumentError(f"{info.filename} is shorter than the .docx file says; open it in Word and save it again")
        return part

    def replace(self, parts: Mapping[str, bytes]) -> bytes:
        """Return the package with `parts` replaced; everything else keeps its bytes, its order and its time stamps."""
        if not parts:
            return self.data
        changed = {self.members[part_key(name)].header_offset: part for name, part in parts.items()}
        return rewrite(self.data, self.archive, changed)


def part_key(name: str) -> str:
    """Fold a part name: OPC compares them without case, and zip members carry no leading slash."""
    return name.lstrip("/").lower()


def _check_container(data: bytes) -> None:
    if not data:
        raise EmptyFileError("the file is empty (0 bytes)")
    if data.startswith(_COMPOUND_FILE):
        if _OLD_WORD_STREAM in data and _ENCRYPTED_STREAM not in data:
            raise CorruptDocumentError("this is a Word 97-2003 .doc file, not a .docx; open it in Word and save it as .docx")
        raise EncryptedDocumentError("the document is protected by a password; remove the password in Word and submit it again")
    if len(data) > MAX_TOTAL_BYTES:
        raise _too_large("the file", len(data), MAX_TOTAL_BYTES)
    # zipfile builds an object for each entry of the directory: count them first, with slack for archives stored inside this one.
    if data.count(_DIRECTORY_ENTRY) > 10 * MAX_MEMBERS:
        raise DocumentTooLargeError(f"the .docx file has more than {MAX_MEMBERS} members; split the document")


def _check_sizes(entries: Sequence[ZipInfo]) -> None:
    if len(entries) > MAX_MEMBERS:
        raise DocumentTooLargeError(f"the .docx file has {len(entries)} members, more than {MAX_MEMBERS}; split the document")
    total = sum(info.file_size for info in entries)
    if total > MAX_TOTAL_BYTES:
        raise _too_large("the unpacked document", total, MAX_TOTAL_BYTES)
    for info in entries:
        if info.flag_bits & _ENCRYPTED_FLAG:
            raise EncryptedDocumentError("the .docx (zip) file is encrypted; remove the password and submit it again")
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise CorruptDocumentError(f"{info.filename} is packed by a method that .docx does not allow; save the document again in Word")
        if info.filename.lower().endswith(_XML_SUFFIXES):
            _check_part(info)


def _check_part(info: ZipInfo) -> None:
    # Media are not held to this: they are copied as they are, never unpacked.
    if info.file_size > MAX_PART_BYTES:
        raise _too_large(info.filename, info.file_size, MAX_PART_BYTES)
    if info.file_size > RATIO_FREE_BYTES and info.file_size > MAX_RATIO * info.compress_size:
        raise UnsafeDocumentError(f"{info.filename} unpacks to over {MAX_RATIO} times its size, as a zip bomb does; save it again in Word")


def _check_layout(entries: Sequence[ZipInfo], directory: int) -> None:
    ends = [directory]
    for info in sorted(entries, key=lambda info: info.header_offset, reverse=True):
        if info.header_offset < 0 or info.header_offset + info.compress_size > ends[-1]:
            raise UnsafeDocumentError("members of the .docx (zip) file overlap, as in a zip bomb; open it in Word and save it again")
        ends.append(info.header_offset)


def _by_name(entries: Sequence[ZipInfo]) -> dict[str, ZipInfo]:
    members = {part_key(info.filename): info for info in entries}
    if any(character < " " for name in members for character in name):  # they would end up in messages
        raise CorruptDocumentError("the .docx (zip) file has control characters in a name; open it in Word and save it again")
    if len(members) < len(entries):
        raise CorruptDocumentError("the .docx (zip) file has two members of one name; open it in Word and save it again")
    return members


def _too_large(what: str, size: int, limit: int) -> TranslateDocsError:
    return DocumentTooLargeError(f"{what} is {size / _MEBIBYTE:.1f} MB; the limit is {limit // _MEBIBYTE} MB; split the document")
