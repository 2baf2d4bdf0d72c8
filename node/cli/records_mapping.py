"""``redpact-node records mapping``: an office's own columns and codes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click
import typer

from node.cli.arguments import FileArgument
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.records_import import EncodingOption, MappingOption
from presentation.messages import _, speaking

if TYPE_CHECKING:
    from node.people.mapping import OwnMapping

NameArgument = Annotated[str, typer.Argument(metavar=_("NOMBRE"), help=_("Nombre de la correspondencia."))]
ColumnOption = Annotated[
    list[str],
    typer.Option(
        "--column", metavar=_("PROPIA=COLUMNA"), help=_("Columna propia y columna del formato; puede repetirse.")
    ),
]
IgnoreOption = Annotated[
    list[str],
    typer.Option("--ignore", metavar=_("PROPIA"), help=_("Columna propia que no se usa; puede repetirse.")),
]
CodeOption = Annotated[
    list[str],
    typer.Option(
        "--code",
        metavar=_("COLUMNA:PROPIO=CÓDIGO"),
        help=_("Columna del formato, código propio y código del formato; puede repetirse."),
    ),
]
MappingFileOption = Annotated[
    Path | None,
    typer.Option(
        "--file", metavar=_("FICHERO"), help=_("Fichero con la correspondencia, como lo escribe «mapping suggest».")
    ),
]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar=_("FICHERO"), help=_("Fichero .csv nuevo en que escribir lo sugerido."))
]


def register(records: typer.Typer) -> None:
    """Add the group to the group ``records``."""
    group = typer.Typer(
        no_args_is_help=True,
        help=_("Columnas y códigos propios de la oficina: se guardan una vez y sirven para cada importación."),
    )
    for add in (_register_add, _register_list, _register_show, _register_remove, _register_suggest):
        add(group)
    records.add_typer(group, name="mapping")


def _register_add(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Guarda una correspondencia, en lugar de la que hubiera con ese nombre. Dos columnas propias no pueden ir "
            "a la misma."
        )
    )
    def add(
        name: NameArgument,
        *,
        home: HomeOption,
        column: ColumnOption = [],  # noqa: B006 - typer reads it and never changes it
        ignore: IgnoreOption = [],  # noqa: B006 - as above
        code: CodeOption = [],  # noqa: B006 - as above
        file: MappingFileOption = None,
        encoding: EncodingOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Keep a mapping, in place of one of the same name."""
        from node.people.mapping import IGNORED, checked_mapping
        from node.people.mapping_file import read_mapping
        from node.people.mapping_report import mapping_document, mapping_text
        from node.people.mapping_store import MappingStore

        if file is not None:
            given = read_mapping(file, name, encoding)
        else:
            columns = [*map(_pair, column), *((own, IGNORED) for own in ignore)]
            given = checked_mapping(name, columns, map(_triple, code))
        context = open_node(home).context
        with context.transaction() as session:
            MappingStore(session, context.keys.cipher).put(given)
        emit(mapping_document(given), mapping_text(given, lang), as_json=as_json)


def _register_list(group: typer.Typer) -> None:
    @group.command(name="list", help=_("Muestra los nombres de las correspondencias guardadas."))
    def list_mappings(*, home: HomeOption, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """Show the names of the mappings."""
        from node.people.mapping_report import mappings_text
        from node.people.mapping_store import MappingStore

        context = open_node(home).context
        with context.snapshot() as session:
            names = MappingStore(session, context.keys.cipher).names()
        emit({"mappings": names}, mappings_text(names, lang), as_json=as_json)


def _register_show(group: typer.Typer) -> None:
    @group.command(help=_("Muestra una correspondencia: sus columnas y códigos."))
    def show(name: NameArgument, *, home: HomeOption, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """Show a mapping."""
        from node.people.mapping_report import mapping_document, mapping_text

        found = _stored(home, name)
        emit(mapping_document(found), mapping_text(found, lang), as_json=as_json)


def _register_remove(group: typer.Typer) -> None:
    @group.command(help=_("Borra una correspondencia."))
    def remove(name: NameArgument, *, home: HomeOption, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """Delete a mapping."""
        from node.people.mapping_store import MappingStore

        context = open_node(home).context
        with context.transaction() as session:
            MappingStore(session, context.keys.cipher).remove(name)
        emit({"removed": name}, speaking(lang)("✓ Correspondencia borrada: {name}", name=name), as_json=as_json)


def _register_suggest(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Lee un fichero y muestra sus columnas y códigos que no se conocen, con los más parecidos. No importa "
            "nada.\n\nMuestra códigos como están en el fichero: son de quien lo tiene."
        )
    )
    def suggest(
        *,
        file: FileArgument,
        home: HomeOption,
        mapping: MappingOption = "",
        out: OutOption = None,
        encoding: EncodingOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Read a file and show its unknown columns and codes, with the nearest known ones."""
        from node.people.mapping_file import write_suggestion
        from node.people.mapping_report import suggestion_document, suggestion_text
        from node.people.mapping_suggestion import suggest_mapping

        found = suggest_mapping(file, encoding, _stored(home, mapping) if mapping else None)
        if out is not None:
            write_suggestion(out, found)
        emit(suggestion_document(found), suggestion_text(found, lang), as_json=as_json)


def _stored(home: Path, name: str) -> "OwnMapping":
    from node.people.mapping_store import MappingStore

    context = open_node(home).context
    with context.snapshot() as session:
        return MappingStore(session, context.keys.cipher).get(name)


def _pair(text: str) -> tuple[str, str]:
    own, sign, column = text.rpartition("=")
    if not sign or not column.strip():
        raise click.BadParameter(_("se espera PROPIA=COLUMNA"))
    return own.strip(), column.strip()


def _triple(text: str) -> tuple[str, str, str]:
    column, sign, rest = text.partition(":")
    own, equals, code = rest.rpartition("=")
    if not sign or not equals or not code.strip():
        raise click.BadParameter(_("se espera COLUMNA:PROPIO=CÓDIGO"))
    return column.strip(), own.strip(), code.strip()
