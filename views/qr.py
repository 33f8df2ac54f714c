"""QR codes as pictures, drawn here and not by a service elsewhere."""

import io

import segno

#: format → (media type, options); PNG is sharp enough for a poster, SVG for any size
FORMATS = {
    "svg": ("image/svg+xml", {"scale": 10, "border": 4, "dark": "#111", "light": "#fff"}),
    "png": ("image/png", {"scale": 24, "border": 4}),
}


def picture(text: str, kind: str) -> bytes:
    """The QR code of `text` as a file. Level M: still read when an eighth of it is worn off."""
    output = io.BytesIO()
    segno.make(text, error="m", micro=False).save(output, kind=kind, **FORMATS[kind][1])
    return output.getvalue()


def inline(text: str) -> str:
    """The same as an SVG that stands in a page."""
    return segno.make(text, error="m", micro=False).svg_inline(border=0, dark="#111", omitsize=True)
