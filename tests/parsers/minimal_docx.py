"""Builds the smallest package that is a Word document, from strings of XML."""

from collections.abc import Callable, Mapping
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from models.document import Block, Span, SpanKind
from parsers.word import WordParser

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT_W = "http://purl.oclc.org/ooxml/wordprocessingml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
NAMESPACES = (
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
CONTENT_TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
STYLES = (
    f'<w:styles xmlns:w="{W}"><w:docDefaults><w:rPrDefault><w:rPr><w:sz w:val="21"/></w:rPr></w:rPrDefault></w:docDefaults>'
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Heading"><w:name w:val="heading 9"/><w:basedOn w:val="Normal"/><w:rPr><w:b/></w:rPr></w:style>'
    '<w:style w:type="character" w:styleId="Strong"><w:name w:val="Strong"/><w:rPr><w:b/></w:rPr></w:style>'
    '<w:style w:type="character" w:styleId="Code"><w:name w:val="Inline Code"/>'
    '<w:rPr><w:rFonts w:ascii="Consolas" w:hAnsi="Consolas"/></w:rPr></w:style></w:styles>'
)
STAMP = (2021, 3, 4, 5, 6, 8)


def relationships(*items: tuple[str, str], base: str = OFFICE) -> str:
    """Return a relationships part for pairs of type and target."""
    rows = "".join(f'<Relationship Id="r{i}" Type="{base}/{kind}" Target="{target}"/>' for i, (kind, target) in enumerate(items))
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{rows}</Relationships>'


def story(name: str, content: str, namespace: str = W) -> str:
    """Return the XML of a part whose root is `w:<name>`."""
    return f'{DECLARATION}<w:{name} xmlns:w="{namespace}" {NAMESPACES} mc:Ignorable="wps">{content}</w:{name}>'


def zipped(parts: Mapping[str, str | bytes], method: int = ZIP_DEFLATED) -> bytes:
    """Return a zip archive of `parts` in their order, under one fixed time stamp."""
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            info = ZipInfo(name, STAMP)
            info.compress_type = method
            archive.writestr(info, content)
    return buffer.getvalue()


def parts_of(body: str, **stories: str) -> dict[str, str | bytes]:
    """Return the parts of a document with `body` and, by keyword, the XML of headers, footers, footnotes and endnotes."""
    related = relationships(*[(kind, f"{kind}1.xml") for kind in stories])
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": relationships(("officeDocument", "word/document.xml")),
        "word/document.xml": story("document", f"<w:body>{body}</w:body>"),
        "word/_rels/document.xml.rels": related,
        "word/media/image1.png": b"\x89PNG" + bytes(range(256)),
    }
    return parts | {f"word/{kind}1.xml": content for kind, content in stories.items()}


def docx(body: str, **stories: str) -> bytes:
    """Return a document, see `parts_of`."""
    return zipped(parts_of(body, **stories))


def p(*content: str) -> str:
    """Return a paragraph; content that is no markup becomes a run of its own."""
    return "<w:p>" + "".join(item if item.startswith("<") else r(item) for item in content) + "</w:p>"


def r(text: str, properties: str = "") -> str:
    """Return a run."""
    return f'<w:r>{properties}<w:t xml:space="preserve">{text}</w:t></w:r>'


def field_mark(kind: str) -> str:
    """Return the begin, separate or end of a complex field."""
    return f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>'


def field(code: str, result: str) -> str:
    """Return a complex field."""
    instruction = f"<w:r><w:instrText>{code}</w:instrText></w:r>"
    return field_mark("begin") + instruction + field_mark("separate") + result + field_mark("end")


def text_box(*paragraphs: str) -> str:
    """Return a run with a text box in the two forms that Word writes."""
    content = f"<w:txbxContent>{''.join(paragraphs)}</w:txbxContent>"
    choice = f'<mc:Choice Requires="wps"><w:drawing><wps:txbx>{content}</wps:txbx></w:drawing></mc:Choice>'
    fallback = f"<mc:Fallback><w:pict><v:textbox>{content}</v:textbox></w:pict></mc:Fallback>"
    return f"<w:r><mc:AlternateContent>{choice}{fallback}</mc:AlternateContent></w:r>"


def shout(text: str) -> str:
    """Return a translation that is easy to tell from its source."""
    return text.upper()


def texts(data: bytes) -> list[str]:
    """Return the text of every block of a document."""
    return [block.text for block in WordParser().read(data).blocks]


def rewritten(block: Block, change: Callable[[str], str]) -> Block:
    """Return `block` with `change` done to every slot of text."""
    text, spans = "", []
    for span in block.spans:
        old = block.text[span.start : span.end]
        new = change(old) if span.kind is SpanKind.TEXT else old
        spans.append(Span(len(text), len(text) + len(new), span.code))
        text += new
    return Block(text, tuple(spans))


def translated(data: bytes, change: Callable[[str], str], lang: str = "en") -> bytes:
    """Return the document with `change` done to every slot of text."""
    parser = WordParser()
    return parser.write(data, [rewritten(block, change) for block in parser.read(data).blocks], lang)


def part(data: bytes, name: str = "word/document.xml") -> str:
    """Return one part of a document as a string."""
    with ZipFile(BytesIO(data)) as archive:
        return archive.read(name).decode()
