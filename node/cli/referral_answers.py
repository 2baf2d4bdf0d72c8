"""``redpact-node referral accept``, ``reject``, ``start``, ``finish``, ``revoke``, ``link`` and ``take``."""

from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.arguments import DocumentOption, read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _

if TYPE_CHECKING:
    from node.referrals.store import Referral
    from node.wiring import Node

ReferralArgument = Annotated[
    str,
    typer.Argument(
        metavar=_("DERIVACIÓN"), help=_("Código de la derivación, o sus 8 primeros caracteres; véase: referral list.")
    ),
]
ReasonOption = Annotated[str, typer.Option("--reason", help=_("Código del motivo; véase: vocabulary referrals."))]


def register(group: typer.Typer) -> None:
    """Add the commands to the group ``referral``."""
    for add in (_register_accept, _register_reject, _register_start, _register_finish, _register_revoke):
        add(group)
    _register_link(group)
    _register_take(group)


def _register_accept(group: typer.Typer) -> None:
    @group.command(help=_("Acepta una derivación recibida."))
    def accept(
        home: HomeOption, referral: ReferralArgument, lang: LangOption = "es", as_json: JsonOption = False
    ) -> None:
        """Accept a referral that was received."""
        node = open_node(home)
        show_referral(node, node.referrals.accept(referral), lang, as_json=as_json)


def _register_reject(group: typer.Typer) -> None:
    @group.command(help=_("Rechaza una derivación recibida e indica el motivo."))
    def reject(
        *,
        home: HomeOption,
        referral: ReferralArgument,
        reason: ReasonOption,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Reject a referral that was received, for a coded reason."""
        node = open_node(home)
        show_referral(node, node.referrals.reject(referral, reason), lang, as_json=as_json)


def _register_start(group: typer.Typer) -> None:
    @group.command(help=_("Indica que la atención de una derivación aceptada ha empezado."))
    def start(
        home: HomeOption, referral: ReferralArgument, lang: LangOption = "es", as_json: JsonOption = False
    ) -> None:
        """Note that the help that was accepted has begun."""
        node = open_node(home)
        show_referral(node, node.referrals.start(referral), lang, as_json=as_json)


def _register_finish(group: typer.Typer) -> None:
    @group.command(help=_("Cierra una derivación con su resultado, que se comunica a la entidad que la envió."))
    def finish(
        *,
        home: HomeOption,
        referral: ReferralArgument,
        result: Annotated[
            str, typer.Option("--result", help=_("Código del resultado; véase: vocabulary referrals results."))
        ],
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Close a referral with its result, which its sender is informed of."""
        node = open_node(home)
        show_referral(node, node.referrals.finish(referral, result), lang, as_json=as_json)


def _register_revoke(group: typer.Typer) -> None:
    @group.command(help=_("Anula una derivación enviada desde aquí e indica el motivo."))
    def revoke(
        *,
        home: HomeOption,
        referral: ReferralArgument,
        reason: ReasonOption,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Revoke a referral sent from here, for a coded reason."""
        node = open_node(home)
        show_referral(node, node.referrals.revoke(referral, reason), lang, as_json=as_json)


def _register_link(group: typer.Typer) -> None:
    @group.command(
        help=_("Comprueba que la persona que acude con un volante es la derivada, y vincula su ficha a la derivación.")
    )
    def link(
        home: HomeOption,
        referral: ReferralArgument,
        document: DocumentOption,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Check that a person is the one referred, and link their record with the referral."""
        from node.referrals.report import linked_text, referral_document

        found, known = open_node(home).referrals.link(referral, read_document(document))
        shown = referral_document(found) | {"matches": True, "linked": known}
        emit(shown, linked_text(known=known, lang=lang), as_json=as_json)


def _register_take(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Recibe el caso de un traslado aceptado: pide el resumen consentido, lo guarda y avisa a la entidad "
            "remitente.\n\nSi algo falla, el caso sigue en la entidad remitente y puede intentarse de nuevo."
        )
    )
    def take(
        home: HomeOption,
        referral: ReferralArgument,
        document: DocumentOption,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Take over the case of an accepted transfer: fetch the consented summary, keep it, and inform its sender."""
        from node.referrals.report import referral_document, taken_text

        node = open_node(home)
        done, summary = node.transfers.take_over(referral, read_document(document))
        shown = referral_document(done) | {"imported": list(summary.fields), "source": summary.source}
        emit(shown, taken_text(summary, names=node.context.entity_names(), lang=lang), as_json=as_json)


def show_referral(node: "Node", referral: "Referral", lang: str, *, as_json: bool) -> None:
    """Print a referral after a step."""
    from node.referrals.report import referral_document, referral_text

    text = referral_text(referral, names=node.context.entity_names(), lang=lang)
    emit(referral_document(referral), text, as_json=as_json)
