"""``redpact-node init``."""

import sys
from typing import Annotated

import click
import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(init)


def init(
    home: HomeOption,
    token: Annotated[str, typer.Option(help="The invitation of the coordinator; '-' reads it from input.")] = "",
    listen: Annotated[
        str,
        typer.Option(help="host:port where this node accepts calls; 'none' for no open port: they come by relay."),
    ] = "",
    address: Annotated[
        list[str] | None,
        typer.Option(help="host:port where others reach this node; default: --listen. Repeatable."),
    ] = None,
    witness_listen: Annotated[
        str,
        typer.Option(
            help="host:port where this node cosigns others' ledgers; 'none' for nowhere. Default: port + 1000."
        ),
    ] = "",
    witness_url: Annotated[str, typer.Option(help="Where others reach --witness-listen.")] = "",
    database: Annotated[str, typer.Option(help="Database URL; default: an SQLite file in the home.")] = "",
    as_json: JsonOption = False,
    lang: LangOption = "es",
) -> None:
    """Make a node and join the network with an invitation. Run again to upgrade the database."""
    from node.operations.status import summary, summary_text
    from node.setup import Answers, set_up
    from service.clock import SystemClock
    from service.settings import witness_address

    token = sys.stdin.readline() if token == "-" else token  # noqa: S105  # a dash is not a secret
    answers = Answers(
        token=token,
        listen=listen,
        addresses=tuple(address or ()),
        database=database,
        witness_listen=witness_address(witness_listen, listen),
        witness_url=witness_url,
    )
    node = click.get_current_context().with_resource(set_up(home, answers, SystemClock()))
    document = summary(node.context, node.certificate)
    emit(document, summary_text(document, lang), as_json=as_json)
