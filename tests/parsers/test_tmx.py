import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import CorruptDocumentError, DocumentTooLargeError, UnsafeDocumentError
from parsers.tmx import MAX_TEXT, Unit, read_units, write_units

HEAD = '<?xml version="1.0"?>\n<tmx version="1.4"><header srclang="zh"/><body>\n'
TAIL = "</body></tmx>"
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff", include_characters="\r\n\t"))


def read(text: str | bytes) -> list[Unit]:
    return list(read_units(io.BytesIO(text.encode() if isinstance(text, str) else text), "m.tmx"))


def test_units_have_their_texts_props_and_line() -> None:
    unit = '<tu><prop type="x-origin">human</prop><tuv xml:lang="zh-CN"><seg>你好</seg></tuv>\n<tuv lang="EN"><seg>Hello</seg></tuv></tu>'
    assert read(f"{HEAD}{unit}{TAIL}") == [Unit({"zh-cn": "你好", "en": "Hello"}, {"x-origin": "human"}, 3)]


def test_codes_of_other_formats_are_left_out_and_highlights_are_text() -> None:
    seg = 'a<bpt i="1">&lt;b></bpt><hi>b</hi><ept i="1">&lt;/b><sub>no</sub></ept><ph/>c'
    assert read(f'{HEAD}<tu><tuv xml:lang="en"><seg>{seg}</seg></tuv></tu>{TAIL}')[0].texts == {"en": "abc"}


def test_a_document_type_without_declarations_and_other_encodings_are_read() -> None:
    text = f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE tmx SYSTEM "tmx14.dtd">{HEAD.partition("?>")[2]}'
    unit = '<tu><tuv xml:lang="zh"><seg>好</seg></tuv></tu>'
    assert read(f"{text}{unit}{TAIL}".encode("utf-16"))[0].texts == {"zh": "好"}


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=5))
def test_what_is_written_is_read_again(pairs: list[tuple[str, str]]) -> None:
    units = [Unit({"zh": source, "en": target}, {"x-origin": "machine"}) for source, target in pairs]
    file = io.BytesIO()
    assert write_units(file, units, "zh") == len(units)
    found = read(file.getvalue())
    assert [(unit.texts, unit.props) for unit in found] == [(unit.texts, unit.props) for unit in units]


def test_what_xml_cannot_hold_is_left_out() -> None:
    assert write_units(io.BytesIO(), [Unit({"zh": "\x0b", "en": "x"}), Unit({"zh": "好", "en": "x"})], "zh") == 1


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("<tmx>\n<body>\n</tmx>", CorruptDocumentError, "m.tmx:3: not well-formed"),
        ("", CorruptDocumentError, "m.tmx:1: not well-formed"),
        ("<html/>", CorruptDocumentError, "the root element is <html>"),
        (f"{HEAD}<tu><tuv><seg>a</seg></tuv></tu>{TAIL}", CorruptDocumentError, "m.tmx:3: a <tuv> does not name its language"),
        ('<!DOCTYPE tmx [<!ENTITY a "b">]>\n<tmx/>', UnsafeDocumentError, "m.tmx:1: entity a"),
        ('<!DOCTYPE tmx [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n<tmx/>', UnsafeDocumentError, "entity a"),
        ('<!DOCTYPE tmx SYSTEM "x.dtd">\n<tmx><body><tu><prop>&a;</prop></tu></body></tmx>', UnsafeDocumentError, "m.tmx:2: entity a"),
        (f"<tmx>{'<a>' * 5000}", UnsafeDocumentError, "nested"),
        (f'{HEAD}<tu><tuv lang="zh"><seg>{"字" * (MAX_TEXT + 1)}</seg>', DocumentTooLargeError, "longer than"),
    ],
    ids=["unclosed", "empty", "html", "no language", "entity", "external entity", "unknown entity", "deep", "long"],
)
def test_a_bad_file_is_an_error_with_its_line(text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message.replace("[", "\\[")):
        read(text)


def test_units_come_before_the_file_is_read_to_its_end() -> None:
    unit = b'<tu><tuv xml:lang="zh"><seg>' + "好".encode() * 1000 + b"</seg></tuv></tu>\n"
    file = io.BytesIO(HEAD.encode() + unit * 2000 + TAIL.encode())
    next(read_units(file, "m.tmx"))
    assert file.tell() < len(file.getvalue()) / 10
