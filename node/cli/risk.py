"""``redpact-node risk list|alerts``, and the group its other commands join."""

from typing import Annotated

import typer

from node.cli import risk_use
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ListReasonOption, ProfessionalOption, professional_reference
from presentation.messages import _

MonthOption = Annotated[
    str, typer.Option("--as-of", help=_("Mes desde el que se mira hacia atrás: 2019-01; por defecto, el actual."))
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True,
        help=_(
            "Personas que pueden necesitar apoyo antes, según el modelo publicado. Para apoyar, nunca para sancionar."
        ),
    )
    _list(group)
    _alerts(group)
    risk_use.register(group)
    app.add_typer(group, name="risk")


def _list(group: typer.Typer) -> None:
    @group.command(
        "list",
        help=_(
            "Muestra las personas con más probabilidad de necesitar un apoyo prolongado, con los motivos. Solo "
            "para ofrecer apoyo; no se guarda."
        ),
    )
    def list_(
        *,
        home: HomeOption,
        top: Annotated[int, typer.Option(min=1, max=10_000, help=_("Número de personas de la lista."))] = 20,
        as_of: MonthOption = "",
        professional: ProfessionalOption = "",
        reason: ListReasonOption = "care_planning",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """List the people most likely to need long support, with reasons. To offer support only; stored nowhere."""
        from node.care.reading import read_many
        from node.risk import risk_report as report
        from node.risk.risk_list import parse_month, risk_list
        from policies.record_readings import RecordPart

        node, who = open_node(home), professional_reference(professional)
        shown = risk_list(node.context, node.training_client(), top=top, as_of=parse_month(as_of))
        read_many(node.context, who, RecordPart.RISK_LIST, reason=reason, people=len(shown.entries))
        emit(report.list_document(shown), report.list_text(shown, lang), as_json=as_json)


def _alerts(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Muestra las personas cuya probabilidad ha superado un umbral desde la última consulta. Solo para "
            "ofrecer apoyo."
        )
    )
    def alerts(
        *,
        home: HomeOption,
        band: Annotated[
            str, typer.Option(help=_("Tramo a partir del cual se alerta: medium, high o very_high."))
        ] = "high",
        as_of: MonthOption = "",
        professional: ProfessionalOption = "",
        reason: ListReasonOption = "care_planning",
        peek: Annotated[bool, typer.Option("--peek", help=_("Solo muestra: no cuenta como consulta."))] = False,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show the people whose probability rose over a threshold since the last check. To offer support only."""
        from node.care.reading import read_many
        from node.risk import alerts as risk_alerts
        from node.risk import risk_report as report
        from node.risk.risk_list import parse_month
        from policies.record_readings import RecordPart

        node, who = open_node(home), professional_reference(professional)
        threshold = risk_alerts.parse_band(band)
        shown = risk_alerts.alerts(
            node.context, node.training_client(), threshold=threshold, as_of=parse_month(as_of), peek=peek
        )
        read_many(node.context, who, RecordPart.RISK_ALERTS, reason=reason, people=len(shown.alerts))
        emit(report.alerts_document(shown), report.alerts_text(shown, lang), as_json=as_json)
