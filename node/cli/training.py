"""``redpact-node training list|approve|refuse|withdraw|report``, and the group its other commands join."""

from typing import Annotated

import typer

from node.cli import training_data, training_policy, training_use
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _

CampaignArgument = Annotated[
    str, typer.Argument(metavar=_("ID"), help=_("Identificador de la campaña; véase: training list."))
]
ReasonOption = Annotated[str, typer.Option(help=_("Motivo, para que conste; nunca datos personales."))]
AloneOption = Annotated[
    float | None,
    typer.Option(
        min=0.01,
        max=50,
        help=_(
            "Épsilon máximo en el peor caso: todas las demás entidades se confabulan. El nodo añade el ruido propio "
            "que haga falta. Por omisión, el de los ajustes (epsilon_alone_limit)."
        ),
    ),
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True,
        help=_(
            "Entrenamiento privado: consulta las campañas, decide sobre ellas y vigila el presupuesto de privacidad."
        ),
    )
    for add in (_list, _approve, _refuse, _withdraw, _report):
        add(group)
    training_data.register(group)
    training_policy.register(group)
    training_use.register(group)
    app.add_typer(group, name="training")


def _list(group: typer.Typer) -> None:
    @group.command(
        "list",
        help=_(
            "Muestra en lenguaje llano las campañas propuestas a esta entidad, lo que se decidió y el código de "
            "entrenamiento que nombran."
        ),
    )
    def list_(home: HomeOption, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """List the campaigns offered to this entity, in plain words, the decisions, and the code that they name."""
        from node.training import decision_report as report
        from node.training.campaign_decisions import list_campaigns

        node = open_node(home)
        views = list_campaigns(node.context, node.training_client())
        document = {"campaigns": [report.campaign_document(view, lang) for view in views]}
        emit(document, report.campaigns_text(views, lang), as_json=as_json)


def _approve(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Aprueba una campaña: se reserva su coste de privacidad, y la decisión se firma, se anota en el "
            "registro y se envía. Es definitiva."
        )
    )
    def approve(
        home: HomeOption,
        campaign_id: CampaignArgument,
        reason: ReasonOption = "",
        epsilon_alone: AloneOption = None,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Approve a campaign: its privacy cost is reserved, the decision signed, logged and sent. It is final."""
        from node.training import decision_report as report
        from node.training.campaign_decisions import approve as decide

        node = open_node(home)
        client = node.training_client()
        decided = decide(node.context, client, campaign_id, reason=reason, alone_limit=epsilon_alone)
        emit(report.decided_document(decided), report.decided_text(decided, lang), as_json=as_json)


def _refuse(group: typer.Typer) -> None:
    @group.command(
        help=_("Rechaza una campaña: la decisión se firma, se anota en el registro y se envía. Es definitiva.")
    )
    def refuse(
        home: HomeOption,
        campaign_id: CampaignArgument,
        reason: ReasonOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Refuse a campaign: the decision is signed, logged and sent. It is final."""
        from node.training import decision_report as report
        from node.training.campaign_decisions import refuse as decide

        node = open_node(home)
        decided = decide(node.context, node.training_client(), campaign_id, reason=reason)
        emit(report.decided_document(decided), report.decided_text(decided, lang), as_json=as_json)


def _withdraw(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Retira una aprobación durante el entrenamiento: desde este momento no sale nada. La retirada se "
            "firma, se anota en el registro y se envía. Es definitiva."
        )
    )
    def withdraw(
        home: HomeOption,
        campaign_id: CampaignArgument,
        reason: ReasonOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Withdraw an approval during the run: from now on nothing leaves. Signed, logged and sent. It is final."""
        from node.training import decision_report as report
        from node.training.approval_withdrawal import withdraw as take_back

        node = open_node(home)
        withdrawn = take_back(node.context, node.training_client(), campaign_id, reason=reason)
        emit(report.withdrawn_document(withdrawn), report.withdrawn_text(withdrawn, lang), as_json=as_json)


def _report(group: typer.Typer) -> None:
    @group.command(
        "report",
        help=_(
            "Informa, con los datos de este nodo, de lo que se pidió, lo que se decidió, lo que salió y lo que "
            "costó en privacidad."
        ),
    )
    def report_(
        home: HomeOption,
        campaign_id: Annotated[
            str, typer.Argument(metavar=_("ID"), help=_("Identificador de una campaña; si no se indica, todas."))
        ] = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Report requests, decisions, contributions and their privacy cost, from this node's own data."""
        from node.training import officer_account_report as report
        from node.training.officer_account import training_account

        account = training_account(open_node(home).context, campaign_id)
        emit(report.account_document(account, lang), report.account_text(account, lang), as_json=as_json)
