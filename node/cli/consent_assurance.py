"""``redpact-node consent assurance show|set``: the officer's policy for consents given at other entities."""

from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.arguments import split_names
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _

if TYPE_CHECKING:
    from policies.assurance import AssurancePolicy

_ASSURANCES = "person_code, e_signature, confirmed"
P1Option = Annotated[
    list[str] | None,
    typer.Option("--p1", help=_("Garantías que abren datos P1: {names}.", names=_ASSURANCES)),
]
P2Option = Annotated[
    list[str] | None,
    typer.Option("--p2", help=_("Garantías que abren datos P2: {names}.", names=_ASSURANCES)),
]
P3Option = Annotated[
    list[str] | None, typer.Option("--p3", help=_("Garantías que abren datos P3: e_signature, confirmed."))
]
TrustOption = Annotated[
    bool,
    typer.Option(
        "--trust-other-entities",
        help=_(
            "Permite «declared» en --p1 o --p2: la palabra de otra entidad abre datos de cualquier persona, sin "
            "prueba alguna. «doctor» y el informe del registro lo advierten."
        ),
    ),
]
DayOption = Annotated[
    int | None,
    typer.Option("--consents-a-day", help=_("Consentimientos nuevos que se admiten de una entidad en 24 horas.")),
]
AlarmOption = Annotated[
    int | None, typer.Option("--alarm-at", help=_("Personas sin prueba en 24 horas desde las que se avisa."))
]


def register(group: typer.Typer) -> None:
    """Add the group ``assurance`` to the group ``consent``."""
    assurance = typer.Typer(
        no_args_is_help=True,
        help=_("Qué pruebas de la voluntad de la persona pide esta entidad a los consentimientos dados en otras."),
    )
    for add in (_register_show, _register_set):
        add(assurance)
    group.add_typer(assurance, name="assurance")


def _register_show(group: typer.Typer) -> None:
    @group.command(help=_("Muestra la política en vigor."))
    def show(home: HomeOption, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """Show the policy in force."""
        from node.consents.assurance.policy import policy_in_force
        from node.consents.assurance.report import policy_document, policy_text

        found = policy_in_force(open_node(home).context)
        emit(policy_document(found), policy_text(found, lang), as_json=as_json)


def _register_set(group: typer.Typer) -> None:
    @group.command(
        "set",
        help=_(
            "Cambia la política; lo que no se indica sigue igual. Queda anotado en el registro y se aplica desde la "
            "siguiente consulta. Los datos P3 nunca se abren con menos que una firma electrónica o una confirmación."
        ),
    )
    def set_(
        *,
        home: HomeOption,
        p1: P1Option = None,
        p2: P2Option = None,
        p3: P3Option = None,
        trust_other_entities: TrustOption = False,
        consents_a_day: DayOption = None,
        alarm_at: AlarmOption = None,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Change the policy; the rest of it stays. It is in the ledger, and applies from the next request on."""
        from node.consents.assurance.policy import policy_in_force, set_policy
        from node.consents.assurance.report import policy_document, policy_text

        context = open_node(home).context
        before = policy_in_force(context).policy
        stated = {"P1": p1, "P2": p2, "P3": p3}
        limits = {"consents_a_day": consents_a_day, "alarm_at": alarm_at}
        policy = _changed(before, stated, limits)
        if set(policy.lowered) - set(before.lowered) and not trust_other_entities:
            raise typer.BadParameter(_("«declared» solo se admite junto con --trust-other-entities"))
        found = set_policy(context, policy)
        emit(policy_document(found), policy_text(found, lang), as_json=as_json)


def _changed(
    before: "AssurancePolicy", stated: dict[str, list[str] | None], limits: dict[str, int | None]
) -> "AssurancePolicy":
    from policies.assurance import AssurancePolicy, assurance_of

    named = {
        level: [assurance_of(name).value for name in split_names(names)] for level, names in stated.items() if names
    }
    document = before.model_dump(mode="json")
    document["accepted"] |= named
    document["limits"] |= {name: value for name, value in limits.items() if value is not None}
    return AssurancePolicy.parse(document)
