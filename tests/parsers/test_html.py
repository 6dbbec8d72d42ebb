import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.document import Block
from models.errors import CorruptDocumentError, DocumentTooLargeError, EmptyFileError, UnsafeDocumentError
from parsers.html import MAX_BYTES, HtmlParser
from parsers.html_blocks import block_of
from tests.parsers.pseudo import marked, parts, pseudo_translated

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "html"
PAGES = ["tags.html", "legacy.html", "controls.html", "malformed.html"]


def read(source: str) -> list[Block]:
    return list(HtmlParser().read(source.encode()).blocks)


def texts(source: str) -> list[str]:
    return [block.text for block in read(source)]


def slots(source: str) -> list[list[str]]:
    return [parts(block) for block in read(source)]


def write(source: str, *targets: str | list[str]) -> str:
    """Write a page whose blocks are given by their slots."""
    blocks = [block_of([target] if isinstance(target, str) else target) for target in targets]
    return HtmlParser().write(source.encode(), blocks, "en").decode()


def translated(data: bytes, translate: Callable[[str], str] = marked) -> bytes:
    parser = HtmlParser()
    return parser.write(data, [pseudo_translated(block, translate) for block in parser.read(data).blocks], "en")


def wanted_texts(data: bytes) -> list[str]:
    """Return the pseudo-translated blocks of a page; without spaces, since words that stay untranslated get some around them."""
    return ["".join(pseudo_translated(block).text.split()) for block in HtmlParser().read(data).blocks]


def written_texts(data: bytes) -> list[str]:
    """Return the blocks of the pseudo-translated page, without spaces."""
    return ["".join(block.text.split()) for block in HtmlParser().read(translated(data)).blocks]


@pytest.mark.parametrize("name", PAGES)
def test_page_is_translated_as_the_golden_file_shows(name: str, golden: Callable[[Path, bytes], None]) -> None:
    golden(DATA / "expected" / name, translated((DATA / name).read_bytes()))


def test_example_page_is_translated_as_the_golden_file_shows(golden: Callable[[Path, bytes], None]) -> None:
    golden(DATA / "expected" / "example.html", translated((ROOT / "examples" / "website" / "index.html").read_bytes()))


@pytest.mark.parametrize("name", PAGES)
def test_page_without_a_changed_block_comes_back_byte_for_byte(name: str) -> None:
    data = (DATA / name).read_bytes()
    assert HtmlParser().write(data, HtmlParser().read(data).blocks, "en") == data


@pytest.mark.parametrize("name", PAGES)
def test_written_page_reads_as_the_blocks_that_were_written(name: str) -> None:
    data = (DATA / name).read_bytes()
    assert written_texts(data) == wanted_texts(data)


def test_sentence_is_one_block_with_a_slot_for_each_text_node() -> None:
    assert slots("<p>我们有<b>很多</b>客户，见<a href=x>列表</a>。</p>") == [["我们有", "很多", "客户，见", "列表", "。"]]


def test_block_elements_end_a_block_and_inline_elements_do_not() -> None:
    assert texts("<div>一<p>二<span>三</span></p>四</div><td>五<td>六") == ["一", "二三", "四", "五", "六"]


def test_line_break_is_a_newline_in_a_span_of_its_own() -> None:
    assert slots("<p>甲 <br> 乙<br></p>") == [["甲", "\n", "乙"]]


def test_white_space_is_collapsed_as_a_browser_shows_it() -> None:
    assert slots("<p>\n  you  are\n <b> here</b> </p>") == [["you are ", "here"]]


def test_newline_between_chinese_characters_is_no_space() -> None:
    assert texts("<p>这是一个\n    很长的<b>\n句子</b>，见 A\n书</p>") == ["这是一个很长的句子，见 A 书"]


def test_white_space_of_the_file_stays_around_a_changed_text() -> None:
    assert write("<p>\n  甲\n  <b>乙</b>\n</p>", ["One ", "two"]) == "<p>\n  One\n  <b>two</b>\n</p>"


def test_space_between_slots_follows_the_translation() -> None:
    assert write("<p>甲<b>乙</b> 丙</p>", ["A ", "b", ", c"]) == "<p>A <b>b</b>, c</p>"


def test_links_of_a_menu_are_blocks_of_their_own() -> None:
    assert texts("<nav><a>首页</a> | <a>产品<b>大全</b></a>\n<a>关于</a></nav>") == ["首页", "产品大全", "关于"]


def test_links_in_a_sentence_stay_in_it() -> None:
    assert texts("<p><a>张三</a>、<a>李四</a></p><p>见<a>甲</a> <a>乙</a></p>") == ["张三、李四", "见甲 乙"]


def test_readable_attributes_are_blocks() -> None:
    page = '<img alt="图"><a title="题">链</a><input placeholder="占" type=submit value="交"><p aria-label="标" data-x="不" class="不">'
    assert texts(page) == ["图", "题", "链", "占", "交", "标"]


def test_value_of_a_text_field_is_not_translated() -> None:
    assert texts('<input type="text" value="原"><input value="原"><input type=hidden value=原>') == []


def test_meta_description_and_open_graph_titles_are_blocks_and_other_meta_are_not() -> None:
    page = '<meta name="Description" content="描述"><meta property="og:title" content="题"><meta name="author" content="人">'
    assert texts(page) == ["描述", "题"]


@pytest.mark.parametrize("tag", ["script", "style", "code", "kbd", "samp", "var", "textarea", "iframe", "math", "xmp"])
def test_content_of_code_and_scripts_is_not_read(tag: str) -> None:
    assert texts(f"<p>甲</p><{tag}>不<b>译</b></{tag}>") == ["甲"]


def test_translate_attribute_switches_translation_off_and_on_again() -> None:
    assert texts('<div translate="no" title="不">不<p translate="yes" title="题">要</p></div><p class="x notranslate">不</p>') == [
        "题",
        "要",
    ]


def test_japanese_inside_a_page_is_left_alone_but_not_a_wrong_language_of_the_page() -> None:
    assert texts('<html lang="ja"><p>中文<i lang="ja">日本</i></p></html>') == ["中文"]


def test_untranslated_word_stays_in_its_place_and_gets_spaces_in_english() -> None:
    page = '<p>运行<code>pip</code>命令，产品<i translate="no">青禾</i>。</p>'
    assert slots(page) == [["运行", "命令，产品", "。"]]
    assert write(page, ["Run", "the product", "."]) == '<p>Run <code>pip</code> the product <i translate="no">青禾</i>.</p>'


def test_button_inside_a_sentence_is_read_apart_and_the_sentence_goes_on() -> None:
    assert texts("<p>点击<button>确定</button>提交</p>") == ["点击提交", "确定"]


def test_only_the_texts_of_svg_are_read() -> None:
    assert texts("<svg><title>题</title><metadata>元</metadata><text>坐<tspan>标</tspan></text></svg>") == ["题", "坐标"]


def test_entities_of_untouched_text_stay_and_new_text_is_escaped() -> None:
    source = "<p>甲&nbsp;&copy;乙<b>丙&amp;丁</b></p>"
    assert slots(source) == [["甲\xa0©乙", "丙&丁"]]
    assert write(source, ["甲\xa0©乙", "<x> & y\xa0"]) == "<p>甲&nbsp;&copy;乙<b>&lt;x&gt; &amp; y&#160;</b></p>"


@pytest.mark.parametrize(
    ("value", "wanted"),
    [('"图"', "\"a &quot;b&quot; 'c' &amp; d\""), ("'图'", "'a \"b\" &#39;c&#39; &amp; d'"), ("图", "\"a &quot;b&quot; 'c' &amp; d\"")],
)
def test_attribute_is_escaped_for_its_quotes_and_gets_some_if_it_had_none(value: str, wanted: str) -> None:
    assert write(f"<img alt={value} src=x>", "a \"b\" 'c' & d") == f"<img alt={wanted} src=x>"


def test_first_of_two_equal_attributes_counts() -> None:
    assert write('<img alt="一" alt="二">', "one") == '<img alt="one" alt="二">'


def test_new_text_that_looks_like_markup_does_not_become_markup() -> None:
    assert texts(write("<p>甲</p><img alt='乙'>", "</p><script>", "' onload='x")) == ["</p><script>", "' onload='x"]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("<html lang=zh-CN><p>甲", '<html lang="en"><p>A'),
        ('<html lang="en-US"><p>甲', '<html lang="en"><p>A'),
        ('<html xml:lang="zh"><p>甲', '<html lang="en" xml:lang="en"><p>A'),
        ("<HTML class=x><p>甲", '<HTML lang="en" class=x><p>A'),
        ("<p lang='zh-Hant'>甲", "<p lang='en'>A"),
        ('<p lang="fr">甲', '<p lang="fr">A'),
        ("<html lang><p>甲", '<html lang="en"><p>A'),
        ('<meta http-equiv="Content-Language" content="zh"><p>甲', '<meta http-equiv="Content-Language" content="en"><p>A'),
        ("<p translate=no lang=zh>不</p><p>甲", "<p translate=no lang=zh>不</p><p>A"),
    ],
)
def test_language_is_named_where_the_page_named_it(source: str, wanted: str) -> None:
    assert write(source, "A") == wanted


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("<meta charset=gbk><p>甲", "<meta charset=utf-8><p>A"),
        (
            '<meta content="text/html; charset=GB2312" http-equiv="content-type"><p>甲',
            '<meta content="text/html; charset=utf-8" http-equiv="content-type"><p>A',
        ),
        ('<?xml version="1.0" encoding="GB18030"?><p>甲', '<?xml version="1.0" encoding="utf-8"?><p>A'),
        ("<html lang=en><head class='>'><p>我们的公司", '<html lang="en"><head class=\'>\'><meta charset="utf-8"><p>A'),
    ],
)
def test_page_in_a_chinese_encoding_is_written_in_utf_8_and_says_so(source: str, wanted: str) -> None:
    data = HtmlParser().write(source.encode("gb18030"), [block_of(["A"])], "en")
    assert data == wanted.encode()


def test_byte_order_mark_is_kept() -> None:
    assert HtmlParser().write("<p>甲".encode("utf-16"), [block_of(["A"])], "en") == b"\xef\xbb\xbf<p>A"


def test_slot_that_did_not_change_keeps_its_source() -> None:
    assert write("<p>A&#65;  B<b>甲</b></p>", ["AA B", "one"]) == "<p>A&#65;  B<b>one</b></p>"


def test_blocks_of_another_page_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        write("<p>甲</p><p>乙</p>", "A")


MALFORMED = [
    "<p>甲<",
    "<p>甲<b",
    '<p>甲<a href="x',
    "<p>甲<!-- 乙",
    "<p>甲<!doctype",
    "<p>甲<![if",
    "<p>甲<![CDATA[乙",
    "<p>甲</",
    "<p>甲</>",
    "<p>甲&",
    "<p>甲&#",
    "<p>甲&#x110000;",
    "<p>甲<?php echo '>'; ",
    "<p>甲</b></div></p></html>",
    "<p>甲<a b=c'd\"e f==g =h/>",
    "<p>甲<script>乙",
    "<p>甲<script>乙</scrip>",
]


@pytest.mark.parametrize("source", MALFORMED)
def test_malformed_page_gives_its_text_and_keeps_the_rest(source: str) -> None:
    assert texts(source)[0].startswith("甲")
    assert HtmlParser().write(source.encode(), read(source), "en") == source.encode()
    assert write(source, *[marked(text) for text in texts(source)]).replace("[", "").replace("]", "")[:4] == "<p>甲"


def test_title_that_never_ends_does_not_hide_the_page() -> None:
    assert texts("<title>题<p>甲</p>") == ["题", "甲"]


def test_nesting_of_two_hundred_is_read_and_more_is_refused() -> None:
    assert texts("<div>" * 199 + "甲") == ["甲"]
    with pytest.raises(UnsafeDocumentError, match="200 deep"):
        read("<i>" * 201 + "甲")


def test_paragraphs_and_items_without_end_tags_do_not_nest() -> None:
    assert len(texts("<p>甲<li>乙<tr><td>丙<option>丁<dt>戊" * 300)) == 1500


def test_empty_binary_and_huge_files_are_refused() -> None:
    with pytest.raises(EmptyFileError):
        HtmlParser().read(b"")
    with pytest.raises(CorruptDocumentError):
        HtmlParser().read(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)))
    with pytest.raises(DocumentTooLargeError, match="20 MB"):
        HtmlParser().read(b" " * (MAX_BYTES + 1))


@pytest.mark.parametrize(
    "source", ["<a ", "<!-- >", "<![CDATA[", '<a b="', "</a", "<title>", "<script>", "&#", "<a b = ", "<b></i>", "<?php "]
)
def test_hostile_page_takes_linear_time(source: str) -> None:
    started = time.perf_counter()
    with suppress(UnsafeDocumentError):
        read("<p>甲</p>" + source * (200_000 // len(source)))
    assert time.perf_counter() - started < 5


@given(st.lists(st.sampled_from([*"<>/=\"' &;!-[]?#\n甲乙a", "<p>", "</p>", "<b>", "<br>", "<!--", "-->", "<title>", "alt=", "&amp;"])))
def test_any_source_comes_back_when_nothing_changed_and_otherwise_changes_only_its_blocks(pieces: list[str]) -> None:
    source = "".join(pieces) or " "
    blocks = read(source)
    assert HtmlParser().write(source.encode(), blocks, "en") == source.encode()
    shouted = [pseudo_translated(block, lambda text: text.replace("甲", "X")) for block in blocks]
    assert texts(HtmlParser().write(source.encode(), shouted, "en").decode()) == [block.text for block in shouted]
