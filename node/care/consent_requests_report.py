"""The consents that wait for a professional's confirmation, for people and for programs."""

from collections.abc import Mapping, Sequence
from typing import Any

from node.care.consent_requests import ConsentRequest
from node.consents.assurance.report import origin_document
from node.consents.in_force import ConsentInForce
from node.consents.report import consent_document, consent_text
from policies.decline_reasons import DeclineReason
from presentation.messages import speaking
from presentation.terminal import pairs, paragraph

InForceById = Mapping[str, ConsentInForce]
"""Consents with their part in force, by their ids."""


def requests_document(found: Sequence[ConsentRequest], consents: InForceById) -> dict[str, Any]:
    """Return the requests for ``--json``."""
    return {
        "requests": [
            consent_document(consents[request.view.consent_id])
            | {"origin": origin_document(request.origin), "form_sha256": request.form_sha256}
            | {"closed": list(request.closed)}
            for request in found
        ]
    }


def requests_text(
    found: Sequence[ConsentRequest], consents: InForceById, names: Mapping[str, str], lang: str = "es"
) -> str:
    """Return the requests for a professional."""
    say = speaking(lang)
    if not found:
        return say("✓ Ningún consentimiento espera confirmación.")
    blocks = [_request(request, consents, names, say.lang) for request in found]
    advice = say(
        "Mire el formulario (consent form-scan), compruebe que es de la persona y que dice lo mismo, y confírmelo "
        "(consent confirm) o rechácelo (consent decline)."
    )
    return "\n\n".join([*blocks, paragraph(advice)])


def decided_text(
    consent: ConsentInForce, names: Mapping[str, str], lang: str, reason: DeclineReason | None = None
) -> str:
    """Return the confirmation of a decision."""
    say = speaking(lang)
    if reason is None:
        line = say("✓ Confirmado. Desde ahora se comparte con él lo que admite la política de la entidad.")
    elif reason.told:
        line = say("✓ No confirmado: aquí no se comparte nada con él. Se comunica el motivo a la otra entidad.")
    else:
        line = say(
            "✓ No confirmado: aquí no se comparte nada con él. A la otra entidad no se le comunica nada; avise a la "
            "persona delegada de protección de datos."
        )
    return "\n".join([paragraph(line), "", consent_text(consent, names=names, lang=lang)])


def _request(request: ConsentRequest, consents: InForceById, names: Mapping[str, str], lang: str) -> str:
    say = speaking(lang)
    more = pairs(
        [(say("Persona"), request.view.person_ref), (say("Datos cerrados hasta confirmar"), len(request.closed))]
    )
    return "\n".join([consent_text(consents[request.view.consent_id], names=names, lang=lang), more])
