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
    from node.context import NodeContext

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
AloneOption = Annotated[
    float | None,
    typer.Option(
        help=_(
            "Épsilon máximo en el peor caso. Al aprobar, el nodo añade el ruido propio que haga falta; una política "
            "que rechaza lo compara con el de la campaña. Por omisión, el de los ajustes."
        )
    ),
]
DeltaOption = Annotated[float | None, typer.Option(help=_("Delta máximo. Por omisión, 0.00001."))]
ClippingOption = Annotated[
    float | None, typer.Option(help=_("Recorte máximo de lo que aporta una persona. Por omisión, 10."))
]
ColludersOption = Annotated[
    int | None,
    typer.Option(help=_("Entidades que pueden revelar su ruido sin que falte, como mínimo. Por omisión, 1.")),
]
CountsOption = Annotated[
    bool | None,
    typer.Option(
        "--counts-entities/--any-count",
        help=_("Solo si cada persona cuenta una vez entre todas las entidades. Por omisión, sí con --source records."),
    ),
]
CapOption = Annotated[int | None, typer.Option(help=_("Máximo de entidades por persona. Por omisión, 3."))]
LabelOption = Annotated[
    list[str] | None, typer.Option(help=_("Resultados que se pueden predecir: A[,B]. En las fichas, el declarado."))
]
ProtectedOption = Annotated[
    list[str] | None,
    typer.Option(help=_("Atributos por los que se puede evaluar: A[,B]. En las fichas, los declarados.")),
]
LeastOption = Annotated[
    int | None, typer.Option(help=_("Personas que debe tener un grupo para mostrarse, como mínimo. Por omisión, 50."))
]
DaysOption = Annotated[
    float | None, typer.Option(help=_("Días desde el manifiesto hasta el fin de la campaña. Por omisión, 60."))
]


def register(group: typer.Typer) -> None:
    """Add the group ``policy`` to the group ``training``."""
    policy = typer.Typer(
        no_args_is_help=True, help=_("Políticas permanentes: campañas que se deciden sin esperar a una persona.")
    )
    for add in (_set, _list, _remove):
        add(policy)
    group.add_typer(policy, name="policy")


def _set(group: typer.Typer) -> None:
    group.command(
        "set",
        help=_(
            "Pone en vigor una política. Una que aprueba fija todos los límites, los que no se indican con su valor "
            "habitual; lo que ninguna política cubre espera a una persona."
        ),
    )(set_)


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
    epsilon_alone: AloneOption = None,
    delta: DeltaOption = None,
    clipping_bound: ClippingOption = None,
    colluders: ColludersOption = None,
    counts_entities: CountsOption = None,
    people_cap: CapOption = None,
    label: LabelOption = None,
    protected: ProtectedOption = None,
    least_people: LeastOption = None,
    days: DaysOption = None,
    lang: LangOption = "es",
    as_json: JsonOption = False,
) -> None:
    """Put a policy in force. An approval states every limit; what no policy covers waits for a person."""
    from node.training import decision_policies, decision_policy_report

    stated: dict[str, object] = {"source": source or None, "dataset": dataset or None}
    stated |= {"epsilon": epsilon, "epsilon_alone": epsilon_alone, "delta": delta, "budget_left": budget_left}
    stated |= {"clipping_bound": clipping_bound, "days": days, "rounds": rounds, "minimum_cohort": minimum_cohort}
    stated |= {"colluders": colluders, "people_cap": people_cap, "counts_entities": counts_entities}
    names = {"models": model, "features": feature, "labels": label, "protected": protected}
    stated |= {limit: split_names(given) or None for limit, given in names.items()} | {"least_people": least_people}
    context = open_node(home).context
    change = decision_policies.set_policy(context, _policy(context, name, until, stated, approve=approve))
    document = decision_policy_report.change_document(change, removed=False)
    emit(document, decision_policy_report.change_text(change, lang, removed=False), as_json=as_json)


def _policy(
    context: "NodeContext", name: str, until: str, stated: Mapping[str, object], *, approve: bool
) -> "DecisionPolicy":
    from federated.campaign.decision_policy import make_policy
    from node.training.policy_defaults import with_usual_limits
    from policies.local_days import end_of

    day = read_day(until)
    end = end_of(day) if day else None
    if approve:
        stated = with_usual_limits(stated, epsilon_alone=context.settings.epsilon_alone_limit)
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
