"""The part of a ledger that an officer's report tells of: days and a person. The checks are made over all of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Self

from consent_ledger.audit.structure import AuditedEntry
from consent_ledger.errors import SelectionInvalid
from presentation.formats import day, local
from presentation.messages import Message, _

Listener = Callable[[AuditedEntry], None]


@dataclass(slots=True)
class Selection:
    """The local days and the person that a report tells of; without any of them it tells everything.

    Of a person it takes the entries that name them, those about their consents, and readings of many people.
    """

    since: date | None = None
    until: date | None = None
    person: str = ""

    @classmethod
    def read(cls, since: str, until: str, person: str) -> Self:
        """Read the choices of a command.

        Raises:
            SelectionInvalid: a day is not written as YYYY-MM-DD, or the last is before the first.
        """
        chosen = cls(_day(since), _day(until), person)
        if chosen.since and chosen.until and chosen.until < chosen.since:
            raise SelectionInvalid(_("el último día es anterior al primero"), remedy=_("compruebe --since y --until"))
        return chosen

    @property
    def whole(self) -> bool:
        """True when nothing is left out."""
        return self.since is None and self.until is None and not self.person

    def words(self, lang: str) -> Message:
        """Return the sentence that says what the report is about."""
        first = day(self.since, lang) if self.since else _("el principio")
        last = day(self.until, lang) if self.until else _("el final")
        if self.person:
            return _(
                "Solo se muestra lo anotado sobre {person}, desde {first} hasta {last}.",
                person=self.person,
                first=first,
                last=last,
            )
        return _("Solo se muestra lo anotado desde {first} hasta {last}.", first=first, last=last)

    def listener(self, listener: Listener) -> Listener:
        """Return a listener that hands on the entries of the selection."""
        if self.whole:
            return listener
        consents: set[str] = set()

        def chosen(entry: AuditedEntry) -> None:
            # The consents are noted also outside the days: what is said of them later names no person.
            about = self._about(entry, consents)
            if about and (self.since or date.min) <= local(entry.leaf.time).date() <= (self.until or date.max):
                listener(entry)

        return chosen

    def _about(self, entry: AuditedEntry, consents: set[str]) -> bool:
        if not self.person:
            return True
        body = entry.body.model_dump(mode="json") if entry.body is not None else {}
        consent = body.get("consent_id")
        if body.get("person_ref") == self.person:
            consents.update([consent] if isinstance(consent, str) else [])
            return True
        return consent in consents or ("people" in body and body["person_ref"] is None)


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise SelectionInvalid(_("no es una fecha válida"), remedy=_("escríbala como AAAA-MM-DD")) from error
