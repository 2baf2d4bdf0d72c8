"""``redpact-coordinator serve``."""

import json

import typer

from coordinator.cli.options import HomeOption, JsonOption, LangOption, open_coordinator
from presentation.messages import _, in_language


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help=_(
            "Ejecuta el coordinador hasta recibir SIGTERM: admite entidades, publica el directorio y dirige las "
            "campañas de entrenamiento."
        )
    )
    def serve(home: HomeOption, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """Run the coordinator until SIGTERM: admit entities, publish the directory, run training campaigns."""
        from coordinator import serve as service
        from service import log

        coordinator = open_coordinator(home)
        log.configure(coordinator.context.settings.log_level)
        running = service.start(coordinator)
        network, port, enrolment = coordinator.context.settings.network, running.port, running.servers[1].port
        text = _(
            "redpact-coordinator: {network} en marcha en el puerto {port:d}; altas en el puerto {enrolment:d}",
            network=network,
            port=port,
            enrolment=enrolment,
        )
        document = {"ready": network, "port": port, "enrolment_port": enrolment}
        running.run_until_signal(json.dumps(document) if as_json else in_language(text, lang))
