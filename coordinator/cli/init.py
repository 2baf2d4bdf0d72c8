"""``redpact-coordinator init``."""

from typing import Annotated

import typer

from coordinator.cli.options import HomeOption, JsonOption, emit


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(init)


def init(
    home: HomeOption,
    network: Annotated[str, typer.Option(help="Name of the network, a DNS name such as red.example.org.")] = "",
    listen: Annotated[str, typer.Option(help="host:port for the nodes (mutual TLS).")] = "0.0.0.0:7400",  # a server
    enrolment_listen: Annotated[
        str, typer.Option(help="host:port for a node's first call (no client certificate).")
    ] = "0.0.0.0:7401",  # a server
    address: Annotated[str, typer.Option(help="Where nodes reach --listen; default: --listen.")] = "",
    enrolment_address: Annotated[str, typer.Option(help="Where nodes reach --enrolment-listen.")] = "",
    witness_listen: Annotated[
        str,
        typer.Option(help="host:port (HTTP) to cosign ledgers at; 'none' for nowhere. Default: port + 1000."),
    ] = "",
    witness_url: Annotated[str, typer.Option(help="Where nodes reach --witness-listen.")] = "",
    database: Annotated[str, typer.Option(help="Database URL; default: an SQLite file in the home.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Make a network: its certificate authority, keys, database and first directory. Run again to upgrade."""
    from coordinator.settings import CoordinatorSettings
    from coordinator.setup import set_up, upgrade
    from coordinator.status import summary, summary_text
    from service.clock import SystemClock
    from service.settings import witness_address

    if CoordinatorSettings.exists(home) and not network:
        coordinator = upgrade(home, SystemClock())
    else:
        answers = {
            "network": network,
            "listen": listen,
            "address": address or listen,
            "enrolment_listen": enrolment_listen,
            "enrolment_address": enrolment_address or enrolment_listen,
            "database": database,
            "witness_listen": witness_address(witness_listen, listen),
            "witness_url": witness_url,
        }
        coordinator = set_up(home, CoordinatorSettings.validated(answers), SystemClock())
    document = summary(coordinator)
    emit(document, summary_text(document, "es"), as_json=as_json)
