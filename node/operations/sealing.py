"""The first sealing of what a database held before there were seals, once; and the check of all seals.

That it was done, and of what, is noted beside the keys, where nobody who writes to the database alone can take it back:
a database without seals is not sealed a second time, whatever is in it.
"""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from node.cipher import HIDDEN_PREFIX, RecordCipher
from node.keys import FOLDER
from node.messages.kept_envelopes import envelope_cell
from node.operations.stored_rows import NOT_READABLE, all_stored
from node.referrals.tables import ReferralRow
from node.seals.contacts import altered_contacts
from node.seals.scopes import Scope
from node.seals.seals import Seal, seals_in, tampered
from policies.errors import RedpactError
from presentation.messages import _, plural
from records_exchange.tables import ConsentCopy, CopyArrival, OutboxMessage
from service.files import write_private
from service.findings import Finding, Level

if TYPE_CHECKING:
    from node.context import NodeContext

MARKER: Final = "sealed"
_ALL_SEALED: Final = b"decision 0042\n"
_LATER: Final = frozenset({Scope.CASE, Scope.CODE_TRIES})
"""What the versions that noted another decision left without seals."""
_TOGETHER: Final = 20_000
_NAMED: Final = 5
_HIDDEN: Final[tuple[InstrumentedAttribute[str] | InstrumentedAttribute[str | None], ...]] = (
    ConsentCopy.subject,
    CopyArrival.subject,
    ReferralRow.subject,
)
"""Columns of pairwise pseudonyms, beside the index, which is made again."""


def note_sealed(home: Path) -> None:
    """Note beside the keys that this home's database is sealed from its first row on, or was sealed."""
    write_private(home / FOLDER / MARKER, _ALL_SEALED)


def seal_once(context: "NodeContext") -> bool:
    """Seal what older versions wrote, and hide the pseudonyms that they kept; return False when that was done before.

    Raises:
        RedpactError: the database cannot be read or written; nothing was changed.
    """
    marker, cipher = context.home / FOLDER / MARKER, context.keys.cipher
    sealed_in_part = marker.exists()
    if sealed_in_part and marker.read_bytes() == _ALL_SEALED:
        return False
    with context.transaction() as session:
        _seal(session, cipher, _LATER if sealed_in_part else frozenset(Scope))
        if not sealed_in_part:
            for column in _HIDDEN:
                _hide(session, column, cipher.hidden_pseudonym)
            _seal_envelopes(session, cipher)
    note_sealed(context.home)
    return True


def _seal(session: Session, cipher: RecordCipher, scopes: Collection[Scope]) -> None:
    seals = seals_in(session, cipher)
    for scope, key, digests in seals.settled(lambda: list(all_stored(session, cipher))):
        if scope not in scopes:
            continue
        if digests == NOT_READABLE:
            raise tampered(scope, key)
        seals.note(scope, key, Seal(1, digests))
        if seals.noted >= _TOGETHER:
            seals.flush()
    seals.flush()


def _hide(
    session: Session, column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None], hide: Callable[[str], str]
) -> None:
    for subject in session.scalars(select(column).distinct()).all():
        if subject is not None and not subject.startswith(HIDDEN_PREFIX):
            session.execute(update(column.class_).where(column == subject).values({column.key: hide(subject)}))


def _seal_envelopes(session: Session, cipher: RecordCipher) -> None:
    query = select(OutboxMessage.number, OutboxMessage.recipient, OutboxMessage.envelope)
    for number, recipient, envelope in session.execute(query.where(OutboxMessage.envelope.is_not(None))).all():
        if envelope is not None and envelope.startswith(b"{"):
            sealed = cipher.keep(envelope_cell(recipient), envelope)
            session.execute(update(OutboxMessage).where(OutboxMessage.number == number).values(envelope=sealed))


def check_seals(context: "NodeContext") -> Finding:
    """Check that all that is sealed is what this node wrote last; a person is named by the node's own id."""
    try:
        with context.snapshot() as session:
            checked, wrong = _unsealed(session, context.keys.cipher)
    except RedpactError as error:
        return Finding.of_error("seals", error)
    if not wrong:
        text = plural("{n} sello comprobado", "{n} sellos comprobados", checked)
        return Finding("seals", Level.OK, text)
    text = plural(
        "La base de datos tiene {n} elemento que este nodo no escribió así",
        "La base de datos tiene {n} elementos que este nodo no escribió así",
        len(wrong),
    )
    remedy = _(
        "avise a la persona delegada de protección de datos y restaure la última copia de seguridad; si restauró una "
        "anterior a los sellos, borre keys/{marker} y ejecute init",
        marker=MARKER,
    )
    return Finding("seals", Level.FAILED, text, remedy, ", ".join(wrong[:_NAMED]))


def _unsealed(session: Session, cipher: RecordCipher) -> tuple[int, list[str]]:
    """Return the number of seals, and the things whose rows are not those of their newest seal."""
    seals = seals_in(session, cipher)
    sealed, wrong = seals.everything()
    checked = len(sealed) + len(wrong)
    for scope, key, digests in seals.settled(lambda: list(all_stored(session, cipher))):
        seal = sealed.pop((scope.value, key), None)
        if seal is None or seal.digests != digests:
            wrong.append(f"{scope} {key}")
    contacts, altered = altered_contacts(session, cipher)
    # What has a seal and no rows was deleted.
    return checked + contacts, sorted({*wrong, *altered, *(f"{scope} {key}" for scope, key in sealed)})
