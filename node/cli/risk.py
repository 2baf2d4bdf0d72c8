"""``redpact-node risk list``."""

from typing import Annotated

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(no_args_is_help=True, help="Who may need support first, by the released model.")
    _list(group)
    app.add_typer(group, name="risk")


def _list(group: typer.Typer) -> None:
    @group.command("list")
    def list_(
        *,
        home: HomeOption,
        top: Annotated[int, typer.Option(min=1, max=10_000, help="How many people to list.")] = 20,
        as_of: Annotated[str, typer.Option(help="Look back from this month: 2019-01; the present one if none.")] = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """List the people most likely to need long support, with reasons. To offer support only; stored nowhere."""
        from node.risk import listing

        node = open_node(home)
        shown = listing.risk_list(node, node.training_client(), top=top, as_of=listing.parse_month(as_of))
        emit(listing.document(shown), listing.text(shown, lang), as_json=as_json)
