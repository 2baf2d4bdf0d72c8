"""``redpact-node keys show | rotate``."""

from typing import Annotated

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation import terminal
from presentation.messages import _, speaking

SigningOption = Annotated[bool, typer.Option("--signing", help=_("La clave que firma mensajes y decisiones."))]
ExchangeOption = Annotated[
    bool, typer.Option("--exchange", help=_("La clave de seudónimos y de lo que llega por el repetidor."))
]
LedgerOption = Annotated[bool, typer.Option("--ledger", help=_("La clave que firma el registro."))]
WitnessOption = Annotated[
    bool, typer.Option("--witness", help=_("La clave que cofirma los registros de otras entidades."))
]
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


def rotate(
    home: HomeOption,
    signing: SigningOption = False,
    exchange: ExchangeOption = False,
    ledger: LedgerOption = False,
    witness: WitnessOption = False,
    tls: TlsOption = False,
    as_json: JsonOption = False,
    lang: LangOption = "es",
) -> None:
    """Replace a key."""
    from node.operations.key_report import required_key
    from trust.key_proofs import KeyPurpose

    kind = required_key(signing=signing, exchange=exchange, ledger=ledger, witness=witness, tls=tls)
    changes = open_node(home).key_changes
    replaced = changes.replace_tls() if tls else changes.rotate(KeyPurpose(kind))
    document = {"key": kind, "old": replaced.old, "new": replaced.new}
    text = speaking(lang)("Clave {kind} cambiada. La nueva: {new}", kind=kind, new=replaced.new)
    emit(document, terminal.paragraph(text), as_json=as_json)
