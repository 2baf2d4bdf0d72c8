"""Cards of single-use codes, given to people and blocked, in the officer's report."""

from collections.abc import Mapping
from typing import Final

from typing_extensions import override

from consent_ledger.audit.feature import Feature, Reader
from consent_ledger.audit.story import RowSection
from consent_ledger.audit.words import Glossary
from consent_ledger.log.card_bodies import CardBlockedBody, CardIssuedBody
from consent_ledger.log.entry import Body, EntryType
from policies.card_ends import card_end_label
from presentation.messages import _


class IssuedCardSection(RowSection):
    """Each card that was given to a person."""

    template = "audit/cards_issued.html"
    counted = EntryType.CARD_ISSUED

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {CardIssuedBody: self.add}


class BlockedCardSection(RowSection):
    """Each card that serves no more, with the reason."""

    template = "audit/cards_blocked.html"
    counted = EntryType.CARD_BLOCKED

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {CardBlockedBody: self.add}

    @override
    def context(self, glossary: Glossary) -> dict[str, object]:
        return super().context(glossary) | {"end": lambda code: card_end_label(code, glossary.lang)}


CARDS: Final = Feature(
    names={EntryType.CARD_ISSUED: _("Tarjetas dadas"), EntryType.CARD_BLOCKED: _("Tarjetas bloqueadas")},
    sections=(IssuedCardSection, BlockedCardSection),
)
