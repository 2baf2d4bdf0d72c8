"""``redpact-audit``: verify ledgers and receipts offline, trusting nobody's server."""

import sys
from typing import Final

import typer

from consent_ledger.cli import directory, receipt, report, verify
from consent_ledger.cli.extensions import add_extensions
from policies.errors import EXIT_CODES, RedpactError, error_document, error_text
from presentation.harmless import harmless, json_text
from presentation.messages import _
from presentation.terminal import fitted

_COMMANDS: Final = (verify, report, receipt, directory)


def build_app(*, extensions: bool = True) -> typer.Typer:
    """Return the command line with every command registered; looking for those of other packages takes a moment."""
    app = typer.Typer(
        name="redpact-audit",
        help=_(
            "Comprueba registros de consentimientos y justificantes sin conexión. Códigos de salida: 0 "
            "verificado, 1 no verificado, 2 uso incorrecto."
        ),
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback(
        help=_(
            "Comprueba registros de consentimientos y justificantes sin conexión. Códigos de salida: 0 "
            "verificado, 1 no verificado, 2 uso incorrecto."
        )
    )(_group)
    for command in _COMMANDS:
        command.register(app)
    if extensions:
        add_extensions(app)
    return app


def _group() -> None:
    """Verify consent ledgers and receipts offline. Exit codes: 0 verified, 1 not verified, 2 wrong usage."""


def _is_own(arguments: list[str]) -> bool:
    return bool(arguments) and arguments[0] in {command.__name__.rsplit(".", 1)[-1] for command in _COMMANDS}


def main() -> None:
    """Run the command line; errors of ours become a sentence, or a JSON document with ``--json``, and an exit code."""
    try:
        build_app(extensions=not _is_own(sys.argv[1:]))()
    except RedpactError as error:
        if "--json" in sys.argv:
            print(json_text(error_document(error)))
        else:
            print(harmless(fitted(error_text(error))), file=sys.stderr)
        sys.exit(EXIT_CODES[error.kind])
