"""The labels of numbered lists and headings, which Word counts by itself: `第一章` becomes `Chapter 1`, `（二）` becomes `(2)`."""

import re
from typing import Final

from parsers.word_names import HAN, WORD_NAMESPACES, Element
from parsers.word_typography import half_width


def _pairs(text: str) -> dict[str, str]:
    """Return the words of a text as keys and values in turn."""
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


_FORMATS: Final = _pairs("""
    chineseCounting decimal chineseCountingThousand decimal chineseLegalSimplified decimal ideographDigital decimal
    taiwaneseCounting decimal taiwaneseCountingThousand decimal taiwaneseDigital decimal ideographLegalTraditional decimal
    japaneseCounting decimal japaneseDigitalTenThousand decimal decimalFullWidth decimal decimalFullWidth2 decimal
    ideographTraditional upperLetter ideographZodiac upperLetter ideographEnclosedCircle decimalEnclosedCircle
    """)
_UNITS: Final = _pairs("""
    章 Chapter 节 Section 節 Section 条 Article 條 Article 款 Paragraph 项 Item 項 Item 篇 Part 编 Part 編 Part 部分 Part 部 Part
    卷 Volume 册 Book 課 Lesson 课 Lesson 讲 Lecture 步 Step 单元 Unit 阶段 Stage 期 Issue 号 No.
    """)
_HEADS: Final = _pairs("""
    附录 Appendix 附錄 Appendix 附件 Annex 附表 Schedule 附图 Figure 图 Figure 圖 Figure 表 Table 例 Example 案例 Case 步骤 Step
    公式 Formula 问题 Question 注 Note 阶段 Stage
    """)
_COUNTED = re.compile(rf"第\s*((?:%\d[.．\-—])*%\d)\s*({'|'.join(sorted(_UNITS, key=len, reverse=True))})")
_HEADED = re.compile(rf"({'|'.join(sorted(_HEADS, key=len, reverse=True))})\s*(?=%\d)")
_LEVELS = tuple(f"{{{namespace}}}lvl" for namespace in WORD_NAMESPACES)


def relabel(root: Element) -> bool:
    """Set the labels below the root of a numbering part in English, and tell whether there were any to set; unknown ones stay whole."""
    return sum(map(_relabel_level, root.iter(*_LEVELS))) > 0


def label(text: str) -> str:
    """Return the text of a label, with `%1` and the like for its numbers, in English; Chinese that is not known stays."""
    counted = _COUNTED.sub(lambda match: f"{_UNITS[match[2]]} {match[1]}", text)
    headed = _HEADED.sub(lambda match: f"{_HEADS[match[1]]} ", counted)
    return headed if HAN.search(headed) else half_width(headed.replace("、", "."))


def _relabel_level(level: Element) -> bool:
    word = str(level.tag).removesuffix("lvl")
    form, text, suffix = (level.find(f"{word}{name}") for name in ("numFmt", "lvlText", "suff"))
    value = f"{word}val"
    if text is None or form is None:
        return False
    old = text.get(value, "")
    new = label(old)
    kind = form.get(value, "")
    if HAN.search(new) or "%" not in new or (new == old and kind not in _FORMATS):
        return False
    if suffix is not None and suffix.get(value) == "nothing" and not new.endswith((" ", "(")):
        new += " "  # Chinese sets no blank behind a label
    form.set(value, _FORMATS.get(kind, kind))
    text.set(value, new)
    return True
