"""A page in Spanish and English in one HTML file: a choice of language and no script, nothing loaded."""

from collections.abc import Mapping
from typing import Final

LANGUAGES: Final = ("es", "en")
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE: Final = """
:root{color-scheme:light}*{box-sizing:border-box}
body{font:1rem/1.5 system-ui,"DejaVu Sans",sans-serif;margin:0;color:#111;background:#fff}
main,nav{max-width:76rem;margin:0 auto;padding:0 1.25rem}nav{padding-top:1rem;text-align:right}
nav label{margin-left:1rem;cursor:pointer;text-decoration:underline}
input[name=lang]{position:absolute;opacity:0}
input[name=lang]:focus-visible~nav{outline:2px solid #1f4e79}
#es:checked~main[lang=en],#en:checked~main[lang=es]{display:none}
#es:checked~nav [for=es],#en:checked~nav [for=en]{font-weight:700;text-decoration:none}
h1{font-size:1.8rem;line-height:1.2;margin:.5rem 0}
"""


def bilingual_page(title: str, mains: Mapping[str, str], *, language: str, style: str) -> str:
    """Return the page.

    Args:
        title: of the window, HTML already.
        mains: the content in each of the `LANGUAGES`, HTML already.
        language: the one it opens in.
        style: CSS beyond what every such page has.
    """
    choices = "".join(
        f'<input type="radio" name="lang" id="{each}"{" checked" if each == language else ""}>' for each in LANGUAGES
    )
    content = "".join(f'<main lang="{each}">{mains[each]}</main>' for each in LANGUAGES)
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title>'
        f"<style>{_STYLE}{style}</style></head><body>{choices}"
        '<nav><label for="es" lang="es">Castellano</label><label for="en" lang="en">English</label></nav>'
        f"{content}</body></html>\n"
    )
