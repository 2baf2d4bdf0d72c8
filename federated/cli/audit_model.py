"""``redpact-audit model DIR``, as the auditor finds it by entry point."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from consent_ledger.cli.errors import CommandNotInstalled
from consent_ledger.cli.options import JsonOption, Lang, LangOption, emit, own_policy_warning

_KEY: Final = re.compile(r"[0-9a-f]{64}")

KeyOption = Annotated[
    str | None,
    typer.Option(
        "--key",
        help="The coordinator's public key, 64 hexadecimal digits, from a node's settings (coordinator_key). "
        "Default: the one in the folder, which proves only that the bundle is consistent.",
        show_default=False,
    ),
]
DayOption = Annotated[
    datetime | None,
    typer.Option(
        "--on",
        formats=["%Y-%m-%d"],
        help="Day (UTC) on which the model must not have expired. Default: the day is printed, not judged.",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("model")(model)


def model(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a release bundle, unpacked")],
    key: KeyOption = None,
    on: DayOption = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.es,
) -> None:
    """Check a released model: signatures, every hash, rounds, epsilon, and the model made again from the rounds."""
    if key is not None and not _KEY.fullmatch(key.lower()):
        raise typer.BadParameter("64 hexadecimal digits", param_hint="--key")
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
            f"{error.name} is not installed", remedy="pip install 'redpact[federated]'"
        ) from error
    text = report.text(lang.value)
    emit(report.document(), text if key else f"{text}\n{own_policy_warning(lang)}", as_json=as_json)
    if not report.passed:
        raise typer.Exit(1)
