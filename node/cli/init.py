"""``redpact-node init``."""

import sys
from pathlib import Path
from typing import Annotated

import click
import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit
from presentation.messages import _

TokenOption = Annotated[
    str, typer.Option(help=_("'-' lee la invitación del coordinador de la entrada estándar; otro valor se rechaza."))
]
TokenFileOption = Annotated[Path | None, typer.Option(help=_("Fichero con la invitación del coordinador."))]
ListenOption = Annotated[
    str,
    typer.Option(
        help=_(
            "host:port donde este nodo acepta llamadas; 'none' para no abrir ningún puerto: llegan por el "
            "repetidor del coordinador."
        )
    ),
]
AddressOption = Annotated[
    list[str] | None,
    typer.Option(help=_("host:port por el que los demás llegan a este nodo; por defecto, --listen. Puede repetirse.")),
]
WitnessListenOption = Annotated[
    str,
    typer.Option(
        help=_(
            "host:port donde este nodo cofirma los registros de otras entidades; 'none' para no hacerlo. "
            "Por defecto, puerto + 1000."
        )
    ),
]
WitnessUrlOption = Annotated[str, typer.Option(help=_("Dirección por la que los demás llegan a --witness-listen."))]
ReplaceOption = Annotated[
    bool,
    typer.Option(
        "--replace",
        help=_(
            "Con una invitación para un nodo que funciona: pide otro certificado con una clave TLS nueva y anula los "
            "anteriores; las demás claves y los datos no cambian."
        ),
    ),
]
AnchorOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar=_("ENTIDAD=HUELLA"),
        help=_(
            "Ancla que fija la DPD, con la huella que imprime esa entidad («anchors fingerprint»). Puede repetirse. "
            "Sin ninguna solo responde el coordinador por el directorio, y no se aprueban campañas de entrenamiento."
        ),
    ),
]
DatabaseOption = Annotated[
    str, typer.Option(help=_("URL de la base de datos; por defecto, un fichero SQLite en la carpeta del programa."))
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        help=_(
            "Crea un nodo y lo une a la red con una invitación. Ejecútelo de nuevo para actualizar la base de datos."
        )
    )(init)


def init(
    home: HomeOption,
    token: TokenOption = "",
    token_file: TokenFileOption = None,
    listen: ListenOption = "",
    address: AddressOption = None,
    witness_listen: WitnessListenOption = "",
    witness_url: WitnessUrlOption = "",
    database: DatabaseOption = "",
    anchor: AnchorOption = None,
    replace: ReplaceOption = False,
    as_json: JsonOption = False,
    lang: LangOption = "es",
) -> None:
    """Make a node and join the network with an invitation. Run again to upgrade the database."""
    from node.anchors import pinning
    from node.identity.invitation import given_token
    from node.operations.status import summary, summary_text
    from node.setup import Answers, set_up
    from service.clock import SystemClock
    from service.settings import database_argument, witness_address

    anchors = [pinning.typed_anchor(each) for each in anchor or ()]
    answers = Answers(
        token=given_token(token, token_file, sys.stdin),
        listen=listen,
        addresses=tuple(address or ()),
        database=database_argument(database),
        witness_listen=witness_address(witness_listen, listen),
        witness_url=witness_url,
        replace=replace,
    )
    node = click.get_current_context().with_resource(set_up(home, answers, SystemClock()))
    for entity, fingerprint in anchors:
        pinning.pin(node.context, entity, fingerprint)
    document = summary(node.context, node.certificate)
    emit(document, summary_text(document, lang), as_json=as_json)
