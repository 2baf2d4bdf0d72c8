"""Changes of who a person is, for professionals and for programs."""

from collections.abc import Mapping
from typing import Any, Final

from consent_ledger.log.person_bodies import PersonChange
from node.person_changes.record import PersonChanged
from presentation.messages import Message, _, listing, speaking
from presentation.terminal import paragraph

_DONE: Final[Mapping[PersonChange, Message]] = {
    PersonChange.RENAMED: _("✓ Anotado el nombre nuevo."),
    PersonChange.DOCUMENT_CHANGED: _(
        "✓ Anotado el documento nuevo. El anterior sigue llevando a la misma ficha; consentimientos, derivaciones y "
        "tarjetas siguen."
    ),
    PersonChange.DOCUMENT_CORRECTED: _("✓ Anotado el documento nuevo. El anterior ya no lleva a esta ficha."),
    PersonChange.DECEASED: _("✓ Anotado el fallecimiento. No se ha borrado nada, y ya no se comparte nada."),
    PersonChange.MERGED: _(
        "✓ Las dos fichas constan como de una persona. Cada consentimiento sigue valiendo solo para la ficha para la "
        "que se dio; si ha de valer para la otra, pídalo de nuevo."
    ),
    PersonChange.SPLIT: _(
        "✓ Fichas separadas: cada una tiene lo que era suyo. No se comparte nada de ninguna hasta que usted revise lo "
        "que se anotó mientras estaban unidas y ejecute con cada una: redpact-node person assign"
    ),
    PersonChange.ASSIGNED: _("✓ Aclarado: vuelve a valer lo que la persona consintió."),
}


def changed_document(changed: PersonChanged) -> dict[str, Any]:
    """Return a change for ``--json``, without data of the person."""
    return {
        "change": changed.change.value,
        "person": changed.person_ref,
        "other": changed.other_ref,
        "told": list(changed.told),
        "consents": list(changed.consents),
        "referrals": list(changed.referrals),
    }


def changed_text(changed: PersonChanged, names: Mapping[str, str], *, lang: str = "es") -> str:
    """Return what was recorded, what ended, and which entities are told.

    Args:
        changed: the change.
        names: names of entities by their ids.
        lang: of the reader.
    """
    say = speaking(lang)
    lines = [say(_DONE[changed.change])]
    if changed.change is PersonChange.DECEASED:
        lines.append(
            say(
                "Consentimientos terminados: {consents:d}. Derivaciones terminadas: {referrals:d}.",
                consents=len(changed.consents),
                referrals=len(changed.referrals),
            )
        )
    if changed.told:
        told = listing([names.get(each, each) for each in changed.told])
        if changed.change is PersonChange.DOCUMENT_CORRECTED:
            lines.append(say("Estas entidades la conocen por el documento anterior; llámelas: {told}.", told=told))
        else:
            lines.append(say("Se avisa a: {told}.", told=told))
    return "\n".join(paragraph(line) for line in lines)
