"""Commands that other packages add to the auditor, found by entry point and never imported by name.

The ledger's auditor must stay small and below everything else, so it knows only the names of these commands and the
packages to install for them. A command registers as ``NAME = "module:register"`` under `GROUP`; ``register`` takes the
application.
"""

from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import entry_points
from typing import Final, Protocol

import typer

from consent_ledger.cli.errors import CommandNotInstalled
from presentation.messages import _

GROUP: Final = "redpact.audit_commands"

OPTIONAL: Final[Mapping[str, tuple[str, str]]] = {
    "model": (
        "redpact[federated]",
        _("Comprueba el paquete de un modelo publicado. Necesita: pip install 'redpact[federated]'"),
    ),
}
"""Command -> the distribution to install for it, and its help where that is missing."""


class Extension(Protocol):
    """The parts of an entry point that are used."""

    @property
    def name(self) -> str:
        """The command."""
        ...

    def load(self) -> Callable[[typer.Typer], None]:
        """Import the module and return its ``register``.

        Raises:
            ModuleNotFoundError: a part of it is not installed.
        """
        ...


def add_extensions(app: typer.Typer, found: Iterable[Extension] | None = None) -> None:
    """Add every optional command: the installed one, or one that names the package to install and exits with 2.

    Args:
        app: the auditor's application.
        found: the entry points; None takes those of the installed distributions.
    """
    extensions = {each.name: each for each in (entry_points(group=GROUP) if found is None else found)}
    for name, (distribution, help_text) in OPTIONAL.items():
        register = _loaded(extensions.get(name))
        if register is None:
            _add_absent(app, name, distribution, help_text)
        else:
            register(app)


def _loaded(extension: Extension | None) -> Callable[[typer.Typer], None] | None:
    try:
        return extension.load() if extension is not None else None
    except ModuleNotFoundError:  # the small auditor beside leftovers of the whole program
        return None


def _add_absent(app: typer.Typer, name: str, distribution: str, help_text: str) -> None:
    # All further arguments are accepted, so that the answer names the package and not a misspelled option.
    settings = {"allow_extra_args": True, "ignore_unknown_options": True}

    @app.command(name, help=help_text, context_settings=settings)
    def absent() -> None:
        remedy = _("en un entorno propio: pip install '{distribution}'", distribution=distribution)
        raise CommandNotInstalled(_("{name!r} no está instalado aquí", name=name), remedy=remedy)
