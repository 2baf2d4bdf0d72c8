"""``redpact-node consent authorities add|list|remove``: the authorities whose certificates prove who signed a form."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.consents.assurance.authorities import Authority, SignatureAuthorities

FingerprintOption = Annotated[
    str,
    typer.Option(
        "--fingerprint",
        help=_("Huella SHA-256 del certificado, como la publica la autoridad; se compara con la del fichero."),
    ),
]


def register(group: typer.Typer) -> None:
    """Add the group ``authorities`` to the group ``consent``."""
    authorities = typer.Typer(
        no_args_is_help=True,
        help=_(
            "Autoridades de certificación que esta entidad acepta en formularios firmados; ninguna más, tampoco las "
            "del sistema. Las fija la persona delegada de protección de datos, y queda en el registro."
        ),
    )
    for add in (_register_add, _register_list, _register_remove):
        add(authorities)
    group.add_typer(authorities, name="authorities")


def _register_add(group: typer.Typer) -> None:
    @group.command(help=_("Fija una autoridad, tras comparar su huella con la que publica."))
    def add(
        *,
        home: HomeOption,
        file: Annotated[Path, typer.Argument(metavar=_("FICHERO"), help=_("Su certificado, en PEM o DER."))],
        fingerprint: FingerprintOption,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Pin an authority, having compared its fingerprint with the published one."""
        authorities = _open(home)
        authorities.add(file, fingerprint)
        _show(authorities.list(), lang, as_json=as_json)


def _register_list(group: typer.Typer) -> None:
    @group.command(name="list", help=_("Muestra las autoridades fijadas."))
    def list_authorities(home: HomeOption, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """List the pinned authorities."""
        _show(_open(home).list(), lang, as_json=as_json)


def _register_remove(group: typer.Typer) -> None:
    @group.command(help=_("Quita una autoridad: lo que se firme con sus certificados ya no prueba nada."))
    def remove(
        *,
        home: HomeOption,
        fingerprint: Annotated[
            str, typer.Argument(metavar=_("HUELLA"), help=_("Su huella, o al menos sus 8 primeros dígitos."))
        ],
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Take a pinned authority out."""
        authorities = _open(home)
        authorities.remove(fingerprint)
        _show(authorities.list(), lang, as_json=as_json)


def _open(home: Path) -> "SignatureAuthorities":
    from node.consents.assurance.authorities import SignatureAuthorities

    return SignatureAuthorities(open_node(home).context)


def _show(found: "Sequence[Authority]", lang: str, *, as_json: bool) -> None:
    from presentation.formats import day
    from presentation.messages import speaking
    from presentation.terminal import paragraph, table

    say = speaking(lang)
    rows = [(each.name, day(each.expires_at, lang), each.sha256) for each in found]
    shown: list[dict[str, Any]] = [
        {"name": each.name, "expires_at": each.expires_at.isoformat(), "sha256": each.sha256} for each in found
    ]
    text = (
        table((say("Autoridad"), say("Válida hasta"), say("Huella SHA-256")), rows)
        if rows
        else say("Ninguna autoridad fijada: ningún formulario firmado electrónicamente prueba nada aquí.")
    )
    note = paragraph(say("No se comprueba si los certificados de las personas se han revocado."))
    emit({"authorities": shown, "revocation": "not_checked"}, f"{text}\n{note}", as_json=as_json)
