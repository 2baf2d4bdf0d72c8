"""``redpact-node consent narrow`` and ``status``: less of a consent, and its status in the network."""

from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.arguments import split_names
from node.cli.guardian_options import GuardianOption, RelationOption, given_guardian
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, ReasonOption, reader
from presentation.harmless import harmless
from presentation.messages import _, speaking

if TYPE_CHECKING:
    from consent_ledger.consents.model import ConsentView
    from node.wiring import Node

ConsentArgument = Annotated[
    str, typer.Argument(metavar=_("CONSENTIMIENTO"), help=_("Identificador del consentimiento; véase: consent list."))
]


def register(group: typer.Typer) -> None:
    """Add the commands to the group ``consent``."""
    _register_narrow(group)
    _register_status(group)


def show_consent(node: "Node", view: "ConsentView", lang: str, *, as_json: bool) -> None:
    """Print a consent after a change."""
    from node.consents.guardians import decision_caution
    from node.consents.in_force import consent_in_force
    from node.consents.latest_change import latest_changes
    from node.consents.report import consent_document, consent_text
    from policies.local_days import local_day

    found = consent_in_force(node.context, view.consent_id)
    caution = decision_caution(node.context, view, local_day(node.context.clock.now()))
    if caution is not None:
        typer.echo(harmless(f"! {speaking(lang)(caution)}"), err=True)
    changes = latest_changes(node.context, [view])
    text = consent_text(found, changes=changes, names=node.context.entity_names(), lang=lang)
    emit(consent_document(found), text, as_json=as_json)


def _register_narrow(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Quita algo de un consentimiento; lo demás sigue vigente. Se avisa a las entidades excluidas, que "
            "borran sus copias."
        )
    )
    def narrow(
        *,
        home: HomeOption,
        consent_id: ConsentArgument,
        fields: Annotated[list[str] | None, typer.Option("--fields", help=_("Campos que se mantienen."))] = None,
        purposes: Annotated[
            list[str] | None, typer.Option("--purpose", help=_("Finalidades que se mantienen."))
        ] = None,
        recipients: Annotated[
            list[str] | None, typer.Option("--recipient", help=_("Destinatarias que se mantienen."))
        ] = None,
        drop_holders: Annotated[
            list[str] | None, typer.Option("--drop-holder", help=_("Entidad que deja de compartir sus datos."))
        ] = None,
        guardian_document: GuardianOption = "",
        guardian_relation: RelationOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Take something out of a consent. Entities that are out are informed, and delete their copies."""
        from node.consents.consents import ScopeInput

        left = ScopeInput(*(split_names(names) for names in (fields, purposes, recipients, drop_holders)))
        node = open_node(home)
        guardian = given_guardian(guardian_document, guardian_relation, heard=False)
        show_consent(node, node.consents.narrow(consent_id, left, guardian=guardian), lang, as_json=as_json)


def _register_status(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Muestra qué entidades tienen un consentimiento, a cuáles se avisó de su retirada y cuáles no han "
            "contestado aún.\n\nTermina con 0 si han contestado todas y con 3 si aún falta alguna."
        )
    )
    def status(
        *,
        home: HomeOption,
        consent_id: ConsentArgument,
        professional: ProfessionalOption = "",
        reason: ReasonOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show the entities that have a consent, those informed of its withdrawal, and those that have not answered."""
        from node.care.reading import read_of_person
        from node.consents.latest_change import latest_changes
        from node.consents.status import consent_status
        from node.consents.status_report import exit_code, status_text
        from policies.record_readings import RecordPart

        context = open_node(home).context
        found = consent_status(context, consent_id)
        person = found.view.person_ref if found.view else None
        read_of_person(context, reader(professional, reason), RecordPart.CONSENTS, person)
        changes = latest_changes(context, [found.view] if found.view else [])
        text = status_text(found, changes=changes, names=context.entity_names(), lang=lang)
        emit(found.document(), text, as_json=as_json)
        raise typer.Exit(exit_code(found))
