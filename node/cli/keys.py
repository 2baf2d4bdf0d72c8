"""``redpact-node keys show | rotate``."""

from typing import Annotated

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation import terminal
from presentation.messages import _, speaking

TlsOption = Annotated[bool, typer.Option("--tls", help=_("La clave de las conexiones."))]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help=_("Muestra las claves de la entidad y las cambia."), no_args_is_help=True)
    group.command(help=_("Muestra las claves públicas de la entidad, las mismas que publica el directorio."))(show)
    group.command(
        help=_(
            "Cambia una clave: lo firma la clave que se deja, todos los nodos lo comprueban y queda anotado en el "
            "registro."
        )
    )(rotate)
    app.add_typer(group, name="keys")


def show(home: HomeOption, as_json: JsonOption = False, lang: LangOption = "es") -> None:
    """Show the public keys of the entity, as the directory publishes them."""
    from node.operations.key_report import key_document, key_text

    node = open_node(home)
    document = key_document(node.context, node.key_changes.tls_key())
    emit(document, key_text(document, lang), as_json=as_json)


def rotate(home: HomeOption, tls: TlsOption = False, as_json: JsonOption = False, lang: LangOption = "es") -> None:
    """Replace a key."""
    from node.operations.key_report import required_key

    node = open_node(home)
    kind = required_key(tls=tls)
    before = node.key_changes.tls_key()
    node.key_changes.replace_tls()
    document = {"key": kind, "old": before, "new": node.key_changes.tls_key()}
    text = speaking(lang)("Clave {kind} cambiada. La nueva: {new}", kind=kind, new=document["new"])
    emit(document, terminal.paragraph(text), as_json=as_json)
