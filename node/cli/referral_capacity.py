"""``redpact-node referral capacity set``, ``list`` and ``ask``: places and waits, own and of other entities."""

from typing import Annotated

import typer

from node.cli.arguments import split_names
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _

ServiceArgument = Annotated[
    str, typer.Argument(metavar=_("SERVICIO"), help=_("Servicio; véase: vocabulary referrals services."))
]


def register(group: typer.Typer) -> None:
    """Add the group ``capacity`` to the group ``referral``."""
    capacity = typer.Typer(
        no_args_is_help=True, help=_("Plazas y esperas: indica las propias y pregunta por las de otras entidades.")
    )
    for add in (_register_set, _register_list, _register_ask):
        add(capacity)
    group.add_typer(capacity, name="capacity")


def _register_set(group: typer.Typer) -> None:
    @group.command(name="set", help=_("Indica lo que esta entidad puede ofrecer de un servicio desde este momento."))
    def set_capacity(
        *,
        home: HomeOption,
        service: ServiceArgument,
        places: Annotated[
            int, typer.Option("--places", help=_("Plazas libres ahora; a las demás entidades se les dice por tramos."))
        ],
        wait_days: Annotated[
            int, typer.Option("--wait-days", help=_("Espera habitual en días; se comunica por tramos."))
        ],
        is_open: Annotated[
            bool, typer.Option("--open/--closed", help=_("Indica si ahora se admiten derivaciones."))
        ] = True,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """State the places and the wait for a service of this entity from now on."""
        from node.referrals.report import capacities_document, capacities_text

        stated = open_node(home).capacities.set(service, places=places, wait_days=wait_days, is_open=is_open)
        emit(capacities_document([stated]), capacities_text([stated], lang=lang), as_json=as_json)


def _register_list(group: typer.Typer) -> None:
    @group.command(name="list", help=_("Muestra lo que esta entidad declara que puede ofrecer."))
    def list_capacity(home: HomeOption, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """List the places and waits that this entity states."""
        from node.referrals.report import capacities_document, capacities_text

        stated = open_node(home).capacities.list()
        emit(capacities_document(stated), capacities_text(stated, lang=lang), as_json=as_json)


def _register_ask(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Pregunta a varias entidades, a la vez, por las plazas y la espera de un servicio. Sin datos "
            "personales: no se menciona a ninguna persona.\n\nTermina con 0 si alguna entidad contestó y con 3 "
            "si no contestó ninguna; se indican las que no contestaron."
        )
    )
    def ask(
        *,
        home: HomeOption,
        service: ServiceArgument,
        entities: Annotated[
            list[str] | None,
            typer.Option(
                "--entity",
                help=_("Entidades a las que se pregunta: ENT[,ENT]; si no se indica ninguna, todas las de la red."),
            ),
        ] = None,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Ask entities, in parallel, for places and wait of a service. No person is named."""
        from node.referrals.report import asked_document, asked_exit_code, asked_text

        node = open_node(home)
        replies = node.capacities.ask(service, split_names(entities))
        emit(asked_document(service, replies), asked_text(replies, lang=lang), as_json=as_json)
        raise typer.Exit(asked_exit_code(replies))
