"""The printed card: single-use codes as QR and digits on A4, to cut; and the uses of the person's earlier codes."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from consent_ledger.receipts.pdf import pdf_printer
from node.cards.cards import IssuedCard
from node.cards.errors import CardFileTaken
from node.cards.model import CEILING_NAMES, Card
from node.ledger.own import own_consents
from policies.catalogue import load_catalogue
from policies.vocabulary import load_vocabulary
from presentation.formats import day, listed
from presentation.messages import _, in_language, speaking
from presentation.pages import Pages
from presentation.qr import qr_symbol
from records_exchange.assurance.person_code import grouped
from service.files import write_private

if TYPE_CHECKING:
    from node.context import NodeContext

_PAGES: Final = Pages("node.cards")


class CardFiles:
    """The files of a card that is to be written: one HTML page, and its PDF where that is possible."""

    def __init__(self, out: Path, *, pdf: bool | None) -> None:
        """Check that the files can be written, before a card is issued.

        Args:
            out: the file; its name gives both, with the endings ``.html`` and ``.pdf``.
            pdf: None writes the PDF where ``redpact[pdf]`` is installed.

        Raises:
            CardFileTaken: there is one of that name.
            PdfUnavailable: the PDF is wanted, and its library is not installed.
        """
        self.html, self._pdf = out.with_suffix(".html"), out.with_suffix(".pdf")
        self._print = pdf_printer(pdf)
        for path in (self.html, self._pdf):
            if path.exists():
                raise CardFileTaken(_("{path} ya existe", path=path), remedy=_("elija otro nombre en --out"))

    def write(self, page: str) -> tuple[Path, ...]:
        """Write the page to files that only their owner can read, and return them.

        Raises:
            StorageFull, HomeUnusable: they cannot be written.
        """
        write_private(self.html, page.encode())
        if self._print is None:
            return (self.html,)
        write_private(self._pdf, self._print(page))
        return self.html, self._pdf


def card_page(context: "NodeContext", issued: IssuedCard, lang: str) -> str:
    """Return the page of a new card in a language. It holds the codes: nobody but the person may keep it."""
    names, own = context.entity_names(), context.settings.entity
    return _PAGES.render(
        "card.html",
        lang,
        holder=names.get(own, own),
        card=issued.card,
        serial=grouped(issued.card.serial),
        codes=tuple(_coupons(issued, own, lang)),
        earlier=earlier_uses(context, issued.earlier, lang),
    )


def earlier_uses(context: "NodeContext", cards: tuple[Card, ...], lang: str) -> tuple[tuple[str, ...], ...]:
    """Return what the used codes of some cards opened, in words, the newest first."""
    names = context.entity_names()
    used = sorted(
        ((code.used_at, card.serial, code) for card in cards for code in card.used if code.used_at),
        key=lambda found: found[0],
        reverse=True,
    )
    rows = []
    with context.snapshot() as session:
        register = own_consents(context, session)
        for used_at, serial, code in used:
            view = register.find(code.consent_id or "")
            record = view.record if view else None
            rows.append(
                (
                    day(used_at, lang),
                    f"{grouped(serial)} · {code.number}",
                    names.get(code.used_by or "", code.used_by or ""),
                    _terms(record.purposes if record else code.ceiling.purposes, _purposes(lang), lang),
                    _terms(record.recipients if record else (), names, lang),
                    _terms(record.fields if record else (), _fields(lang), lang),
                )
            )
    return tuple(rows)


def _coupons(issued: IssuedCard, holder: str, lang: str) -> Iterator[dict[str, object]]:
    say = speaking(lang)
    for kept, given in zip(issued.card.codes, issued.codes, strict=True):
        yield {
            "number": given.number,
            "symbols": grouped(given.code),
            "purposes": _terms(kept.ceiling.purposes, _purposes(lang), lang),
            "ceiling": in_language(CEILING_NAMES[kept.ceiling.sensitivity], lang),
            "qr": qr_symbol(given.qr_text(holder), say("Código {number:d}", number=given.number)),
        }


def _terms(ids: tuple[str, ...], labels: "Mapping[str, str]", lang: str) -> str:
    return listed([labels.get(each, each) for each in ids], lang) if ids else "-"


def _purposes(lang: str) -> dict[str, str]:
    return {purpose.id: purpose.label(lang) for purpose in load_vocabulary().purposes}


def _fields(lang: str) -> dict[str, str]:
    return {spec.id: spec.label(lang) for spec in load_catalogue().fields}
