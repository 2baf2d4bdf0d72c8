"""``redpact-node consent grant``, ``refuse``, ``renew`` and ``withdraw``; the group with its other commands."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from node.cli import (
    consent_assurance,
    consent_authorities,
    consent_form,
    consent_papers,
    consent_requests,
    consent_scope,
)
from node.cli.arguments import DocumentOption, read_document, split_names
from node.cli.card_codes import CodesFileOption, given_codes
from node.cli.consent_options import (
    DaysOption,
    FieldsOption,
    HoldersOption,
    NoticeOption,
    PurposeOption,
    RecipientOption,
    asked_of,
)
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _

if TYPE_CHECKING:
    from node.consents.guardians import GuardianInput
    from node.wiring import Node
    from records_exchange.assurance.given_codes import GivenCodes

ConsentArgument = Annotated[
    str, typer.Argument(metavar=_("CONSENTIMIENTO"), help=_("Identificador del consentimiento; véase: consent list."))
]
GuardianOption = Annotated[
    str,
    typer.Option(
        "--guardian-document",
        help=_("Documento de identidad de quien actúa por la persona (progenitor, tutor, apoyo)."),
    ),
]
RelationOption = Annotated[
    str,
    typer.Option(
        "--guardian-relation",
        help=_(
            "Con menos de 14 años: parent (si no se indica otra), guardian, public_entity. Desde los 14: curator, "
            "de_facto, attorney, public_entity."
        ),
    ),
]
EvidenceOption = Annotated[
    Path | None,
    typer.Option(
        "--evidence",
        help=_(
            "Copia escaneada del formulario firmado: se guarda cifrada en el nodo y su hash se anota en el registro."
        ),
    ),
]
_GRANT_HELP: Final = _(
    "Registra el consentimiento de una persona: qué campos, para qué, para quién y hasta cuándo.\n\nCon "
    "--holder el consentimiento se envía también a esas entidades, que comparten sus datos en cuanto los "
    "testigos lo han cofirmado aquí."
)


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True,
        help=_("Consentimientos de las personas: registra, rechaza, renueva, retira, muestra y da justificantes."),
    )
    for add in (_register_grant, _register_refuse, _register_renew, _register_withdraw):
        add(group)
    consent_scope.register(group)
    consent_papers.register(group)
    consent_requests.register(group)
    consent_assurance.register(group)
    consent_form.register(group)
    consent_authorities.register(group)
    app.add_typer(group, name="consent")


def _register_grant(group: typer.Typer) -> None:
    @group.command(help=_GRANT_HELP)
    def grant(
        *,
        home: HomeOption,
        document: DocumentOption,
        purposes: PurposeOption,
        recipients: RecipientOption,
        fields: FieldsOption = None,
        holders: HoldersOption = None,
        valid_days: DaysOption = 365,
        guardian_document: GuardianOption = "",
        guardian_relation: RelationOption = "",
        evidence: EvidenceOption = None,
        codes_file: CodesFileOption = "",
        notice_lang: NoticeOption = "es",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Record a person's consent: its fields, purposes, recipients and end."""
        asked = asked_of(
            document,
            purposes=purposes,
            recipients=recipients,
            fields=fields,
            holders=holders,
            valid_days=valid_days,
            language=notice_lang,
        )
        guardian = _guardian(guardian_document, guardian_relation)
        proofs, node = given_codes(codes_file, split_names(holders)), open_node(home)
        given = replace(asked, guardian=guardian, evidence=evidence, proofs=proofs)
        consent_scope.show_consent(node, node.consents.grant(given), lang, as_json=as_json)


def _register_refuse(group: typer.Typer) -> None:
    @group.command(help=_("Registra que se pidió el consentimiento a una persona y dijo que no; se le atiende igual."))
    def refuse(
        *,
        home: HomeOption,
        document: DocumentOption,
        purposes: PurposeOption,
        recipients: RecipientOption,
        fields: FieldsOption = None,
        guardian_document: GuardianOption = "",
        guardian_relation: RelationOption = "",
        evidence: EvidenceOption = None,
        notice_lang: NoticeOption = "es",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Record that a person was asked for a consent and refused; a refusal does not change the care they get."""
        asked = asked_of(document, purposes=purposes, recipients=recipients, fields=fields, language=notice_lang)
        guardian, node = _guardian(guardian_document, guardian_relation), open_node(home)
        refused = replace(asked, guardian=guardian, evidence=evidence)
        consent_scope.show_consent(node, node.consents.refuse(refused), lang, as_json=as_json)


def _register_renew(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Renueva un consentimiento vigente: mismos campos, finalidades y destinatarias, el texto informativo "
            "de hoy y una nueva fecha de fin."
        )
    )
    def renew(
        *,
        home: HomeOption,
        consent_id: ConsentArgument,
        valid_days: DaysOption = 365,
        guardian_document: GuardianOption = "",
        guardian_relation: RelationOption = "",
        evidence: EvidenceOption = None,
        codes_file: CodesFileOption = "",
        notice_lang: NoticeOption = "es",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Renew a live consent: same fields, purposes and recipients, today's notice, a new end."""
        from node.consents.consents import RenewalInput

        node, guardian = open_node(home), _guardian(guardian_document, guardian_relation)
        codes = _codes_for(node, consent_id, codes_file)
        given = RenewalInput(consent_id, valid_days, guardian, evidence, notice_lang, codes)
        consent_scope.show_consent(node, node.consents.renew(given), lang, as_json=as_json)


def _register_withdraw(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Retira un consentimiento: desde este momento, aquí no se comparte nada con él.\n\nSe avisa "
            "automáticamente a las demás entidades que tienen los datos y a las que recibieron algo con él; "
            "véase: consent status. También puede retirarse aquí un consentimiento con el que esta entidad solo "
            "recibió datos."
        )
    )
    def withdraw(
        *,
        home: HomeOption,
        consent_id: ConsentArgument,
        guardian_document: GuardianOption = "",
        guardian_relation: RelationOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Withdraw a consent: from now on nothing is shared under it here."""
        from node.consents.status import consent_status
        from node.consents.status_report import withdrawn_document, withdrawn_text

        node = open_node(home)
        node.consents.withdraw(consent_id, guardian=_guardian(guardian_document, guardian_relation))
        status = consent_status(node.context, consent_id)
        names = node.context.entity_names()
        emit(withdrawn_document(status), withdrawn_text(status, names=names, lang=lang), as_json=as_json)


def _codes_for(node: "Node", consent_id: str, file: str) -> "tuple[GivenCodes, ...]":
    """Return the codes that the person hands over for the holders of a consent recorded before."""
    from node.consents.status import consent_status

    view = consent_status(node.context, consent_id).view if file else None
    return given_codes(file, view.record.holders) if view else ()


def _guardian(document: str, relation: str) -> "GuardianInput | None":
    from node.consents.guardians import GuardianInput

    if not document and not relation:
        return None
    # A relation without a document is for the use case to refuse: it must not pass for an act of the person.
    return GuardianInput(read_document(document) if document else None, relation or "parent")
