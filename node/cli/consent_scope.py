"""``redpact-node consent narrow`` and ``status``: less of a consent, and how it stands in the network."""

from typing import Annotated

import typer

from node.cli.arguments import split_names
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _

ConsentArgument = Annotated[str, typer.Argument(help=_("Identificador del consentimiento; véase: consent list."))]


def register(group: typer.Typer) -> None:
    """Add the commands to the group ``consent``."""
    _register_narrow(group)
    _register_status(group)


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
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Take something out of a consent; what is left goes on. Whoever is out is told, and deletes its copies."""
        from node.consents.consents import ScopeInput
        from node.consents.report import consent_document, consent_text

        left = ScopeInput(*(split_names(names) for names in (fields, purposes, recipients, drop_holders)))
        view = open_node(home).consents.narrow(consent_id, left)
        emit(consent_document(view), consent_text(view, lang=lang), as_json=as_json)


def _register_status(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Muestra qué entidades tienen un consentimiento, a cuáles se avisó de su retirada y cuáles no han "
            "contestado aún.\n\nTermina con 0 si han contestado todas y con 3 si aún falta alguna."
        )
    )
    def status(
        home: HomeOption, consent_id: ConsentArgument, lang: LangOption = "es", as_json: JsonOption = False
    ) -> None:
        """Show who has a consent, who was told of its withdrawal, and who has not answered yet."""
        from node.consents.status import consent_standing
        from node.consents.status_report import exit_code, standing_text

        standing = consent_standing(open_node(home).context, consent_id)
        emit(standing.document(), standing_text(standing, lang=lang), as_json=as_json)
        raise typer.Exit(exit_code(standing))
