"""``redpact-node risk override|confirm|reasons|off|on|status``: decisions of professionals, and the kill switch."""

from typing import Annotated

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import PROFESSIONAL_VARIABLE, professional_reference
from presentation.messages import _

PersonArgument = Annotated[
    str, typer.Argument(metavar=_("PERSONA"), help=_("Identificador de la persona que aparece en la lista."))
]
ByOption = Annotated[
    str,
    typer.Option(
        "--by",
        envvar=PROFESSIONAL_VARIABLE,
        help=_(
            "Clave de personal de quien decide, nunca un documento de identidad; si no se indica, su nombre de usuario."
        ),
        show_default=False,
    ),
]


def register(group: typer.Typer) -> None:
    """Add the commands to the group ``risk``."""
    for add in (_override, _confirm, _reasons, _off, _on, _status):
        add(group)


def _override(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Descarta lo que el modelo dice de una persona, con un motivo. Se guarda solo aquí y se muestra en "
            "la lista."
        )
    )
    def override(
        *,
        home: HomeOption,
        person: PersonArgument,
        reason: Annotated[str, typer.Option(help=_("Código del motivo; véase: risk reasons."))],
        lower: Annotated[
            bool, typer.Option("--lower/--raise", help=_("Coloca a la persona al final de la lista, o al principio."))
        ] = True,
        by: ByOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Override the model's place for a person, with a reason. Stored here only, and shown in the list."""
        from node.risk import risk_report as report
        from node.risk.professional_decisions import Judgement, NewDecision, decide

        node = open_node(home)
        new = NewDecision(
            person,
            Judgement.LOWER if lower else Judgement.RAISE,
            professional_reference(by),
            reason,
        )
        decided = decide(node.context, node.training_client(), new)
        emit(report.decision_document(decided), report.decision_text(decided, lang), as_json=as_json)


def _confirm(group: typer.Typer) -> None:
    @group.command(
        help=_("Anota que una profesional ha revisado a una persona y está de acuerdo con su puesto en la lista.")
    )
    def confirm(
        *,
        home: HomeOption,
        person: PersonArgument,
        by: ByOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Record that a professional reviewed a person and agrees with the place in the list."""
        from node.risk import risk_report as report
        from node.risk.professional_decisions import Judgement, NewDecision, decide

        node = open_node(home)
        decided = decide(
            node.context,
            node.training_client(),
            NewDecision(person, Judgement.CONFIRM, professional_reference(by)),
        )
        emit(report.decision_document(decided), report.decision_text(decided, lang), as_json=as_json)


def _reasons(group: typer.Typer) -> None:
    @group.command(help=_("Muestra los códigos de los motivos para descartar lo que dice el modelo."))
    def reasons(lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """List the coded reasons for overrides."""
        from node.risk import use_status_report as status_report

        emit(status_report.reasons_document(), status_report.reasons_text(lang), as_json=as_json)


def _off(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Detiene al instante todo uso del modelo en esta entidad: ni lista ni alertas. Queda anotado en el "
            "registro."
        )
    )
    def off(
        *,
        home: HomeOption,
        reason: Annotated[str, typer.Option(help=_("Motivo, para que conste; nunca datos personales."))],
        by: ByOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Stop all use of the model at this entity, at once: no list, no alert. Logged in the ledger."""
        from node.risk import use_status_report as status_report
        from node.risk.kill_switch import switch

        state = switch(open_node(home).context, on=False, changed_by=professional_reference(by), reason=reason)
        emit(status_report.switch_document(state), status_report.switch_text(state, lang), as_json=as_json)


def _on(group: typer.Typer) -> None:
    @group.command(help=_("Permite usar de nuevo el modelo. Queda anotado en el registro."))
    def on(
        *,
        home: HomeOption,
        reason: Annotated[str, typer.Option(help=_("Motivo, para que conste; nunca datos personales."))] = "",
        by: ByOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Switch the use of the model on again. Logged in the ledger."""
        from node.risk import use_status_report as status_report
        from node.risk.kill_switch import switch

        state = switch(open_node(home).context, on=True, changed_by=professional_reference(by), reason=reason)
        emit(status_report.switch_document(state), status_report.switch_text(state, lang), as_json=as_json)


def _status(group: typer.Typer) -> None:
    @group.command(
        help=_("Muestra si el modelo está en uso y hasta cuándo, y con qué frecuencia lo descartan las profesionales.")
    )
    def status(home: HomeOption, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """Show the state and expiry of the model in use, and the rate of overrides."""
        from node.risk import use_status_report as status_report
        from node.risk.use_status import risk_status

        node = open_node(home)
        found = risk_status(node.context, node.training_client())
        emit(status_report.status_document(found), status_report.status_text(found, lang), as_json=as_json)
