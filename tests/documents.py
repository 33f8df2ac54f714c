"""Small documents made for tests: Word, PDF, archives, pictures, also such as nobody means well with."""

import io
import zipfile
from collections.abc import Mapping

from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

_FONT = "STSong-Light"
_W = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"'
)
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = (
    f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_STYLES = "".join(
    f'<w:style w:type="paragraph" w:styleId="{style}"><w:name w:val="{name}"/></w:style>'
    for style, name in (("Title", "Title"), ("1", "heading 1"), ("2", "heading 2"))
)


def picture(red: int = 200) -> bytes:
    """A small PNG; of another red another file."""
    output = io.BytesIO()
    Image.new("RGB", (32, 24), (red, 40, 40)).save(output, "PNG")
    return output.getvalue()


def archive(members: Mapping[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", compression) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return output.getvalue()


def paragraph(text: str, style: str = "") -> str:
    """For `word`; "Title", "1" and "2" are styles of headings."""
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def table(rows: list[list[str]]) -> str:
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def shown(relation: str, kind: str = "embed") -> str:
    """A picture: rId5 lies in the document, rId6 at `word(outside=…)`."""
    return (
        '<w:p><w:r><w:drawing><wp:inline><wp:docPr id="1" name="p" descr="界面"/><a:graphic><a:graphicData '
        'uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:blipFill>'
        f'<a:blip r:{kind}="{relation}"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline>'
        "</w:drawing></w:r></w:p>"
    )


def word(*content: str, outside: str = "", prolog: str = "", further: Mapping[str, bytes] | None = None) -> bytes:
    """A .docx of these paragraphs; `outside` is where its linked picture lies, `prolog` stands before its XML."""
    linked = f'<Relationship Id="rId6" Type="{_RELATION}/image" TargetMode="External" Target="{outside}"/>'
    return archive(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_RELATION}/officeDocument" Target="word/document.xml"/></Relationships>',
            "word/document.xml": f"{prolog}<w:document {_W}><w:body>{''.join(content)}</w:body></w:document>",
            "word/styles.xml": f"<w:styles {_W}>{_STYLES}</w:styles>",
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId5" '
            f'Type="{_RELATION}/image" Target="media/image.png"/>{linked if outside else ""}</Relationships>',
            "word/media/image.png": picture(),
            **(further or {}),
        }
    )


def pdf(*pages: list[tuple[int, str]] | None) -> bytes:
    """A .pdf; a page is a list of (size of the letters, line), None a page that was scanned."""
    pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    output = io.BytesIO()
    canvas = Canvas(output)
    for number, lines in enumerate(pages, start=1):
        if lines is None:
            canvas.drawImage(ImageReader(io.BytesIO(picture())), 60, 200, 400, 500)
        else:
            canvas.setFont(_FONT, 9)
            canvas.drawString(60, 810, "云户科技 用户手册")
            y = 770
            for size, line in lines:
                canvas.setFont(_FONT, size)
                canvas.drawString(60, y, line)
                y -= size * 1.6
            canvas.setFont(_FONT, 9)
            canvas.drawString(290, 30, f"- {number} -")
        canvas.showPage()
    canvas.save()
    return output.getvalue()
