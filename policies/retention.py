"""The retention schedule: periods for which the content of ledger entries is kept, and the bases for erasing it."""

from datetime import datetime
from functools import cache
from typing import Final, Literal

from pydantic import Field

from policies.documents import Entry, Labelled, read_document
from policies.errors import PolicyDocumentDamaged
from policies.local_days import end_after
from policies.terms import find_term
from presentation.messages import _

# Made once, as terms are looked up many times a request.
_BASIS: Final = _("motivo de supresión")

DOCUMENT = "data/retention.yaml"


class ErasureBasis(Labelled):
    """A basis for erasing content: an article of the law."""

    id: str = Field(pattern=r"^[A-Za-z0-9:.-]{1,60}$")


class RetentionRule(Labelled):
    """The period for which the content of some types of entry is kept."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    entries: frozenset[str] = Field(min_length=1, description="types of ledger entry")
    counted_from: Literal["event", "consent_end"] = Field(alias="from")
    keep_days: int = Field(ge=1, le=36_525)
    basis: str

    def kept_until(self, since: datetime) -> datetime:
        """Return the end of the period that begins at a moment: the end of its last local day, UTC."""
        return end_after(since, self.keep_days)


class _Document(Entry):
    version: str
    bases: tuple[ErasureBasis, ...]
    rules: tuple[RetentionRule, ...]
    import_undo_days: int = Field(ge=1, le=366, description="days for which an import can be undone")


class Retention:
    """The schedule of the network.

    Attributes:
        bases: for erasing content.
        rules: for the content of ledger entries.
        import_undo_days: days for which the state before an import is kept, so that it can be undone.
    """

    def __init__(
        self, bases: tuple[ErasureBasis, ...], rules: tuple[RetentionRule, ...], import_undo_days: int = 30
    ) -> None:
        self.bases = bases
        self.rules = rules
        self.import_undo_days = import_undo_days
        self._bases = {basis.id: basis for basis in bases}
        self._by_entry = {kind: rule for rule in rules for kind in rule.entries}
        if len(self._by_entry) != sum(len(rule.entries) for rule in rules):
            raise PolicyDocumentDamaged(_("retention.yaml: un tipo de anotación tiene dos reglas"))
        for rule in rules:
            if rule.basis not in self._bases:
                raise PolicyDocumentDamaged(
                    _(
                        "retention.yaml: {rule}: no existe el motivo de supresión {basis!r}",
                        rule=rule.id,
                        basis=rule.basis,
                    )
                )

    def basis(self, basis_id: str) -> ErasureBasis:
        """Return a basis for erasure.

        Raises:
            UnknownTerm: there is none of that id.
        """
        return find_term(_BASIS, self._bases, basis_id)

    def basis_label(self, basis_id: str, lang: str = "es") -> str:
        """Return the name of a basis; one that this version does not know stands for itself."""
        known = self._bases.get(basis_id)
        return known.label(lang) if known else basis_id

    def rule_of(self, entry_type: str) -> RetentionRule | None:
        """Return the rule for a type of entry, None for one that is kept for ever."""
        return self._by_entry.get(entry_type)


@cache
def load_retention() -> Retention:
    """Return the bundled schedule, read once.

    Raises:
        PolicyDocumentDamaged: the installed document is unreadable or contradicts itself.
    """
    document = read_document(DOCUMENT, _Document)
    return Retention(document.bases, document.rules, document.import_undo_days)
