"""``redpact-node serve``."""

import json

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, open_node
from presentation.messages import _, in_language


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help=_(
            "Mantiene el nodo en marcha hasta SIGTERM: contesta a otras entidades, sigue el directorio, renueva "
            "el certificado y entrena."
        )
    )
    def serve(home: HomeOption, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """Run the node until SIGTERM: answer other entities, follow the directory, renew the certificate, train."""
        from node import serve as service
        from service import log

        node = open_node(home)
        log.configure(node.context.settings.log_level)
        running = service.start(node)
        entity, port = node.context.settings.entity, running.port if node.context.settings.listen else None
        text = (
            _("redpact-node: {entity} en marcha en el puerto {port:d}", entity=entity, port=port)
            if port
            else _("redpact-node: {entity} en marcha, sin ningún puerto abierto", entity=entity)
        )
        running.run_until_signal(json.dumps({"ready": entity, "port": port}) if as_json else in_language(text, lang))
