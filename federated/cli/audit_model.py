"""The command ``redpact-audit model DIR``, registered by entry point."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from consent_ledger.cli.errors import CommandNotInstalled
from consent_ledger.cli.options import JsonOption, Lang, LangOption, emit
from presentation.messages import _

_KEY: Final = re.compile(r"[0-9a-f]{64}")

KeyOption = Annotated[
    str | None,
    typer.Option(
        "--key",
        help=_(
            "Clave pública del coordinador: 64 cifras hexadecimales, de la configuración de un nodo "
            "(coordinator_key). Por defecto, la que hay en la carpeta, que solo demuestra que el paquete es "
            "coherente."
        ),
        show_default=False,
    ),
]
DayOption = Annotated[
    datetime | None,
    typer.Option(
        "--on",
        metavar=_("AAAA-MM-DD"),
        formats=["%Y-%m-%d"],
        help=_(
            "Día (UTC) en el que el modelo no debe haber caducado. Por defecto, la fecha de caducidad se "
            "muestra, pero no se comprueba."
        ),
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "model",
        help=_(
            "Comprueba un modelo publicado: firmas, todos los hashes, rondas, épsilon, y que el modelo es el que "
            "dan las rondas."
        ),
    )(model)


def model(
    directory: Annotated[
        Path, typer.Argument(metavar=_("CARPETA"), help=_("Carpeta de un modelo publicado, descomprimida"))
    ],
    key: KeyOption = None,
    on: DayOption = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.es,
) -> None:
    """Check a released model: signatures, every hash, rounds, epsilon, and the model made again from the rounds."""
    if key is not None and not _KEY.fullmatch(key.lower()):
        raise typer.BadParameter(_("se esperan 64 dígitos hexadecimales"), param_hint="--key")
    try:
        from federated.bundle.campaign_reader import ReleaseReader
        from federated.bundle.verification import verify_bundle

        report = verify_bundle(
            directory,
            ReleaseReader(),
            coordinator_key=bytes.fromhex(key) if key else None,
            now=on.replace(tzinfo=UTC) if on else None,
        )
    except ModuleNotFoundError as error:
        raise CommandNotInstalled(
            _("{error} no está instalado", error=error.name), remedy=_("ejecute: pip install 'redpact[federated]'")
        ) from error
    emit(report.document(), report.text(lang.value), as_json=as_json)
    if not report.passed:
        raise typer.Exit(1)
