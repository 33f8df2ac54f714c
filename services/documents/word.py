"""Word documents as Markdown: headings, lists, tables and pictures; macros and what lies elsewhere are left out."""

import io
import zipfile

import bs4
import mammoth
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse
from mammoth.docx.files import ExternalFileAccessIsDisabledError

from app.errors import Invalid, Reason, TooLarge
from services.documents import pages, texts
from services.documents.archive import BROKEN, refuse_bomb
from services.documents.found import Document
from services.documents.pictures import Pictures

MOST_PARTS = 5_000
#: what a title is called is known to Word, not to Mammoth
_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='标题'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
"""
#: Word's own formats of drawings, which no browser shows
_SHOWN = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}


def read_word(data: bytes, place: str, name: str, pictures: Pictures) -> Document:
    """A .docx file. Raises Invalid, TooLarge."""
    _examine(data)
    document = Document(place, "", "")
    try:
        result = mammoth.convert_to_html(
            io.BytesIO(data),
            style_map=_STYLES,
            convert_image=mammoth.images.img_element(lambda image: _picture(image, document, pictures)),
            external_file_access=False,
        )
        soup = bs4.BeautifulSoup(result.value, "html.parser")
        document.body = pages.to_markdown(soup)
        heading = soup.find("h1")
        document.title = " ".join(heading.get_text().split()) if heading else ""
    except RecursionError:
        raise Invalid("The document is nested too deeply") from None
    except (*BROKEN, KeyError, AttributeError, IndexError, TypeError, SyntaxError, DefusedXmlException) as error:
        raise Invalid("The document cannot be read") from error
    if not document.body.strip():
        raise Invalid("No text was found in the document")
    document.title = document.title or name.rsplit(".", 1)[0]
    document.body = texts.without_title(document.body, document.title)
    return document


def _examine(data: bytes) -> None:
    """Refuse what Word never writes: bombs, and XML that defines things of its own."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS:
                raise TooLarge("The archive has too many files", limit=MOST_PARTS)
            refuse_bomb(parts)
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as file:
                        next(iter(iterparse(file, events=("start",), forbid_dtd=True)), None)
    except (*BROKEN, DefusedXmlException, ParseError):
        raise Invalid("The document cannot be read") from None


def _picture(image, document: Document, pictures: Pictures) -> dict[str, str]:
    """Put a picture aside, or say why not."""
    ending = _SHOWN.get(image.content_type)
    if ending is None:
        document.remarks.append(Reason("A drawing in a format of Word's own is left out"))
        return {"src": ""}
    try:
        with image.open() as file:
            data = file.read()
        key = pictures.keep(data, f"picture.{ending}")
    except ExternalFileAccessIsDisabledError:
        document.remarks.append(Reason("A picture that lies elsewhere is not fetched"))
        return {"src": ""}
    except TooLarge:
        document.remarks.append(Reason("A picture is too large and is left out"))
        return {"src": ""}
    document.pictures[f"import:{key}"] = (key, f"picture-{len(document.pictures) + 1}.{ending}")
    return {"src": f"import:{key}"}
