"""Fills real documents with Chinese, so that their structure meets the language that is translated."""

import re
from io import BytesIO
from itertools import cycle
from zipfile import ZipFile

CHINESE = (
    "本公司于2024年在上海设立了研发中心，主要从事工业软件的开发与服务。项目组按照计划完成了全部测试，结果符合要求。"
    "“质量第一”是我们一贯的原则！请各部门在三月底之前提交预算（包括人员与设备费用）；逾期不再受理。"
    "根据合同第五条，甲方应当在收到发票后三十日内付款。数据显示，用户满意度比去年提高了12.5%。"
)
_TEXT = re.compile(rb"(<(?:w|a):t(?: [^>]*)?>)([^<]+)(</(?:w|a):t>)")
_WORDS = re.compile(r"[^\W\d_]{2}")


def hanified(data: bytes) -> bytes:
    """Return the document with running Chinese text, about half as long, in the place of every text that has words."""
    flow = cycle(CHINESE)

    def fill(match: re.Match[bytes]) -> bytes:
        text = match[2].decode()
        if not _WORDS.search(text):
            return match[0]
        chinese = "".join(next(flow) for _ in range(max(1, len(text.strip()) // 2)))
        lead, trail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
        return match[1] + f"{lead}{chinese}{trail}".encode() + match[3]

    buffer = BytesIO()
    with ZipFile(BytesIO(data)) as source, ZipFile(buffer, "w") as target:
        for info in source.infolist():
            part = source.read(info)
            is_text = info.filename.startswith("word/") and info.filename.endswith(".xml") and b'encoding="UTF-16' not in part[:99]
            target.writestr(info, _TEXT.sub(fill, part) if is_text else part)
    return buffer.getvalue()
