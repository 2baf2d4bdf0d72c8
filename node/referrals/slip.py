"""The slip a person takes along: where to go, until when, and the code that says why; one page, to be printed.

It names no person, service or need, so that a slip left on a bus tells nothing of anybody: whoever finds it has a code
that only works together with the person's document.
"""

from datetime import datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from node.referrals.errors import ReferralInvalid
from node.referrals.referrals import Referrals
from node.referrals.store import SHORTEST_PREFIX, Referral
from policies.referrals import OPEN, ReferralSide
from presentation.messages import _
from service.files import write_private

if TYPE_CHECKING:
    from node.context import NodeContext

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE: Final = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}"
    "body{color:#111;background:#fff}"
    "section{border:2px solid #111;border-radius:.5rem;padding:1rem 1.5rem;margin-bottom:1.5rem}"
    "h1{font-size:1.4rem;margin:.2rem 0}dt{font-weight:700;margin-top:.6rem}dd{margin:0}"
    ".code{font:700 2rem/1.2 ui-monospace,monospace;letter-spacing:.12em}.long{font:.9rem ui-monospace,monospace}"
    "@media print{body{margin:0;font-size:11pt}section{break-inside:avoid}}"
)
_TEXTS: Final = {
    "es": {
        "title": "Volante de derivación",
        "code": "Su código",
        "whole": "Código completo",
        "to": "Acuda a",
        "from": "Le deriva",
        "until": "La entidad contestará antes del",
        "how": "Lleve este volante y su documento de identidad. Este papel no dice quién es usted ni por qué acude: "
        "sin su documento, el código no sirve de nada.",
        "rights": "Puede decir que no, y retirar su consentimiento cuando quiera, en cualquier entidad de la red.",
    },
    "en": {
        "title": "Referral slip",
        "code": "Your code",
        "whole": "Full code",
        "to": "Go to",
        "from": "Referred by",
        "until": "The entity will answer before",
        "how": "Take this slip and your identity document with you. This paper does not say who you are or why you "
        "come: without your document the code is of no use.",
        "rights": "You can say no, and withdraw your consent whenever you want, at any entity of the network.",
    },
}


def write_slip(context: "NodeContext", reference: str, file: Path) -> Referral:
    """Write the slip of a referral that was sent from here, in Spanish and English, and return the referral.

    Raises:
        ReferralUnknown: there is no such referral.
        ReferralInvalid: it was received, or nobody waits for the person any more.
        StorageFull, HomeUnusable: the file cannot be written.
    """
    referral, _unused = Referrals(context).show(reference)
    if referral.side is not ReferralSide.SENDER or referral.state not in OPEN:
        raise ReferralInvalid(
            _("solo se hace un volante de una derivación enviada desde aquí y abierta"),
            remedy=_("consulte: referral list --open"),
        )
    directory, own = context.directory.newest(), context.settings.entity
    names = {party.id: party.name for party in directory.entities} if directory else {}
    page = slip_page(referral, to=names.get(referral.peer, referral.peer), sender=names.get(own, own))
    write_private(file, page.encode())
    return referral


def slip_page(referral: Referral, *, to: str, sender: str) -> str:
    """Return the page: one part a language."""
    parts = "".join(_part(referral, language, to, sender) for language in ("es", "en"))
    return (
        f'<!doctype html>\n<html lang="es"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(_TEXTS["es"]["title"])}</title>'
        f"<style>{_STYLE}</style></head><body>{parts}</body></html>\n"
    )


def _part(referral: Referral, language: str, to: str, sender: str) -> str:
    text, whole = _TEXTS[language], referral.referral_id
    short = _grouped(whole[:SHORTEST_PREFIX])
    rows = (
        ("code", f'<span class="code">{short}</span>'),
        ("to", escape(to)),
        ("from", escape(sender)),
        ("until", _day(referral.answer_by)),
        ("whole", f'<span class="long">{_grouped(whole)}</span>'),
    )
    listing = "".join(f"<dt>{escape(text[name])}</dt><dd>{value}</dd>" for name, value in rows)
    return (
        f'<section lang="{language}"><h1>{escape(text["title"])}</h1><dl>{listing}</dl>'
        f"<p>{escape(text['how'])}</p><p>{escape(text['rights'])}</p></section>"
    )


def _grouped(code: str) -> str:
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def _day(moment: datetime | None) -> str:
    return f'<time datetime="{moment.isoformat()}">{moment:%d/%m/%Y}</time>' if moment else "-"
