"""``redpact-node referral capacity set|list|ask``: what this entity can offer, and what others can."""

from typing import Annotated

import typer

from node.cli.arguments import split_names
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node

ServiceArgument = Annotated[str, typer.Argument(help="Service; see: vocabulary referrals services.")]


def register(group: typer.Typer) -> None:
    """Add the group ``capacity`` to the group ``referral``."""
    capacity = typer.Typer(no_args_is_help=True, help="Places and waits: state yours, ask for those of others.")
    for add in (_register_set, _register_list, _register_ask):
        add(capacity)
    group.add_typer(capacity, name="capacity")


def _register_set(group: typer.Typer) -> None:
    @group.command(name="set")
    def set_capacity(
        *,
        home: HomeOption,
        service: ServiceArgument,
        places: Annotated[int, typer.Option("--places", help="Places free now; told to others in bands.")],
        wait_days: Annotated[int, typer.Option("--wait-days", help="Usual wait in days; told in bands.")],
        is_open: Annotated[bool, typer.Option("--open/--closed", help="Whether referrals are taken now.")] = True,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """State what this entity can offer of a service from now on."""
        from node.referrals.report import capacities_document, capacities_text

        stated = open_node(home).capacities.set(service, places=places, wait_days=wait_days, is_open=is_open)
        emit(capacities_document([stated]), capacities_text([stated], lang=lang), as_json=as_json)


def _register_list(group: typer.Typer) -> None:
    @group.command(name="list")
    def list_capacity(home: HomeOption, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """List what this entity states it can offer."""
        from node.referrals.report import capacities_document, capacities_text

        stated = open_node(home).capacities.list()
        emit(capacities_document(stated), capacities_text(stated, lang=lang), as_json=as_json)


def _register_ask(group: typer.Typer) -> None:
    @group.command()
    def ask(
        *,
        home: HomeOption,
        service: ServiceArgument,
        entities: Annotated[
            list[str] | None, typer.Option("--entity", help="Entities to ask: ENT[,ENT]; all of the network if none.")
        ] = None,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Ask entities, in parallel, for places and wait of a service. No personal data: nobody is named.

        Exits with 0 when anybody answered, 3 when nobody did; who did not answer is shown.
        """
        from node.referrals.report import asked_document, asked_exit_code, asked_text

        node = open_node(home)
        replies = node.capacities.ask(service, split_names(entities))
        emit(asked_document(service, replies), asked_text(replies, lang=lang), as_json=as_json)
        raise typer.Exit(asked_exit_code(replies))
