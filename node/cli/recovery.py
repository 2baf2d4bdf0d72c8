"""``redpact-node recovery list | veto | obey``."""

from pathlib import Path
from typing import Annotated

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation import terminal
from presentation.messages import _, listing, speaking

VetoFileArgument = Annotated[
    Path, typer.Argument(metavar=_("FICHERO"), help=_("Fichero del veto, recibido de la entidad que lo firma."))
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        help=_("Muestra qué entidades recuperan sus claves, y veta la recuperación de las propias."),
        no_args_is_help=True,
    )
    group.command("list", help=_("Muestra las recuperaciones de claves que conoce este nodo."))(list_)
    group.command(
        help=_(
            "Veta la recuperación de las claves de esta entidad, que nadie de ella ha pedido: lo firma con la clave "
            "que tiene, y lo envía a todas. Queda en el registro."
        )
    )(veto)
    group.command(help=_("Obedece el veto de otra entidad, que llegó en un fichero."))(obey)
    app.add_typer(group, name="recovery")


def list_(home: HomeOption, as_json: JsonOption = False, lang: LangOption = "es") -> None:
    """List the recoveries of keys that this node knows of."""
    from node.recoveries.state import recoveries_state, recoveries_text

    found = recoveries_state(open_node(home).context)
    emit({"recoveries": found}, recoveries_text(found, lang), as_json=as_json)


def veto(
    home: HomeOption,
    by: Annotated[str, typer.Option(help=_("Quién lo decide."))],
    as_json: JsonOption = False,
    lang: LangOption = "es",
) -> None:
    """Veto the recovery of this entity's keys."""
    from node.recoveries.vetoing import veto_own_recovery

    node = open_node(home)
    sent = veto_own_recovery(node.context, node.coordinator_channel, decided_by=by)
    document = {
        "recovery": sent.recovery,
        "file": str(sent.file),
        "coordinator": sent.coordinator,
        "entities": list(sent.entities),
    }
    say = speaking(lang)
    lines = [
        say("✓ Vetada. Ya lo saben: {entities}", entities=listing(sent.entities) if sent.entities else _("ninguna")),
        say("La Gerencia lo ha publicado.") if sent.coordinator else say("! La Gerencia no lo ha aceptado."),
        say("A las demás puede enviarles este fichero: {file}", file=sent.file),
    ]
    emit(document, "\n".join(terminal.paragraph(line, hanging=2) for line in lines), as_json=as_json)


def obey(home: HomeOption, file: VetoFileArgument, as_json: JsonOption = False, lang: LangOption = "es") -> None:
    """Obey the veto of another entity, which came in a file."""
    from node.recoveries.vetoing import obey_veto_file

    entity = obey_veto_file(open_node(home).context, file)
    text = speaking(lang)("✓ Vetada la recuperación de {entity}.", entity=entity)
    emit({"entity": entity}, text, as_json=as_json)
