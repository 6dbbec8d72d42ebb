"""Guards of an OOXML package, and rewriting it without touching what did not change."""

import struct
import tracemalloc
import zlib
from collections.abc import Callable
from io import BytesIO
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import (
    CorruptDocumentError,
    DocumentTooLargeError,
    EmptyFileError,
    EncryptedDocumentError,
    InputError,
    UnsafeDocumentError,
)
from parsers.package import MAX_MEMBERS, MAX_PART_BYTES, MAX_RATIO, MAX_TOTAL_BYTES, RATIO_FREE_BYTES, Package
from parsers.word import WordParser
from tests.parsers.minimal_docx import docx, p, shout, translated, zipped

COMPOUND_FILE = bytes.fromhex("d0cf11e0a1b11ae1")
DOCUMENT = docx(p("abc"), header="<a/>")


def declare(data: bytes, offset_in_record: int, value: int, size: int = 4) -> bytes:
    """Return the archive with a field of its first directory record overwritten."""
    position = data.index(b"PK\1\2") + offset_in_record
    return data[:position] + value.to_bytes(size, "little") + data[position + size :]


def test_an_empty_file_says_so() -> None:
    with pytest.raises(EmptyFileError, match="0 bytes"):
        Package.open(b"")


@pytest.mark.parametrize("data", [b"PK\3\4", b"hello", DOCUMENT[:-100], DOCUMENT[: len(DOCUMENT) // 2], b"\0" * 5000])
def test_what_is_no_zip_archive_is_corrupt(data: bytes) -> None:
    with pytest.raises(CorruptDocumentError, match=r"not a readable \.docx"):
        Package.open(data)


@pytest.mark.parametrize("streams", ["", "EncryptedPackage", "WordDocument EncryptedPackage"])
def test_a_compound_file_is_an_encrypted_document(streams: str) -> None:
    with pytest.raises(EncryptedDocumentError, match="password"):
        Package.open(COMPOUND_FILE + b"\0" * 512 + streams.encode("utf-16-le"))


def test_an_old_word_document_is_told_from_an_encrypted_one() -> None:
    with pytest.raises(CorruptDocumentError, match=r"Word 97-2003 \.doc"):
        Package.open(COMPOUND_FILE + b"\0" * 512 + "WordDocument".encode("utf-16-le"))


def test_an_encrypted_member_is_refused() -> None:
    with pytest.raises(EncryptedDocumentError, match="encrypted"):
        Package.open(declare(DOCUMENT, 8, 1, size=2))


def test_a_method_of_packing_that_word_does_not_know_is_refused() -> None:
    with pytest.raises(CorruptDocumentError, match="packed by a method"):
        Package.open(zipped({"a.xml": "<a/>"}, ZIP_BZIP2))


@pytest.mark.parametrize(("count", "reason"), [(MAX_MEMBERS + 1, "has 2001 members"), (10 * MAX_MEMBERS + 1, "has more than 2000 members")])
def test_too_many_members_are_refused(count: int, reason: str) -> None:
    with pytest.raises(DocumentTooLargeError, match=reason):
        Package.open(zipped(dict.fromkeys((f"{number}.bin" for number in range(count)), ""), ZIP_STORED))


def test_as_many_members_as_allowed_are_read() -> None:
    parts = dict.fromkeys((f"{number}.bin" for number in range(MAX_MEMBERS)), "")
    assert len(Package.open(zipped(parts)).members) == MAX_MEMBERS


def test_a_file_over_the_limit_is_refused() -> None:
    with pytest.raises(DocumentTooLargeError, match=r"the file is 200\.0 MB; the limit is 200 MB"):
        Package.open(bytes(MAX_TOTAL_BYTES + 1))


def test_a_declared_total_over_the_limit_is_refused_before_anything_is_unpacked() -> None:
    with pytest.raises(DocumentTooLargeError, match=r"unpacked document is 200\.\d MB; the limit is 200 MB"):
        Package.open(declare(zipped({"a.bin": b""}), 24, MAX_TOTAL_BYTES + 1))


def test_a_declared_part_over_the_limit_is_refused() -> None:
    with pytest.raises(DocumentTooLargeError, match=r"a\.xml is 50\.0 MB; the limit is 50 MB"):
        Package.open(declare(zipped({"a.xml": "<a/>"}), 24, MAX_PART_BYTES + 1))


@pytest.mark.parametrize(("name", "size", "refused"), [("a.xml", 1, True), ("a.xml", 0, False), ("a.png", 1, False)])
def test_an_xml_part_packed_too_well_is_a_bomb(name: str, size: int, refused: bool) -> None:
    data = zipped({name: b" " * (RATIO_FREE_BYTES + size)})
    assert len(data) * MAX_RATIO < RATIO_FREE_BYTES
    if refused:
        with pytest.raises(UnsafeDocumentError, match=r"a\.xml unpacks to over 100 times"):
            Package.open(data)
    else:
        assert name in Package.open(data)


def test_no_more_is_unpacked_than_was_declared() -> None:
    lying = declare(zipped({"a.xml": b"<a/>" * 5_000_000}), 24, 10)
    package = Package.open(declare(lying, 16, zlib.crc32(b"<a/>" * 2 + b"<a")))
    tracemalloc.start()
    try:
        assert package.read("a.xml") == b"<a/><a/><a"
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
    with pytest.raises(CorruptDocumentError, match=r"a\.xml is damaged"):
        Package.open(lying).read("a.xml")


def test_a_part_shorter_than_declared_is_corrupt() -> None:
    with pytest.raises(CorruptDocumentError, match=r"a\.xml is shorter"):
        Package.open(declare(zipped({"a.xml": b"<a/>"}), 24, 1000)).read("a.xml")


def test_members_that_overlap_are_refused() -> None:
    second = DOCUMENT.index(b"PK\1\2", DOCUMENT.index(b"PK\1\2") + 4)
    data = DOCUMENT[: second + 42] + bytes(4) + DOCUMENT[second + 46 :]  # its offset is now that of the first
    with pytest.raises(UnsafeDocumentError, match="overlap"):
        Package.open(data)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused() -> None:
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        archive.writestr("a.xml", "<a/>")
        archive.writestr("A.xml", "<b/>")
    with pytest.raises(CorruptDocumentError, match="two members of one name"):
        Package.open(buffer.getvalue())


def test_a_name_with_a_line_break_is_refused() -> None:
    with pytest.raises(CorruptDocumentError, match="control characters"):
        Package.open(zipped({"a\n.xml": "<a/>"}))


def test_parts_are_found_whatever_the_case_of_their_names() -> None:
    package = Package.open(zipped({"Word/Document.xml": "<a/>"}))
    assert "/word/document.xml" in package
    assert package.read("word/DOCUMENT.xml") == b"<a/>"


def test_replacing_nothing_returns_the_same_bytes() -> None:
    assert Package.open(DOCUMENT).replace({}) == DOCUMENT


def _plain(archive: ZipFile) -> None:
    archive.writestr(ZipInfo("b.xml", (2001, 2, 3, 4, 5, 6)), "<b/>", ZIP_STORED)
    archive.writestr("a.xml", "<a/>" * 99, ZIP_DEFLATED, 9)
    directory = ZipInfo("media/", (1980, 1, 1, 0, 0, 0))
    directory.external_attr = 0o40755 << 16
    archive.writestr(directory, b"")
    archive.writestr("media/\u56fe.png", b"\x89PNG", ZIP_STORED)
    archive.comment = b"made by hand"


def _streamed(archive: ZipFile) -> None:
    for name in ("b.xml", "a.xml", "media/c.png"):
        with archive.open(name, "w", force_zip64=True) as stream:
            stream.write(name.encode() * 50)


class _Pipe(BytesIO):
    """A file that cannot seek, so that sizes follow the data."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise OSError("not seekable")


@pytest.mark.parametrize("fill", [_plain, _streamed])
@pytest.mark.parametrize("prefix", [b"", b"#!/bin/sh\n"])
@pytest.mark.parametrize("buffer", [BytesIO, _Pipe])
def test_a_rewritten_package_differs_in_the_changed_part_only(
    fill: Callable[[ZipFile], None], prefix: bytes, buffer: type[BytesIO]
) -> None:
    file = buffer()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        fill(archive)
    before = Package.open(prefix + file.getvalue())
    changed = {"a.xml": b"<changed/>" * 20, "b.xml": b"<b2/>"}
    after = Package.open(before.replace(changed))
    assert after.archive.testzip() is None
    assert after.archive.comment == before.archive.comment
    assert [_identity(info) for info in after.archive.infolist()] == [_identity(info) for info in before.archive.infolist()]
    for name in before.members:
        assert after.read(name) == (changed[name] if name in changed else before.read(name))
    assert [_local_header(after, name) for name in changed] == [(0, len(content), 0) for content in changed.values()]
    assert after.data.startswith(prefix)


def _local_header(package: Package, name: str) -> tuple[int, ...]:
    """Return the descriptor flag, here or in the directory, the unpacked size and the length of the extra field."""
    info = package.members[name]
    flags, size, extra = struct.unpack_from("<6xH14xL2xH", package.data, info.header_offset)
    return (flags | info.flag_bits) & 8, size, extra


def test_the_directory_keeps_an_order_of_its_own() -> None:
    data = zipped({"a.xml": "<a/>", "b.xml": "<b/>"})
    first, second, end = data.index(b"PK\1\2"), data.rindex(b"PK\1\2"), data.index(b"PK\5\6")
    package = Package.open(data[:first] + data[second:end] + data[first:second] + data[end:])
    assert [info.filename for info in Package.open(package.replace({"a.xml": b"<c/>"})).archive.infolist()] == ["b.xml", "a.xml"]


def _identity(info: ZipInfo) -> tuple[object, ...]:
    return (info.filename, info.date_time, info.compress_type, info.external_attr, info.create_system, info.comment)


def test_a_changed_part_may_be_put_back() -> None:
    package = Package.open(DOCUMENT)
    original = package.read("word/document.xml")
    assert Package.open(package.replace({"word/document.xml": b"<a/>"})).replace({"word/document.xml": original}) == DOCUMENT


@given(st.integers(0, len(DOCUMENT) - 1), st.binary(min_size=1, max_size=4), st.booleans())
def test_damaged_bytes_end_in_a_typed_error_or_a_document(position: int, damage: bytes, cut: bool) -> None:
    data = DOCUMENT[:position] + damage + (b"" if cut else DOCUMENT[position + len(damage) :])
    try:
        assert WordParser().read(data).blocks is not None
        translated(data, shout)
    except InputError as error:
        assert error.code in {"corrupt", "encrypted", "unsafe", "too-large"}  # noqa: PT017
