"""``redpact-coordinator``: the Gerencia's program. Each command registers itself from its own file."""

import typer

from coordinator.cli import (
    approve,
    directory,
    doctor,
    entity,
    init,
    locator,
    officer,
    serve,
    status,
    training_edit,
    training_publish,
    training_recall,
    training_release,
    training_review,
    training_simulate,
    training_start,
    training_status,
    training_stop,
)
from presentation.messages import _
from service.command_line import run

app = typer.Typer(
    name="redpact-coordinator", no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False
)
training = typer.Typer(help=_("Propone, sigue y publica campañas de entrenamiento privado."), no_args_is_help=True)


@app.callback(
    help=_("Administra el coordinador: admite entidades, mantiene el directorio y entrena modelos. Nunca ve una ficha.")
)
def _about() -> None:
    """Run the coordinator: it admits entities, keeps the directory and trains models. It never sees a record."""


COMMANDS = (init, serve, status, doctor, entity, officer, approve, directory, locator)
"""Modules with a ``register(app)``; the order is the order of ``--help``."""

TRAINING_COMMANDS = (
    training_start,
    training_status,
    training_stop,
    training_review,
    training_edit,
    training_publish,
    training_release,
    training_recall,
    training_simulate,
)
"""Modules with a ``register(app)`` for the group ``training``."""

for _module in COMMANDS:
    _module.register(app)
for _module in TRAINING_COMMANDS:
    _module.register(training)
app.add_typer(training, name="training")


def main() -> None:
    """Run the program."""
    run(app)
