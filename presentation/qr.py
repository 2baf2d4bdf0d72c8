"""QR symbols (ISO/IEC 18004) as SVG, for pages. The only module that imports segno."""

from markupsafe import Markup


def qr_symbol(text: str, label: str) -> Markup:
    """Return the QR symbol of a text, black on white, as an SVG image that a screen reader calls `label`."""
    import segno

    symbol = segno.make_qr(text, error="m")
    drawn = symbol.svg_inline(border=2, light="#fff", omitsize=True, svgclass="qr", lineclass=None, title=label)
    return Markup(drawn)  # noqa: S704 - segno drew it, and escapes the title
