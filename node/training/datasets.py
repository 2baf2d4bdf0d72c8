"""Tables registered for evaluation: checked whole, copied into the node's home folder.

Their people are the entity's people: campaigns on them spend the same budget as those on records.
"""

import csv
import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from federated.errors import SchemaInvalid
from federated.tabular.evaluation_table import Table, TableSchema, parse_schema, people_of, read_rows, read_table
from federated.tabular.features import Value, encode_features, encode_labels
from federated.tabular.unread_values import UnreadValues, require_two_outcomes, unread_values
from node.context import NodeContext
from node.training.errors import DatasetConflict, DatasetDamaged, DatasetUnknown
from node.training.held_out import hidden_id
from node.training.tables import DatasetRow
from presentation.faults import os_fault, parse_fault
from presentation.messages import _
from service.files import write_private

RECORDS: Final = "records"
"""The data set of the node's own records; no table may take this name."""

FOLDER: Final = "datasets"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class Dataset:
    """A registered table; `unread` tells, when it is registered, which of its values the schema does not allow."""

    name: str
    rows: int
    data_sha256: str
    schema: TableSchema
    unread: tuple[UnreadValues, ...] = ()


def register_table(context: NodeContext, name: str, data: Path, schema: Path, *, site: str = "") -> Dataset:
    """Register a CSV under a name, with one person per row. A repetition with the same content changes nothing.

    Args:
        context: of this entity.
        name: the name that campaigns use.
        data: the CSV.
        schema: the YAML with the meaning of its columns (`federated.tabular.evaluation_table`).
        site: keep only the rows of this site; empty keeps all.

    Raises:
        SchemaInvalid, TableInvalid: a file is faulty; nothing was changed.
        DatasetConflict: the name is taken by other content, or the content is registered under another name.
    """
    if name == RECORDS or not _NAME.fullmatch(name):
        raise DatasetConflict(
            _("{name!r} no puede ser el nombre de una tabla", name=name),
            remedy=_("use a-z, 0-9, '-' y '_', y un nombre distinto de 'records'"),
        )
    text = _read_schema(schema)
    meaning = parse_schema(text)
    rows = _with_hidden_ids(_rows_of(data, meaning, site), meaning, context.keys.data_key)
    content = _as_csv(rows, meaning)
    unread = unread_values(rows, meaning.features)
    dataset = Dataset(name, len(rows), hashlib.sha256(content).hexdigest(), meaning, unread)
    with context.transaction() as session:
        if _is_registered(session, dataset, text.decode()):
            return dataset
        # Before the commit: a row without its file would be damage, a file without a row is overwritten next time.
        write_private(table_path(context, name), content)
        row = DatasetRow(
            name=name,
            data_sha256=dataset.data_sha256,
            schema_text=text.decode(),
            rows=dataset.rows,
            registered_at=context.clock.now(),
        )
        session.add(row)
    return dataset


def registered(session: Session) -> tuple[Dataset, ...]:
    """Return the registered tables, by name."""
    return tuple(_dataset(row) for row in session.scalars(select(DatasetRow).order_by(DatasetRow.name)))


def load_table(context: NodeContext, session: Session, name: str) -> tuple[Dataset, Table]:
    """Return a registered table, encoded.

    Raises:
        DatasetUnknown: there is none of this name.
        DatasetDamaged: its file is missing or is no longer the one that was registered.
    """
    row = session.get(DatasetRow, name)
    if row is None:
        raise DatasetUnknown(
            _("no hay ninguna tabla {name!r} registrada aquí", name=name),
            remedy=_("consulte: redpact-node training register-table"),
        )
    path = table_path(context, name)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DatasetDamaged(
            _("no se puede leer {path}: {reason}", path=path, reason=os_fault(error)),
            remedy=_("restáurelo desde una copia de seguridad"),
        ) from error
    if hashlib.sha256(content).hexdigest() != row.data_sha256:
        raise DatasetDamaged(
            _("{path} ha cambiado desde que se registró", path=path),
            remedy=_("restáurelo desde una copia de seguridad"),
        )
    dataset = _dataset(row)
    return dataset, read_table(path, dataset.schema)


def table_path(context: NodeContext, name: str) -> Path:
    """Return the path of a registered table."""
    return context.home / FOLDER / f"{name}.csv"


def _read_schema(path: Path) -> bytes:
    try:
        return path.read_text(encoding="utf-8").encode()
    except (OSError, UnicodeDecodeError) as error:
        raise SchemaInvalid(
            _("no se puede leer {path}: {reason}", path=path, reason=parse_fault(error)),
            remedy=_("compruebe la ruta y la codificación del fichero (UTF-8)"),
        ) from error


def _rows_of(data: Path, schema: TableSchema, site: str) -> Sequence[Mapping[str, Value]]:
    rows = [row for row in read_rows(data, schema) if not site or str(row[schema.site]).strip() == site]
    if not rows:
        raise DatasetUnknown(
            _("la tabla no tiene filas del sitio {site!r}", site=site),
            remedy=_("revise su columna {site!r}", site=schema.site),
        )
    encode_features(rows, schema.features)
    encode_labels(rows, schema.label)
    people_of(rows, schema)
    require_two_outcomes(rows, schema.label, schema.negative)
    return rows


def _with_hidden_ids(
    rows: Sequence[Mapping[str, Value]], schema: TableSchema, data_key: bytes
) -> Sequence[Mapping[str, Value]]:
    # Whose row it is matters only as the same or another person: the copy holds no id that names anybody.
    if schema.person is None:
        return rows
    ids = (str(row[schema.person]).strip() for row in rows)
    return [{**row, schema.person: hidden_id(person, data_key)} for row, person in zip(rows, ids, strict=True)]


def _as_csv(rows: Sequence[Mapping[str, Value]], schema: TableSchema) -> bytes:
    # Only the declared columns, in one form: the same people get the same hash however the file was exported.
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(dict.fromkeys(schema.columns)), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _is_registered(session: Session, dataset: Dataset, schema_text: str) -> bool:
    query = select(DatasetRow).where(
        (DatasetRow.name == dataset.name) | (DatasetRow.data_sha256 == dataset.data_sha256)
    )
    for row in session.scalars(query):
        same = (row.name, row.data_sha256, row.schema_text) == (dataset.name, dataset.data_sha256, schema_text)
        if not same:
            raise DatasetConflict(
                _("{row!r} ya está registrado, con otro contenido o como otro nombre de este contenido", row=row.name),
                remedy=_(
                    "use el nombre que ya tiene: el presupuesto de privacidad sigue unido a las personas de esos datos"
                ),
            )
        return True
    return False


def _dataset(row: DatasetRow) -> Dataset:
    return Dataset(row.name, row.rows, row.data_sha256, parse_schema(row.schema_text.encode()))
