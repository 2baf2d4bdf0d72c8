"""``redpact-coordinator init``."""

from typing import Annotated

import typer

from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit
from presentation.messages import _

NetworkOption = Annotated[str, typer.Option(help=_("Nombre de la red: un nombre DNS, como red.example.org."))]
ListenOption = Annotated[str, typer.Option(help=_("host:port para los nodos (TLS mutuo)."))]
EnrolmentListenOption = Annotated[
    str, typer.Option(help=_("host:port para la primera llamada de un nodo (sin certificado de cliente)."))
]
AddressOption = Annotated[
    str, typer.Option(help=_("Dirección por la que los nodos llegan a --listen; por defecto, --listen."))
]
EnrolmentAddressOption = Annotated[
    str, typer.Option(help=_("Dirección por la que los nodos llegan a --enrolment-listen."))
]
WitnessListenOption = Annotated[
    str,
    typer.Option(
        help=_("host:port (HTTP) donde se cofirman registros; 'none' para no hacerlo. Por defecto, puerto + 1000.")
    ),
]
WitnessUrlOption = Annotated[str, typer.Option(help=_("Dirección por la que los nodos llegan a --witness-listen."))]
DatabaseOption = Annotated[
    str, typer.Option(help=_("URL de la base de datos; por defecto, un fichero SQLite en la carpeta del programa."))
]


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
    network: NetworkOption = "",
    listen: ListenOption = "0.0.0.0:7400",  # a server
    enrolment_listen: EnrolmentListenOption = "0.0.0.0:7401",  # a server
    address: AddressOption = "",
    enrolment_address: EnrolmentAddressOption = "",
    witness_listen: WitnessListenOption = "",
    witness_url: WitnessUrlOption = "",
    database: DatabaseOption = "",
    lang: LangOption = "es",
    as_json: JsonOption = False,
) -> None:
    """Create a network: its certificate authority, keys, database and first directory. Run again to upgrade."""
    from coordinator.settings import CoordinatorSettings
    from coordinator.setup import set_up, upgrade
    from coordinator.status import summary, summary_text
    from service.clock import SystemClock
    from service.settings import database_argument, witness_address

    if CoordinatorSettings.exists(home) and not network:
        made = upgrade(home, SystemClock())
    else:
        answers = {
            "network": network,
            "listen": listen,
            "address": address or listen,
            "enrolment_listen": enrolment_listen,
            "enrolment_address": enrolment_address or enrolment_listen,
            "database": database_argument(database),
            "witness_listen": witness_address(witness_listen, listen),
            "witness_url": witness_url,
        }
        made = set_up(home, CoordinatorSettings.validated(answers), SystemClock())
    with made as coordinator:
        attached = coordinator.relay_client().attached
        document = summary(coordinator.context, coordinator.registry, coordinator.locator_epochs, attached)
    emit(document, summary_text(document, lang), as_json=as_json)
