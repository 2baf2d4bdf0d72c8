"""``redpact-node serve``."""

import json
from typing import Annotated, Final

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, open_node
from presentation.messages import Message, _, in_language, joined

_NO_PAGES: Final = "none"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help=_(
            "Mantiene el nodo en marcha hasta SIGTERM: contesta a otras entidades, sigue el directorio, renueva "
            "el certificado y entrena."
        )
    )
    def serve(
        home: HomeOption,
        portal: Annotated[
            str,
            typer.Option(
                "--portal",
                envvar="REDPACT_PORTAL",
                help=_(
                    "Dirección en la que se sirven las páginas de la entidad, con TLS si no es de esta máquina; «none» "
                    "para no servirlas. Por defecto, la de los ajustes: 127.0.0.1:8443."
                ),
            ),
        ] = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Run the node until SIGTERM: answer other entities, follow the directory, renew the certificate, train."""
        from node import serve as service
        from service import log

        node = open_node(home)
        log.configure(node.context.settings.log_level)
        wanted = portal or node.context.settings.portal_listen
        running = service.start(node, portal="" if wanted == _NO_PAGES else wanted)
        entity, port = node.context.settings.entity, running.port if node.context.settings.listen else None
        pages = service.pages_address(running)
        said = joined(_said(entity, port, pages, wanted), "\n")
        document = {"ready": entity, "port": port, "pages": pages or None}
        running.run_until_signal(json.dumps(document) if as_json else in_language(said, lang))


def _said(entity: str, port: int | None, pages: str, wanted: str) -> list[Message]:
    """Return the lines that say what the node serves."""
    lines = [
        _("redpact-node: {entity} en marcha en el puerto {port:d}", entity=entity, port=port)
        if port
        else _("redpact-node: {entity} en marcha, sin ningún puerto abierto", entity=entity)
    ]
    if pages:
        lines.append(_("Páginas de la entidad: {address}", address=pages))
    elif wanted not in {"", _NO_PAGES}:
        lines.append(_("Las páginas de la entidad no se sirven; el motivo está en el registro de errores."))
    return lines
