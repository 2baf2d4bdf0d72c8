"""The card on which a linkage code is handed out: an HTML page to print, es and en, without personal data."""

from html import escape
from pathlib import Path
from typing import Final

from node.people.errors import CardExists
from node.people.linkage_code import grouped
from presentation.messages import _
from service.files import write_private

_STYLE: Final = (
    "body{font-family:sans-serif;margin:2cm;color:#111}"
    ".card{border:2px solid #111;border-radius:4mm;padding:8mm;max-width:150mm}"
    "h1{font-size:14pt;margin:0 0 4mm}.code{font:bold 22pt monospace;letter-spacing:1pt;margin:6mm 0;text-align:center}"
    "p{font-size:10.5pt;line-height:1.4;margin:0 0 3mm}.en{border-top:1px solid #999;padding-top:4mm;margin-top:5mm}"
)
_TITLES: Final = {"es": "Código de enlace", "en": "Linkage code"}
_TEXT: Final = {
    "es": """
Enséñelo en las entidades que le ayudan. Con él, y solo si usted lo ha consentido, pueden encontrar lo que otra entidad
anotó, para no preguntárselo otra vez.

No es un documento de identidad y no dice quién es usted. El código no contiene sus datos, ni permite verlos a quien lo
encuentre. Es voluntario: puede pedir ayuda sin él.

Guárdelo bien. Si lo pierde, dígalo donde le atienden: le darán otro.
""",
    "en": """
Show it at the organisations that help you. With it, and only if you have consented, they can find what another
organisation took down, so that you are not asked again.

It is no identity document and does not say who you are. The code holds none of your data, and does not let whoever
finds it see them. It is voluntary: you can ask for help without it.

Keep it safe. If you lose it, say so where you are helped: you will get another.
""",
}


def write_card(path: Path, code: str, network: str) -> None:
    """Write the card to a new file that only its owner can read.

    Raises:
        CardExists: there is a file of that name.
        HomeUnusable, StorageFull: it cannot be written.
    """
    if path.exists():
        raise CardExists(_("{path} ya existe", path=path), remedy=_("elija otro nombre"))
    write_private(path, linkage_card(code, network))


def linkage_card(code: str, network: str) -> bytes:
    """Return the page.

    Args:
        code: in normal form.
        network: the name of the network that knows such codes.
    """
    spanish, english = (_part(language) for language in ("es", "en"))
    page = (
        '<!DOCTYPE html>\n<html lang="es"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(grouped(code))}</title><style>{_STYLE}</style></head>\n"
        f'<body><div class="card">{spanish}\n<div class="code">{escape(grouped(code))}</div>\n'
        f'<div class="en" lang="en">{english}</div>\n<p><small>{escape(network)}</small></p></div></body></html>\n'
    )
    return page.encode()


def _part(language: str) -> str:
    paragraphs = _TEXT[language].strip().split("\n\n")
    return f"<h1>{_TITLES[language]}</h1>" + "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
