"""The assurance policy and the assurance of a consent, for people and for programs."""

from collections.abc import Mapping
from typing import Any, Final

from consent_ledger.consents.assured import strongest
from consent_ledger.log.given_elsewhere import ConsentOrigin
from node.consents.assurance.policy import PolicyInForce
from policies.assurance import assurance_label
from policies.decline_reasons import decline_label
from policies.fields import Sensitivity
from presentation.formats import listed, number
from presentation.messages import _, speaking
from presentation.terminal import pairs, paragraph

_LEVELS: Final = (Sensitivity.P1, Sensitivity.P2, Sensitivity.P3)
_NAMES: Final = {
    Sensitivity.P1: _("Datos P1 (ordinarios)"),
    Sensitivity.P2: _("Datos P2 (sociales sensibles)"),
    Sensitivity.P3: _("Datos P3 (categorías especiales)"),
}


def policy_document(found: PolicyInForce) -> dict[str, Any]:
    """Return the policy for ``--json``."""
    document = found.policy.model_dump(mode="json")
    lowered = [level.value for level in found.policy.lowered]
    return {**document, "lowered": lowered, "sha256": found.policy.sha256, "ledger_index": found.entry_index}


def policy_text(found: PolicyInForce, lang: str = "es") -> str:
    """Return the policy for the data-protection officer."""
    say, policy = speaking(lang), found.policy
    rows: list[tuple[str, object]] = []
    for level in _LEVELS:
        accepted = [assurance_label(each, say.lang) for each in getattr(policy.accepted, level.value)]
        rows.append((say(_NAMES[level]), listed(accepted, say.lang) if accepted else say("nunca")))
    rows.append((say("Datos P4 (reservados)"), say("nunca")))
    rows.append((say("Consentimientos de una entidad en 24 horas"), number(policy.limits.consents_a_day, say.lang)))
    rows.append((say("Alarma desde (personas sin prueba)"), number(policy.limits.alarm_at, say.lang)))
    index = say("la de la red, sin anotar") if found.entry_index is None else number(found.entry_index, say.lang)
    lines = [pairs([*rows, (say("Anotación"), index)])]
    if policy.lowered:
        text = say(
            "! Con esta política, la palabra de otra entidad basta para compartir datos {levels} de cualquier persona.",
            levels=", ".join(policy.lowered),
        )
        lines.append(paragraph(text, hanging=2))
    return "\n".join(lines)


def origin_document(origin: ConsentOrigin) -> dict[str, Any]:
    """Return the origin of a consent and what was found of the person's will, for ``--json``."""
    return {
        "entity": origin.entity,
        "assurance": strongest(origin).value,
        "proofs": [proof.assurance.value for proof in origin.proofs or ()],
        "unproved": origin.unproved,
        "declined": origin.declined,
        "waits_for_confirmation": origin.form_sha256 is not None and origin.declined is None and not _confirmed(origin),
    }


def origin_text(origin: ConsentOrigin, names: Mapping[str, str], lang: str) -> str:
    """Return the origin of a consent with its assurance, in one line."""
    say = speaking(lang)
    if origin.declined is not None:
        found = say("no confirmado: {reason}", reason=decline_label(origin.declined, say.lang))
    else:
        found = assurance_label(strongest(origin), say.lang)
    return f"{names.get(origin.entity, origin.entity)} ({found})"


def _confirmed(origin: ConsentOrigin) -> bool:
    return any(proof.assurance == "confirmed" for proof in origin.proofs or ())
