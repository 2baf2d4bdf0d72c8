"""The end of a command, the same in every program: a result printed, or an error with its exit code."""

import json
import sys
from collections.abc import Mapping
from typing import Any

import typer

from policies.errors import EXIT_CODES, RedpactError, error_document, error_text


def run(app: typer.Typer) -> None:
    """Run the program; an error of ours becomes a sentence (or JSON with ``--json``) and its exit code."""
    try:
        app()
    except RedpactError as error:
        if "--json" in sys.argv[1:]:
            typer.echo(json.dumps(error_document(error), ensure_ascii=False, indent=2))
        else:
            typer.echo(error_text(error), err=True)
        sys.exit(EXIT_CODES[error.kind])


def emit(document: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    """Print a result, as one JSON document or as text for people."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2) if as_json else text)
