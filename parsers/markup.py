"""What the HTML standard says about elements and attributes, as data."""

import re


def _words(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


# Elements that start and end a block of text (display: block, list-item, table-*; and the few whose text always stands alone).
# An element in no set is inline, as browsers treat an element they do not know.
BLOCK_TAGS = _words("""
    address article aside blockquote body caption center col colgroup dd details dialog dir div dl dt fieldset figcaption figure footer
    form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li listing main menu nav noframes ol optgroup option p
    plaintext pre search section summary table tbody td tfoot th thead title tr ul xmp
    """)

# Inline elements with text of their own inside a sentence: it is translated apart, and the sentence goes on behind them.
ISLAND_TAGS = _words("audio button canvas datalist desc foreignobject object select svg text video")

VOID_TAGS = _words("area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr")

# Their content is one string up to the end tag: no tag, no comment starts in it. In the escapable ones character references count.
RAW_TEXT_TAGS = _words("iframe noembed noframes script style xmp")
ESCAPABLE_RAW_TEXT_TAGS = _words("textarea title")

# Their content is never translated. `rt` and its kin say how a character sounds, not what it means.
IGNORED_TAGS = _words("""
    code iframe kbd listing math noembed noframes plaintext rp rt rtc samp script style textarea var xmp
    """)

# Elements in a sentence that are not translated, or apart from it, and read as a word of it.
KEPT_WORD_TAGS = _words("button code kbd math samp select var")

# A <pre> that holds one of these, or names itself so by a word of its class, shows code.
CODE_TAGS = _words("code kbd samp")
_CODE_WORDS = "brush|code|codehilite|highlight|hljs|lang|language|linenums|prettyprint|source|sourcecode|syntax"
CODE_CLASS = re.compile(rf"(^|[\s_:-])({_CODE_WORDS})($|[\s_:-])")

# Inside <svg> only these hold text that is read.
SVG_TEXT_TAGS = _words("desc foreignobject text title")

# A block whose whole text lies in several of these is a list of labels (a menu, a row of fields), not a sentence.
LABEL_TAGS = _words("a label")

TEXT_ATTRIBUTES = _words("""
    abbr alt aria-description aria-label aria-placeholder aria-roledescription aria-valuetext label placeholder summary title
    """)
VALUE_INPUT_TYPES = _words("button reset submit")
META_NAMES = _words("""
    apple-mobile-web-app-title application-name dc.description dc.subject dc.title dcterms.description dcterms.title description keywords
    og:description og:image:alt og:site_name og:title subject twitter:description twitter:image:alt twitter:title
    """)

# Declared on an element of its own, these languages are written with Han characters too, but are not Chinese.
OTHER_HAN_LANGUAGES = _words("ja ko")
CHINESE_LANGUAGES = _words("cmn yue zh")
RIGHT_TO_LEFT_LANGUAGES = _words("ar ckb dv fa he ps sd ug ur yi")

# A start tag ends these open elements, where no barrier stands between (an end tag may be left out).
_CELLS = _words("td th")
_ROW_GROUPS = _words("tbody tfoot thead")
_TERMS = _words("dd dt")
IMPLIED_END_TAGS = {
    **dict.fromkeys(
        _words(
            """
            address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6
            header hgroup hr listing main menu nav ol p plaintext pre search section summary table ul xmp
            """
        ),
        _words("p"),
    ),
    "li": _words("li"),
    "dd": _TERMS,
    "dt": _TERMS,
    "td": _CELLS,
    "th": _CELLS,
    "tr": _words("tr"),
    "tbody": _ROW_GROUPS,
    "tfoot": _ROW_GROUPS,
    "thead": _ROW_GROUPS,
    "option": _words("option"),
    "optgroup": _words("optgroup"),
    "body": _words("head"),
}
TABLE_TAGS = _words("caption col colgroup table tbody td tfoot th thead tr")
LIST_BARRIERS = _words("button caption dialog dl menu object ol select table td template th ul")
CELL_BARRIERS = _words("button caption object select table td template th")
TABLE_BARRIERS = _words("table template")
