"""``redpact-coordinator init``."""

from typing import Annotated

import typer

from coordinator.cli.options import HomeOption, JsonOption, emit
from presentation.messages import _


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        help=_(
            "Crea una red: su autoridad de certificación, sus claves, su base de datos y el primer directorio. "
            "Ejecútelo de nuevo para actualizarla."
        )
    )(init)


def init(
    home: HomeOption,
    network: Annotated[str, typer.Option(help=_("Nombre de la red: un nombre DNS, como red.example.org."))] = "",
    listen: Annotated[str, typer.Option(help=_("host:port para los nodos (TLS mutuo)."))] = "0.0.0.0:7400",  # a server
    enrolment_listen: Annotated[
        str, typer.Option(help=_("host:port para la primera llamada de un nodo (sin certificado de cliente)."))
    ] = "0.0.0.0:7401",  # a server
    address: Annotated[
        str, typer.Option(help=_("Dirección por la que los nodos llegan a --listen; por defecto, --listen."))
    ] = "",
    enrolment_address: Annotated[
        str, typer.Option(help=_("Dirección por la que los nodos llegan a --enrolment-listen."))
    ] = "",
    witness_listen: Annotated[
        str,
        typer.Option(
            help=_("host:port (HTTP) donde se cofirman registros; 'none' para no hacerlo. Por defecto, puerto + 1000.")
        ),
    ] = "",
    witness_url: Annotated[str, typer.Option(help=_("Dirección por la que los nodos llegan a --witness-listen."))] = "",
    database: Annotated[
        str, typer.Option(help=_("URL de la base de datos; por defecto, un fichero SQLite en la carpeta del programa."))
    ] = "",
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
