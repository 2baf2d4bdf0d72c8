"""``redpact-audit``: verify ledgers and receipts offline, trusting nobody's server."""

import json
import sys
from typing import Final

import typer

from consent_ledger.cli import receipt, report, verify
from policies.errors import EXIT_CODES, RedpactError, error_document, error_text

_COMMANDS: Final = (verify, report, receipt)


def build_app() -> typer.Typer:
    """Return the command line with every command registered."""
    app = typer.Typer(
        name="redpact-audit",
        help="Verify consent ledgers and receipts offline. Exit codes: 0 verified, 1 not verified, 2 wrong usage.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_group)
    for command in _COMMANDS:
        command.register(app)
    return app


def _group() -> None:
    """Verify consent ledgers and receipts offline. Exit codes: 0 verified, 1 not verified, 2 wrong usage."""


def main() -> None:
    """Run the command line; errors of ours become a sentence, or a JSON document with ``--json``, and an exit code."""
    try:
        build_app()()
    except RedpactError as error:
        if "--json" in sys.argv:
            print(json.dumps(error_document(error), ensure_ascii=False, indent=2))
        else:
            print(error_text(error), file=sys.stderr)
        sys.exit(EXIT_CODES[error.kind])
