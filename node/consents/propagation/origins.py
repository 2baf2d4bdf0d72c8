"""The entities where consents were given, as ``doctor`` and ``status`` show them: whether they are heard."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from consent_ledger.consents.in_force import Obstacle
from node.consents.freshness import last_word
from node.consents.in_force import ConsentInForce, InForce
from node.context import NodeContext
from node.seals.contacts import contacts_in
from policies.errors import RedpactError
from presentation.messages import Message, _, joined, speaking
from records_exchange.contacts import Contacts
from service.findings import Finding, Level

_REMEDY: Final = _(
    "compruebe la conexión con ellas y pregunte si su nodo está en marcha; se volverá a compartir cuando den noticias"
)


@dataclass(frozen=True, slots=True)
class SilentOrigin:
    """An entity that was not heard within the freshness bound.

    Attributes:
        entity: its id.
        consents: number of consents given there that are not in force here for this reason.
        heard_until: the time up to which its account is complete; None when it never gave one. UTC.
    """

    entity: str
    consents: int
    heard_until: datetime | None

    def document(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        until = self.heard_until.isoformat() if self.heard_until else None
        return {"entity": self.entity, "consents": self.consents, "heard_until": until}


def silent_origins(contacts: Contacts, consents: Iterable[ConsentInForce]) -> tuple[SilentOrigin, ...]:
    """Return the entities whose silence keeps consents from being in force, in the order of their ids."""
    found: dict[str, list[ConsentInForce]] = {}
    for each in consents:
        if each.obstacle is Obstacle.ORIGIN_SILENT and each.view.record.origin:
            found.setdefault(each.view.record.origin.entity, []).append(each)
    return tuple(_silent(contacts, entity, found[entity]) for entity in sorted(found))


def silence_lines(silent: Sequence[Mapping[str, Any]], lang: str) -> list[str]:
    """Return the lines of ``status`` about silent origins; none when all are heard."""
    found = [
        SilentOrigin(
            each["entity"],
            each["consents"],
            datetime.fromisoformat(each["heard_until"]) if each["heard_until"] else None,
        )
        for each in silent
    ]
    say = speaking(lang)
    return [say(_not_shared(found)), say(_REMEDY)] if found else []


def check_origins(context: NodeContext) -> Finding:
    """Check that every origin of a consent in force was heard within the freshness bound."""
    try:
        with context.snapshot() as session:
            consents = InForce(context, session, context.clock.now()).list()
            silent = silent_origins(contacts_in(session, context.keys.cipher), consents)
    except RedpactError as error:
        return Finding.of_error("origins", error)
    if not silent:
        foreign = sum(1 for each in consents if each.view.record.origin and each.obstacle is None)
        text = _("Consentimientos dados en otras entidades: {live_count}", live_count=foreign)
        return Finding("origins", Level.OK, text)
    return Finding("origins", Level.WARNING, _not_shared(silent), _REMEDY)


def _silent(contacts: Contacts, entity: str, consents: Sequence[ConsentInForce]) -> SilentOrigin:
    words = [last_word(contacts, entity, each.view.told_at) for each in consents]
    return SilentOrigin(entity, len(consents), max(filter(None, words), default=None))


def _not_shared(silent: Sequence[SilentOrigin]) -> Message:
    return _(
        "No se comparte con los consentimientos dados en {entities}: no se puede saber si se han retirado",
        entities=joined([_described(each) for each in silent], "; "),
    )


def _described(silent: SilentOrigin) -> Message:
    values = {"entity": silent.entity, "count": silent.consents}
    if silent.heard_until is None:
        return _("{entity} ({count}, sin noticias nunca)", **values)
    return _("{entity} ({count}, sin noticias desde {since})", since=silent.heard_until, **values)
