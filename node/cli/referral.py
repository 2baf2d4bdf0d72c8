"""``redpact-node referral send``, ``list``, ``show`` and ``slip``; the group with its other commands."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli import referral_answers, referral_capacity
from node.cli.arguments import DocumentOption, read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ListReasonOption, ProfessionalOption, ReasonOption, reader
from node.cli.referral_answers import show_referral
from presentation.messages import _

ReferralArgument = Annotated[
    str,
    typer.Argument(
        metavar=_("DERIVACIÓN"), help=_("Código de la derivación, o sus 8 primeros caracteres; véase: referral list.")
    ),
]

TransferOption = Annotated[
    bool, typer.Option("--transfer", help=_("Traslada el caso entero a la otra entidad, porque la persona se muda."))
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True,
        help=_(
            "Derivaciones enviadas a otras entidades y recibidas de ellas: envía, contesta, cierra y consulta plazas."
        ),
    )
    for add in (_register_send, _register_list, _register_show, _register_slip):
        add(group)
    referral_answers.register(group)
    referral_capacity.register(group)
    app.add_typer(group, name="referral")


def _register_send(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Deriva a una persona a un servicio de otra entidad, con un consentimiento vigente para ello.\n\n"
            "Solo salen códigos y un seudónimo; la otra entidad contesta a más tardar en la fecha indicada."
        )
    )
    def send(
        *,
        home: HomeOption,
        document: DocumentOption,
        recipient: Annotated[str, typer.Option("--to", help=_("Entidad a la que se deriva a la persona."))],
        service: Annotated[
            str, typer.Option("--service", help=_("Servicio que se pide; véase: vocabulary referrals services."))
        ],
        need: Annotated[
            str, typer.Option("--need", help=_("Necesidad valorada; solo si el consentimiento incluye case.needs."))
        ] = "",
        urgency: Annotated[
            str, typer.Option("--urgency", help=_("Urgencia: immediate, urgent u ordinary."))
        ] = "ordinary",
        answer_days: Annotated[
            int | None,
            typer.Option(
                "--answer-days",
                help=_("Días para contestar, de 1 a 60; por defecto, los que corresponden a la urgencia."),
            ),
        ] = None,
        transfer: TransferOption = False,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Refer a person to a service of another entity, under a live consent for that."""
        from node.referrals.referrals import NewReferral

        new = NewReferral(read_document(document), recipient, service, urgency, need or None, answer_days, transfer)
        node = open_node(home)
        show_referral(node, node.referrals.send(new), lang, as_json=as_json)


def _register_list(group: typer.Typer) -> None:
    @group.command(
        name="list", help=_("Muestra las derivaciones y su estado, primero las modificadas más recientemente.")
    )
    def list_referrals(
        *,
        home: HomeOption,
        sent: Annotated[bool, typer.Option("--sent", help=_("Solo las enviadas desde aquí."))] = False,
        received: Annotated[bool, typer.Option("--received", help=_("Solo las recibidas aquí."))] = False,
        open_only: Annotated[bool, typer.Option("--open", help=_("Solo las que tienen algo pendiente."))] = False,
        professional: ProfessionalOption = "",
        reason: ListReasonOption = "care_planning",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """List referrals with their state, the most recently changed first."""
        from node.care.reading import read_listed
        from node.referrals.report import referral_document, referrals_text
        from policies.record_readings import RecordPart
        from policies.referrals import ReferralSide

        side = None if sent == received else ReferralSide.SENDER if sent else ReferralSide.RECEIVER
        node = open_node(home)
        found = node.referrals.list(side=side, open_only=open_only)
        people = len({each.person_ref or each.referral_id for each in found})
        read_listed(node.context, reader(professional, reason), RecordPart.REFERRALS, None, people=people)
        document = {"referrals": [referral_document(each) for each in found]}
        emit(document, referrals_text(found, names=node.context.entity_names(), lang=lang), as_json=as_json)


def _register_show(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Muestra una derivación con todos los pasos de ambas entidades y, si se trasladó el caso, lo que "
            "llegó con él."
        )
    )
    def show(
        *,
        home: HomeOption,
        referral: ReferralArgument,
        professional: ProfessionalOption = "",
        reason: ReasonOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show a referral with every step of both sides, and the summary of a transferred case."""
        from node.care.reading import read_of_person
        from node.referrals.report import referral_text, shown_document, summary_text
        from policies.record_readings import RecordPart

        node = open_node(home)
        found, steps = node.referrals.show(referral)
        read_of_person(node.context, reader(professional, reason), RecordPart.REFERRALS, found.person_ref)
        summary = node.transfers.summary(referral)
        names = node.context.entity_names()
        text = referral_text(found, steps, names=names, lang=lang)
        text += f"\n\n{summary_text(summary, names=names, lang=lang)}" if summary else ""
        emit(shown_document(found, steps, summary), text, as_json=as_json)


def _register_slip(group: typer.Typer) -> None:
    @group.command(
        help=_("Escribe el volante que se lleva la persona, en español e inglés: un código y ningún dato personal.")
    )
    def slip(
        home: HomeOption,
        referral: ReferralArgument,
        file: Annotated[
            Path, typer.Argument(metavar=_("FICHERO"), help=_("Fichero HTML que se escribe, para imprimirlo."))
        ],
        as_json: JsonOption = False,
    ) -> None:
        """Write the slip for the person, in Spanish and English: a code, and no personal data."""
        from node.referrals.slip import write_slip

        found = write_slip(open_node(home).context, referral, file)
        emit({"referral_id": found.referral_id, "file": str(file)}, f"✓ {file}", as_json=as_json)
