"""The end of a command, the same in every program: a result printed, or an error with its exit code."""

import sys
from collections.abc import Mapping
from typing import Any, Final

import typer

from policies.errors import EXIT_CODES, RedpactError, error_document, error_text
from presentation.harmless import harmless, json_text
from presentation.messages import _
from presentation.terminal import fitted
from service.extras import TRAINING_LIBRARIES, training_missing

_YES: Final = frozenset({"s", "si", "sí", "y", "yes"})


def run(app: typer.Typer) -> None:
    """Run the program; an error of ours becomes a sentence (or JSON with ``--json``) and its exit code."""
    try:
        _call(app)
    except RedpactError as error:
        if "--json" in sys.argv[1:]:
            typer.echo(json_text(error_document(error)))
        else:
            typer.echo(harmless(fitted(error_text(error))), err=True)
        sys.exit(EXIT_CODES[error.kind])


def _call(app: typer.Typer) -> None:
    try:
        app()
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library not in TRAINING_LIBRARIES:
            raise
        raise training_missing((library,)) from error


def agree(question: str) -> None:
    """Ask a person to say yes, and end the command otherwise; both languages' words for yes are understood.

    Raises:
        Abort: the answer is another one, or nobody is there to answer.
    """
    answer = typer.prompt(harmless(f"{question} {_('[s/N]')}"), default="", show_default=False, err=True)
    if answer.strip().lower() not in _YES:
        raise typer.Abort


def emit(document: Mapping[str, Any], text: str, *, as_json: bool, verbatim: bool = False) -> None:
    """Print a result, as one JSON document or as text for people, which fits their terminal.

    Args:
        document: for programs.
        text: for people.
        as_json: prints the document.
        verbatim: leaves the lines of the text as they are, for a program reads them too.
    """
    typer.echo(json_text(document) if as_json else harmless(text if verbatim else fitted(text)))
