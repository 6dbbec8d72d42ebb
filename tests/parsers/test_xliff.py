from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.document import Block, ReadOptions, SpanKind
from models.errors import CorruptDocumentError, DocumentTooLargeError, UnsafeDocumentError, UnsupportedFormatError
from parsers.xliff import MAX_BYTES, XliffParser
from tests.parsers.pseudo import parts, retold, slotwise

DATA = Path(__file__).parents[1] / "data" / "xliff"
NAMES = ["one.xlf", "two.xliff"]


def v1(units: str, attributes: str = "") -> str:
    return f'<xliff version="1.2"><file source-language="zh"{attributes}><body>{units}</body></file></xliff>'


def v2(segments: str) -> str:
    return f'<xliff version="2.1" srcLang="zh"><file><unit id="1">{segments}</unit></file></xliff>'


def blocks(source: str) -> list[Block]:
    return list(XliffParser().read(source.encode()).blocks)


def texts(source: str) -> list[str]:
    return [block.text for block in blocks(source)]


def translated(data: bytes, lang: str = "en") -> bytes:
    return XliffParser().write(data, [slotwise(block) for block in XliffParser().read(data).blocks], lang)


@pytest.mark.parametrize("name", NAMES)
def test_file_is_filled_as_the_golden_file_shows(name: str, golden: Callable[[Path, bytes], None]) -> None:
    golden(DATA / "expected" / name, translated((DATA / name).read_bytes()))


@pytest.mark.parametrize("name", NAMES)
def test_file_without_a_changed_unit_comes_back_byte_for_byte(name: str) -> None:
    data = (DATA / name).read_bytes()
    assert XliffParser().write(data, XliffParser().read(data).blocks, "en") == data


@pytest.mark.parametrize("name", NAMES)
def test_filled_file_is_the_same_but_for_its_targets(name: str) -> None:
    data = (DATA / name).read_bytes()

    def outline(source: bytes) -> list[tuple[str, dict[str, str], str]]:
        root = ET.fromstring(source)
        for parent in list(root.iter()):
            for target in [child for child in parent if child.tag.endswith("}target")]:
                parent.remove(target)
        free = ("state", "target-language")
        return [(e.tag, {k: v for k, v in e.attrib.items() if k not in free}, (e.text or "").strip()) for e in root.iter()]

    assert outline(translated(data)) == outline(data)


def test_translated_file_has_nothing_open_any_more() -> None:
    assert XliffParser().read(translated((DATA / "two.xliff").read_bytes())).blocks == ()


def test_codes_are_anchors_and_elements_with_text_are_slots() -> None:
    (block,) = blocks(v1('<trans-unit><source>请<g id="1">立</g>开<x id="2"/><ph id="3">码</ph></source></trans-unit>'))
    assert parts(block) == ["请", "立", "开", "", ""]
    assert [span.kind for span in block.spans][-2:] == [SpanKind.ANCHOR] * 2


def test_elements_move_with_their_words_and_their_copies_get_ids_of_their_own() -> None:
    source = v2('<segment><source>甲<pc id="1">乙</pc>丙</source></segment>')
    (block,) = blocks(source)
    told = retold(block, [(1, "b"), (0, " a "), (1, "b"), (2, " c")])
    written = XliffParser().write(source.encode(), [told], "en").decode()
    assert '<target><pc id="1">b</pc> a <pc id="1_2">b</pc> c</target>' in written


def test_codes_that_begin_and_end_something_are_an_element() -> None:
    (block,) = blocks(v1('<trans-unit><source>甲<bpt id="1">&lt;b></bpt>乙<ept id="1">&lt;/b></ept>丙<ept id="2"/></source></trans-unit>'))
    assert [(part, len(span.path)) for part, span in zip(parts(block), block.spans, strict=True)] == [
        ("甲", 0),
        ("乙", 1),
        ("丙", 0),
        ("", 0),
    ]
    (crossed,) = blocks(v1('<trans-unit><source><bpt id="1"/>甲<bpt id="2"/>乙<ept id="1"/>丙<ept id="2"/></source></trans-unit>'))
    assert not crossed.movable


@pytest.mark.parametrize(
    ("unit", "is_open"),
    [
        ("<trans-unit><source>甲</source></trans-unit>", True),
        ("<trans-unit><source>甲</source><target>甲</target></trans-unit>", True),
        ("<trans-unit><source>甲</source><target> </target></trans-unit>", True),
        ('<trans-unit><source>甲</source><target state="needs-translation">A</target></trans-unit>', True),
        ("<trans-unit><source>甲</source><target>A</target></trans-unit>", False),
        ('<trans-unit><source>甲</source><target state="signed-off">甲</target></trans-unit>', False),
        ('<trans-unit approved="yes"><source>甲</source><target>甲</target></trans-unit>', False),
        ('<trans-unit translate="no"><source>甲</source></trans-unit>', False),
    ],
)
def test_target_that_counts_is_left_alone(unit: str, is_open: bool) -> None:
    assert texts(v1(unit)) == (["甲"] if is_open else [])


def test_language_is_named_and_another_one_is_not_overwritten() -> None:
    unit = "<trans-unit><source>甲</source></trans-unit>"
    assert 'target-language="en"' in translated(v1(unit).encode()).decode()
    assert 'target-language="en-US"' in translated(v1(unit, ' target-language="en-US"').encode()).decode()
    with pytest.raises(UnsupportedFormatError, match="into fr, not en"):
        translated(v1(unit, ' target-language="fr"').encode())


def test_other_encoding_is_named_anew_or_kept() -> None:
    data = ('<?xml version="1.0" encoding="GBK"?>' + v1("<trans-unit><source>我们的公司</source></trans-unit>")).encode("gbk")
    assert translated(data).startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    told = [retold(block, ["naïve"]) for block in XliffParser().read(data).blocks]
    kept = XliffParser().write(data, told, "en", ReadOptions(keep_encoding=True))
    assert b"na&#239;ve" in kept
    assert kept.decode("gbk").startswith('<?xml version="1.0" encoding="GBK"?>')


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ('<!DOCTYPE xliff [<!ENTITY a "b">]>' + v1(""), UnsafeDocumentError),
        ('<!DOCTYPE xliff SYSTEM "file:///etc/passwd">' + v1(""), UnsafeDocumentError),
        (v1("<group>" * 120 + "</group>" * 120), UnsafeDocumentError),
        (v1("<trans-unit>&nbsp;</trans-unit>"), CorruptDocumentError),
        ("<xliff version='1.2'><file>", CorruptDocumentError),
        ("<xliff version='3.0'/>", CorruptDocumentError),
        ("<html/>", CorruptDocumentError),
        ("甲", CorruptDocumentError),
    ],
)
def test_hostile_and_foreign_files_are_refused(source: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        texts(source)


def test_huge_file_is_refused() -> None:
    with pytest.raises(DocumentTooLargeError, match="50 MB"):
        XliffParser().read(b" " * (MAX_BYTES + 1))


def test_blocks_of_another_file_are_refused() -> None:
    with pytest.raises(ValueError, match="longer"):
        XliffParser().write(v1("").encode(), blocks(v1("<trans-unit><source>甲</source></trans-unit>")), "en")


PIECES = st.sampled_from(
    ["甲", " 乙 ", '<x id="1"/>', '<g id="2">丙</g>', "<ph>码<sub>下</sub></ph>", "&amp;", "<!-- - -->", "<![CDATA[<]]>", "\n", "<?pi x?>"]
)


@given(st.lists(PIECES), st.sampled_from(["", ' xml:space="preserve"']))
def test_any_source_comes_back_and_its_target_has_the_same_codes(pieces: list[str], space: str) -> None:
    content = "".join(pieces)
    data = v1(f"<trans-unit{space}><source>始{content}</source></trans-unit>").encode()
    assert XliffParser().write(data, XliffParser().read(data).blocks, "en") == data
    root = ET.fromstring(translated(data))
    source, target = root.find(".//source"), root.find(".//target")
    assert source is not None
    assert target is not None
    assert [e.tag for e in source.iter()][1:] == [e.tag for e in target.iter()][1:]
    plain = "".join("".join(target.itertext()).replace("[", "").replace("]", "").split())
    assert plain == "".join("".join(source.itertext()).split())
