import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import CorruptDocumentError, EmptyFileError
from parsers.encoding import declared_encoding, decode

SIMPLIFIED = "根据公司的规定，请各位员工在九月十八日之前提交申请。\n谢谢！"
TRADITIONAL = "根據公司的規定，請各位員工在九月十八日之前提交申請。\n謝謝！"


@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [
        (SIMPLIFIED, "utf-8", "utf-8"),
        (SIMPLIFIED, "gb2312", "gb18030"),
        (SIMPLIFIED + "镕㐂€", "gb18030", "gb18030"),
        (TRADITIONAL, "gbk", "gb18030"),
        (TRADITIONAL, "big5", "big5hkscs"),
        (TRADITIONAL + "碁銹", "cp950", "big5hkscs"),
        (SIMPLIFIED, "utf-16-le", "utf-16-le"),
        (SIMPLIFIED, "utf-16-be", "utf-16-be"),
        ("版本 1.0 中文\n" * 3, "utf-16-le", "utf-16-le"),
        ("plain", "ascii", "utf-8"),
    ],
)
def test_encoding_is_found_without_a_mark(text: str, codec: str, encoding: str) -> None:
    decoded = decode(text.encode(codec))
    assert (decoded.text, decoded.encoding, decoded.bom) == (text, encoding, False)


@pytest.mark.parametrize("text", ["公司简介", "关于", "第二条", "第一章", "你好", "价格：", "人力资源部", "联系我们"])
def test_short_simplified_text_is_gb18030(text: str) -> None:
    assert decode(text.encode("gb18030")).text == text


@pytest.mark.parametrize("text", ["通知書", "公司簡介", "目錄", "第一章", "你好嗎", "價格：", "人力資源部", "聯絡我們"])
def test_short_traditional_text_is_big5(text: str) -> None:
    assert decode(text.encode("big5")).text == text


@pytest.mark.parametrize("text", ["標點符號的寬度調整", "號數點數初號", "冒號與分號"])
def test_traditional_text_in_gb_is_no_damage(text: str) -> None:
    assert decode(text.encode("gbk")).text == text


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_byte_order_mark_decides_and_is_no_part_of_the_text(codec: str) -> None:
    decoded = decode(SIMPLIFIED.encode(codec), declared="gbk")
    assert decoded.text == SIMPLIFIED
    assert decoded.bom


@pytest.mark.parametrize("label", ["GB2312", "gbk", " x-gbk ", "gb18030"])
def test_declared_gb_encoding_stands_for_gb18030(label: str) -> None:
    assert decode("朱镕基的书".encode("gb18030"), label).text == "朱镕基的书"


def test_declared_encoding_comes_before_a_guess() -> None:
    data = "日本語のテスト".encode("shift_jis")
    assert decode(data, "Shift_JIS").text == "日本語のテスト"
    assert decode("café".encode("latin-1"), "iso-8859-1").text == "café"


@pytest.mark.parametrize("label", ["gb2312", "big5", "no-such-encoding", "rot13", "hex", "utf-16"])
def test_declaration_that_is_wrong_or_no_text_encoding_is_passed_over(label: str) -> None:
    assert decode(SIMPLIFIED.encode(), label).text == SIMPLIFIED


def test_single_damaged_byte_in_a_long_text_does_not_lose_the_text() -> None:
    half = (SIMPLIFIED * 50).encode()
    assert decode(half + b"\xff" + half).text == SIMPLIFIED * 50 + "\ufffd" + SIMPLIFIED * 50


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"a\0b",
        bytes(range(1, 256)) * 4,
        b"\x01\x02\x03\x04" * 10,
        "Déjà vu à Orléans, où l'été fut très chaud, même près du château".encode("latin-1"),
        SIMPLIFIED.encode()[:-1] + b"\xff\xfe\xff",
        b"\xef\xbb\xbf" + b"\xff" * 50,
    ],
)
def test_binary_data_and_unknown_encodings_are_refused(data: bytes) -> None:
    with pytest.raises(CorruptDocumentError):
        decode(data)


def test_no_bytes_are_an_empty_file() -> None:
    with pytest.raises(EmptyFileError):
        decode(b"")


@pytest.mark.parametrize(
    ("head", "label"),
    [
        ('<meta charset="gbk">', "gbk"),
        ("<META content='text/html; charset=GB2312' http-equiv=Content-Type>", "GB2312"),
        ('<?xml version="1.0" encoding="big5"?><p>', "big5"),
        ('<?xml version="1.0" encoding="big5"?><meta charset=utf-8>', "utf-8"),
        ("<!-- <meta charset=gbk> --><meta charset=big5>", "big5"),
        ("<p>charset=gbk</p>", ""),
    ],
)
def test_label_is_read_from_meta_then_from_the_xml_declaration(head: str, label: str) -> None:
    assert declared_encoding(head.encode()) == label


@given(st.text(st.characters(codec="gb18030", exclude_characters="\0\ufffd\ufeff", exclude_categories=["Cc"]), min_size=1))
def test_any_text_survives_its_declared_encoding(text: str) -> None:
    assert decode(text.encode(), "utf-8").text == text
