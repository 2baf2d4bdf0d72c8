"""``redpact-node recover``."""

import sys

import click
import typer

from node.cli.init import (
    AddressOption,
    DatabaseOption,
    ListenOption,
    TokenFileOption,
    TokenOption,
    WitnessListenOption,
    WitnessUrlOption,
)
from node.cli.options import HomeOption, JsonOption, LangOption, emit
from presentation import terminal
from presentation.messages import _, speaking
from trust.recovery import Recovery


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        help=_(
            "Recupera en una carpeta nueva una entidad que perdió todas sus claves. La primera vez declara las nuevas, "
            "que todas las entidades ven; repita la orden cuando cuenten, 48 horas después, y el nodo se inscribe."
        )
    )(recover)


def recover(
    home: HomeOption,
    token: TokenOption = "",
    token_file: TokenFileOption = None,
    listen: ListenOption = "",
    address: AddressOption = None,
    witness_listen: WitnessListenOption = "",
    witness_url: WitnessUrlOption = "",
    database: DatabaseOption = "",
    as_json: JsonOption = False,
    lang: LangOption = "es",
) -> None:
    """Bring back, in a new home, an entity that lost all its keys."""
    from node import setup
    from node.identity.invitation import given_token
    from node.operations.status import summary, summary_text
    from service.clock import SystemClock
    from service.settings import witness_address

    answers = setup.Answers(
        token=given_token(token, token_file, sys.stdin),
        listen=listen,
        addresses=tuple(address or ()),
        database=database,
        witness_listen=witness_address(witness_listen, listen),
        witness_url=witness_url,
    )
    made = setup.recover(home, answers, SystemClock())
    if isinstance(made, Recovery):
        document = {"state": "pending", "recovery": made.id, "counts_from": made.counts_from.isoformat()}
        emit(document, _pending_text(made, lang), as_json=as_json)
        return
    node = click.get_current_context().with_resource(made)
    document = {"state": "recovered", **summary(node.context, node.certificate)}
    emit(document, summary_text(document, lang), as_json=as_json)


def _pending_text(recovery: Recovery, lang: str) -> str:
    text = speaking(lang)(
        "Las claves nuevas están declaradas y todas las entidades lo ven. Cuentan desde el {until}: repita entonces "
        "esta orden con la misma invitación.",
        until=recovery.counts_from,
    )
    return terminal.paragraph(text)
