"""``redpact-node``: the program of an entity's node. Each command registers itself from its own file."""

import typer

from node.cli import (
    anchors,
    card,
    case,
    consent,
    directory,
    doctor,
    fetch,
    household,
    inbox,
    init,
    keys,
    ledger,
    person,
    pseudonym_key,
    records,
    recover,
    recovery,
    referral,
    risk,
    serve,
    status,
    support,
    training,
    user,
    vocabulary,
)
from presentation.messages import _
from service.command_line import run

app = typer.Typer(
    name="redpact-node",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback(
    help=_(
        "Administra el nodo de una entidad: sus fichas, sus consentimientos, su registro y su intercambio con "
        "otras entidades."
    )
)
def _about() -> None:
    """Run an entity's node: its records, its consents, its ledger, its exchange with other entities."""


COMMANDS = (
    *(init, serve, status, doctor, vocabulary, records, person, household, card, support, consent, fetch),
    *(case, referral, inbox, ledger, keys, recover, recovery, anchors, directory, pseudonym_key, training, risk, user),
)
"""Modules with a ``register(app)``; the order is the order of ``--help``."""

for _module in COMMANDS:
    _module.register(app)


def main() -> None:
    """Run the program."""
    run(app)
