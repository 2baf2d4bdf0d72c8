"""``redpact-node consent requests``, ``confirm``, ``decline`` and ``form-scan``: consents given at other entities."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ListReasonOption, ProfessionalOption, professional_reference, reader
from presentation.messages import _

ConsentArgument = Annotated[
    str,
    typer.Argument(metavar=_("CONSENTIMIENTO"), help=_("Identificador del consentimiento; véase: consent requests.")),
]
ReasonOption = Annotated[
    str,
    typer.Option(
        "--reason",
        help=_(
            "form_unreadable, signature_missing o terms_differ, que se comunican a la otra entidad; person_denies, "
            "signature_differs u other_person, que no se comunican."
        ),
    ),
]


def register(group: typer.Typer) -> None:
    """Add the commands to the group ``consent``."""
    for add in (_register_requests, _register_confirm, _register_decline, _register_form_scan):
        add(group)


def _register_requests(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Muestra los consentimientos dados en otras entidades que esperan a que un profesional del caso mire el "
            "formulario firmado. Mientras tanto no se comparte nada con ellos."
        )
    )
    def requests(
        *,
        home: HomeOption,
        professional: ProfessionalOption = "",
        reason: ListReasonOption = "care_planning",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show the consents given at other entities that wait for a professional to look at the signed form."""
        from node.care.consent_requests_report import requests_document, requests_text
        from node.care.reading import read_listed
        from node.consents.in_force import consent_in_force
        from policies.record_readings import RecordPart

        node = open_node(home)
        found, names = node.consent_requests.list(), node.context.entity_names()
        waiting = [request.view.consent_id for request in found]
        consents = {consent_id: consent_in_force(node.context, consent_id) for consent_id in waiting}
        people = len({request.view.person_ref for request in found})
        given = reader(professional, reason)
        read_listed(node.context, given, RecordPart.CONSENT_REQUESTS, None, people=people)
        emit(requests_document(found, consents), requests_text(found, consents, names, lang), as_json=as_json)


def _register_confirm(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Confirma un consentimiento dado en otra entidad, tras mirar el formulario firmado. Lo hace un profesional "
            "del equipo del caso, y consta quién."
        )
    )
    def confirm(
        *,
        home: HomeOption,
        consent_id: ConsentArgument,
        professional: ProfessionalOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Confirm a consent given at another entity, having looked at the signed form."""
        from node.care.consent_requests_report import decided_text
        from node.consents.in_force import consent_in_force
        from node.consents.report import consent_document

        node = open_node(home)
        node.consent_requests.confirm(consent_id, professional_reference(professional))
        found = consent_in_force(node.context, consent_id)
        emit(consent_document(found), decided_text(found, node.context.entity_names(), lang), as_json=as_json)


def _register_decline(group: typer.Typer) -> None:
    @group.command(
        help=_("No confirma un consentimiento dado en otra entidad, y dice por qué: aquí no se comparte nada con él.")
    )
    def decline(
        *,
        home: HomeOption,
        consent_id: ConsentArgument,
        reason: ReasonOption,
        professional: ProfessionalOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Decline a consent given at another entity, with the reason: nothing is shared under it here."""
        from node.care.consent_requests_report import decided_text
        from node.consents.in_force import consent_in_force
        from node.consents.report import consent_document
        from policies.decline_reasons import decline_reason

        node, why = open_node(home), decline_reason(reason)
        node.consent_requests.decline(consent_id, professional_reference(professional), reason)
        found = consent_in_force(node.context, consent_id)
        emit(consent_document(found), decided_text(found, node.context.entity_names(), lang, why), as_json=as_json)


def _register_form_scan(group: typer.Typer) -> None:
    @group.command(
        name="form-scan",
        help=_("Abre la copia escaneada del formulario firmado que llegó con un consentimiento por confirmar."),
    )
    def form_scan(
        home: HomeOption,
        consent_id: ConsentArgument,
        out: Annotated[
            Path, typer.Option("--out", help=_("Fichero que se escribe; solo puede leerlo su propietario."))
        ],
        professional: ProfessionalOption = "",
        as_json: JsonOption = False,
    ) -> None:
        """Open the scan of the signed form that came with a consent to be confirmed."""
        from node.care.reading import read_signed_form
        from service.files import write_private

        node, given = open_node(home), reader(professional)
        scan = read_signed_form(node.context, node.consent_requests.form, consent_id, given)
        write_private(out, scan)
        emit({"consent_id": consent_id, "file": str(out), "bytes": len(scan)}, f"✓ {out}", as_json=as_json)
