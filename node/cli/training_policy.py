"""``redpact-node training policy set|list|remove``: decisions of the data-protection officer in advance."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.arguments import split_names
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import read_day
from presentation.messages import _

if TYPE_CHECKING:
    from federated.campaign.decision_policy import DecisionPolicy

NameArgument = Annotated[str, typer.Argument(metavar=_("NOMBRE"), help=_("Nombre de la política: a-z, 0-9 y '-'."))]
ActionOption = Annotated[
    bool,
    typer.Option(
        "--approve/--refuse", help=_("Aprueba lo que cumple todos los límites, o rechaza lo que se sale de alguno.")
    ),
]
UntilOption = Annotated[
    str, typer.Option(help=_("La política decide hasta el día anterior a esta fecha: AAAA-MM-DD, UTC."))
]
SourceOption = Annotated[str, typer.Option(help=_("Solo campañas sobre esta clase de datos: records o table."))]
DatasetOption = Annotated[
    str, typer.Option(help=_("Solo campañas sobre este conjunto de datos: records, o una tabla."))
]
ModelOption = Annotated[list[str] | None, typer.Option(help=_("Modelos permitidos: A[,B]."))]
FeatureOption = Annotated[list[str] | None, typer.Option(help=_("Variables permitidas, y ninguna más: A[,B]."))]
EpsilonOption = Annotated[float | None, typer.Option(help=_("Épsilon máximo."))]
CohortOption = Annotated[int | None, typer.Option(help=_("Número mínimo de entidades que deben participar."))]
RoundsOption = Annotated[int | None, typer.Option(help=_("Número máximo de rondas."))]
BudgetOption = Annotated[float | None, typer.Option(help=_("Presupuesto de privacidad que debe quedar después."))]


def register(group: typer.Typer) -> None:
    """Add the group ``policy`` to the group ``training``."""
    policy = typer.Typer(
        no_args_is_help=True, help=_("Políticas permanentes: campañas que se deciden sin esperar a una persona.")
    )
    for add in (_set, _list, _remove):
        add(policy)
    group.add_typer(policy, name="policy")


def _set(group: typer.Typer) -> None:
    @group.command(
        "set",
        help=_(
            "Pone en vigor una política. Una que aprueba debe fijar todos los límites; lo que ninguna política "
            "cubre espera a una persona."
        ),
    )
    def set_(
        *,
        home: HomeOption,
        name: NameArgument,
        approve: ActionOption,
        until: UntilOption,
        source: SourceOption = "",
        dataset: DatasetOption = "",
        model: ModelOption = None,
        feature: FeatureOption = None,
        epsilon: EpsilonOption = None,
        minimum_cohort: CohortOption = None,
        rounds: RoundsOption = None,
        budget_left: BudgetOption = None,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Put a policy in force. An approval must state every limit; what no policy covers waits for a person."""
        from node.training import decision_policies, decision_policy_report

        stated: dict[str, object] = {"source": source or None, "dataset": dataset or None}
        stated |= {"models": split_names(model) or None, "features": split_names(feature) or None}
        stated |= {"epsilon": epsilon, "minimum_cohort": minimum_cohort, "rounds": rounds, "budget_left": budget_left}
        policy = _policy(name, approve=approve, until=until, stated=stated)
        change = decision_policies.set_policy(open_node(home).context, policy)
        document = decision_policy_report.change_document(change, removed=False)
        emit(document, decision_policy_report.change_text(change, lang, removed=False), as_json=as_json)


def _policy(name: str, *, approve: bool, until: str, stated: Mapping[str, object]) -> "DecisionPolicy":
    from federated.campaign.decision_policy import make_policy
    from policies.local_days import end_of

    day = read_day(until)
    end = end_of(day) if day else None
    return make_policy(name=name, action="approve" if approve else "refuse", until=end, **stated)


def _list(group: typer.Typer) -> None:
    @group.command("list", help=_("Muestra las políticas en vigor."))
    def list_(home: HomeOption, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """List the policies in force."""
        from node.training import decision_policies, decision_policy_report

        found = decision_policies.list_policies(open_node(home).context)
        emit(
            decision_policy_report.policies_document(found),
            decision_policy_report.policies_text(found, lang),
            as_json=as_json,
        )


def _remove(group: typer.Typer) -> None:
    @group.command(help=_("Deja sin vigor una política. Lo que decidió sigue valiendo."))
    def remove(home: HomeOption, name: NameArgument, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """Take a policy out of force. What it decided stands."""
        from node.training import decision_policies, decision_policy_report

        change = decision_policies.remove_policy(open_node(home).context, name)
        document = decision_policy_report.change_document(change, removed=True)
        emit(document, decision_policy_report.change_text(change, lang, removed=True), as_json=as_json)
