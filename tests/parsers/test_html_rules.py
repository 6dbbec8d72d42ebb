"""What of a page is text, and what is not."""

import pytest

from models.document import ReadOptions
from models.errors import LostMarkupError
from parsers.html import HtmlParser
from parsers.html_blocks import block_of
from parsers.html_conservation import check_conserved
from tests.parsers.pseudo import retold
from tests.parsers.test_html import slots, texts, write


@pytest.mark.parametrize("name", ["abbr", "alt", "aria-description", "aria-label", "aria-placeholder", "aria-roledescription"])
def test_attribute_that_is_shown_or_read_out_is_text(name: str) -> None:
    assert write(f'<p {name}="图"></p>', "x") == f'<p {name}="x"></p>'


@pytest.mark.parametrize("name", ["aria-valuetext", "label", "placeholder", "summary", "title"])
def test_more_attributes_that_are_shown_are_text(name: str) -> None:
    assert texts(f"<option {name}='图'>") == ["图"]


@pytest.mark.parametrize("name", ["class", "id", "href", "srcdoc", "data-title", "aria-labelledby", "style", "content", "name", "onclick"])
def test_attribute_that_is_not_shown_stays(name: str) -> None:
    assert texts(f'<iframe {name}="图">') == []


@pytest.mark.parametrize("kind", ["submit", "button", "reset"])
def test_value_of_a_button_that_is_an_input_is_shown(kind: str) -> None:
    assert texts(f'<input type="{kind}" value="提交">') == ["提交"]


def test_values_that_a_form_sends_stay_and_what_stands_on_its_fields_is_text() -> None:
    page = '<button value="甲">按</button><option value="乙">选</option><input type="image" alt="图" value="丙"><textarea>丁</textarea>'
    assert texts(page) == ["按", "选", "图"]


@pytest.mark.parametrize(
    "meta",
    [
        'name="description"',
        'name="Keywords"',
        'property="og:title"',
        'property="og:description"',
        'name="twitter:title"',
        'name="dc.title"',
    ],
)
def test_description_of_the_page_is_text(meta: str) -> None:
    assert texts(f'<meta {meta} content="描述">') == ["描述"]


@pytest.mark.parametrize("meta", ['http-equiv="refresh"', 'name="viewport"', 'property="og:url"', 'name="theme-color"', 'itemprop="image"'])
def test_data_of_the_page_is_no_text(meta: str) -> None:
    assert texts(f'<meta {meta} content="描述">') == []


def test_comments_switch_translation_off_and_on_again() -> None:
    page = '<p>一<!-- translate:off -->二<img alt="三"><!--translate:on-->四</p><!-- translate:off --><p title="五">六</p>'
    assert slots(page) == [["一", "四"]]
    assert write(page, ["one", "four"]).startswith('<p>one <!-- translate:off -->二<img alt="三"><!--translate:on--> four</p>')


def test_switch_inside_a_script_is_none() -> None:
    assert texts("<script>'<!-- translate:off -->'</script><p>甲") == ["甲"]


def test_block_inside_what_is_switched_off_does_not_join_its_neighbours() -> None:
    assert texts("<p>一</p><!-- translate:off --><p>二</p><!-- translate:on --><p>三</p>") == ["一", "三"]


def test_lines_of_a_pre_are_blocks_and_keep_their_white_space() -> None:
    page = "<pre>\n  第一行  有<b>粗体</b>\n\n\t第二行\r\n</pre>"
    assert slots(page) == [["第一行  有", "粗体"], ["第二行"]]
    assert write(page, ["One  with ", "bold"], "Two") == "<pre>\n  One  with <b>bold</b>\n\n\tTwo\r\n</pre>"


@pytest.mark.parametrize(
    "page",
    [
        "<pre><code>打印(甲)</code></pre>",
        '<pre class="brush: python">打印甲乙丙</pre>',
        '<pre class="language-c">打印甲乙丙</pre>',
        "<pre>print('hello')  # 打印</pre>",
    ],
)
def test_pre_of_code_stays(page: str) -> None:
    assert texts(page) == []


def test_text_of_a_template_is_translated() -> None:
    assert texts("<template><p>卡片<b>标题</b></p></template>") == ["卡片标题"]


def test_word_break_opportunity_does_not_cut_a_word() -> None:
    page = "<p>超长<wbr>单词<wbr/>结束</p>"
    assert slots(page) == [["超长", "单词", "结束"]]
    assert write(page, ["a", "b", "c"]) == "<p>a<wbr>b<wbr/>c</p>"


def test_linked_data_and_embedded_pages_stay() -> None:
    assert texts('<script type="application/ld+json">{"name": "甲"}</script><iframe srcdoc="<p>乙</p>"></iframe>') == []


def test_svg_keeps_its_drawing_and_gives_its_texts() -> None:
    page = "<svg><title>题</title><desc>述</desc><style>样</style><g id='图'><text>字<tspan>符</tspan></text></g></svg>"
    assert texts(page) == ["题", "述", "字符"]


@pytest.mark.parametrize(
    ("root", "lang", "wanted"),
    [
        ('<html dir="rtl">', "en", '<html lang="en" dir="ltr">'),
        ('<html dir="auto">', "en", '<html lang="en" dir="auto">'),
        ('<html lang="zh" dir="ltr">', "en", '<html lang="en" dir="ltr">'),
        ("<html>", "ar", '<html lang="ar" dir="rtl">'),
        ('<html lang="zh" dir="ltr">', "fa-IR", '<html lang="fa-IR" dir="rtl">'),
    ],
)
def test_direction_of_the_page_is_that_of_its_language(root: str, lang: str, wanted: str) -> None:
    assert HtmlParser().write(f"{root}<p>甲".encode(), [block_of(["A"])], lang).decode() == f"{wanted}<p>A"


@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "gb2312", "big5", "utf-16", "utf-8-sig", "utf-8"])
def test_page_keeps_its_encoding_where_that_is_wanted(encoding: str) -> None:
    label = f'<meta charset="{encoding}">' if "-" not in encoding else ""
    source = (
        f"<html lang=en>{label}<p>這是中文</p><p>公司</p>" if encoding == "big5" else f"<html lang=en>{label}<p>这是中文</p><p>公司</p>"
    )
    data = source.encode(encoding)
    written = HtmlParser().write(data, [block_of(["café"]), HtmlParser().read(data).blocks[1]], "en", ReadOptions(keep_encoding=True))
    wanted = source.replace("這是中文", "caf&#233;").replace("这是中文", "café").replace("lang=en", 'lang="en"')
    assert written == wanted.encode(encoding, "xmlcharrefreplace")


def test_character_that_the_encoding_lacks_becomes_a_reference() -> None:
    data = "<html lang=en><meta charset=gbk><p>我们的公司".encode("gbk")
    written = HtmlParser().write(data, [block_of(["naïve 😀"])], "en", ReadOptions(keep_encoding=True))
    assert written == b'<html lang="en"><meta charset=gbk><p>na&#239;ve &#128512;'


def test_script_in_a_character_that_only_gb18030_has_is_kept_with_it() -> None:
    data = "<html lang=en><meta charset=gb18030><script>'😀'</script><p>我们的公司".encode("gb18030")
    written = HtmlParser().write(data, [block_of(["A"])], "en", ReadOptions(keep_encoding=True))
    assert written.decode("gb18030") == "<html lang=\"en\"><meta charset=gb18030><script>'😀'</script><p>A"


@pytest.mark.parametrize(
    "damaged",
    ["<p>A<b>B</p>", '<p class="x"><b>B</b></p>', "<p>A</b></p>", "<p><b>A</b></p><!-- c -->", '<p title="x"><b></b></p>'],
)
def test_page_that_lost_or_got_markup_is_refused(damaged: str) -> None:
    with pytest.raises(LostMarkupError, match="would have"):
        check_conserved("<p><b>甲</b></p>", damaged)


def test_other_language_encoding_and_readable_values_are_no_damage() -> None:
    check_conserved(
        '<?xml encoding="gbk"?><html lang="zh"><p title="甲">',
        '<?xml encoding="utf-8"?><html lang="en" dir="ltr"><meta charset="utf-8"><p title="a">',
    )


def test_blank_at_the_edge_of_a_link_goes_outside_it() -> None:
    page = "<p>见<a href=x>列表</a>和<b>说明</b>。</p>"
    (block,) = HtmlParser().read(page.encode()).blocks
    told = retold(block, ["See", " the list ", "and", " notes", "."])
    assert HtmlParser().write(page.encode(), [told], "en").decode() == "<p>See <a href=x>the list</a> and <b>notes</b>.</p>"
