"""``redpact-node person``: who a person is, when that changes."""

import typer

from node.cli import person_assign, person_deceased, person_document, person_merge, person_rename, person_split
from presentation.messages import _


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True,
        help=_("Quién es una persona, cuando cambia: nombre, documento, fallecimiento, fichas de la misma persona."),
    )
    for each in (person_rename, person_document, person_deceased, person_merge, person_split, person_assign):
        each.register(group)
    app.add_typer(group, name="person")
