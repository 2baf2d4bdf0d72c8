"""The key holders that this node counts on, and the epochs that it therefore uses.

With the coordinator's key alone, whoever has it can compute every pseudonym. The coordinator writes the directory, so a
node checks for itself who else holds a key: each key is stated and proved by its entity, an entity once seen is not
left out of later epochs, and its earlier keys do not come back. The data-protection officer may require entities that
they know; without that, the coordinator chooses the first ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from consent_ledger.log.bodies import PolicyChangedBody
from consent_ledger.log.entry import EntryType, NewEntry
from node.context import NodeContext
from node.ledger.own import own_ledger
from node.locator.errors import KeyHolderInvalid, KeyHoldersChanged
from node.locator.tables import KeyHolderRow
from policies.errors import RedpactError
from presentation.messages import _, listing
from records_exchange.errors import HeldKeyUnproven
from records_exchange.key_holding.statements import require_stated
from trust import canonical
from trust.directory import Directory
from trust.errors import UnknownParty
from trust.locator_terms import LONGEST_OVERLAP, HeldKey, LocatorEpoch
from trust.parties import COORDINATOR_ID

POLICY_CODE = "pseudonym_key_holders"


@dataclass(frozen=True, slots=True)
class Expected:
    """A key holder that this node counts on; see `KeyHolderRow`."""

    entity: str
    since_epoch: int
    sequence: int
    sequence_epoch: int
    required: bool


@dataclass(frozen=True, slots=True)
class JudgedEpoch:
    """A live epoch, and why this node does not use it; None when it does."""

    epoch: LocatorEpoch
    fault: RedpactError | None
    sequences: Mapping[str, int]
    """Of the stated keys, by entity."""


@dataclass(frozen=True, slots=True)
class LiveEpochs:
    """The live epochs, oldest first: those that this node uses, and those that it does not."""

    used: tuple[LocatorEpoch, ...]
    unused: tuple[JudgedEpoch, ...]

    def required(self) -> tuple[LocatorEpoch, ...]:
        """Return those in use; none when the network has no locator.

        Raises:
            HeldKeyUnproven, KeyHoldersChanged: there are live epochs, and none is used.
        """
        for each in reversed(self.unused):
            if each.fault is not None and not self.used:
                raise each.fault
        return self.used


class KeyHolders:
    """Judges epochs, and keeps the key holders that were seen or are required. Safe across threads and processes."""

    def __init__(self, context: NodeContext) -> None:
        self._context = context

    def epochs(self, directory: Directory, now: datetime) -> "LiveEpochs":
        """Return the live epochs, those that this node uses and the others; none when the network has no locator.

        Key holders seen for the first time are noted, in the ledger too.
        """
        expected, judged = self._judged(directory, now)
        used = [each for each in judged if each.fault is None]
        known = {each.entity: each.sequence for each in expected}
        if used and any(number > known.get(entity, 0) for entity, number in used[-1].sequences.items()):
            self._note(used, now)
            _, judged = self._judged(directory, now)  # what was noted holds from now on
        used = [each for each in judged if each.fault is None]
        return LiveEpochs(tuple(each.epoch for each in used), tuple(each for each in judged if each.fault is not None))

    def _judged(self, directory: Directory, now: datetime) -> tuple[tuple[Expected, ...], tuple[JudgedEpoch, ...]]:
        with self._context.snapshot() as session:
            expected = expected_holders(session)
        return expected, judged_epochs(expected, directory, now)

    def require(self, entities: Sequence[str]) -> int | None:
        """Let this node use only epochs in which all these entities hold a key; return the ledger's index.

        They take the place of all that were required or seen before. None: nothing changed.

        Raises:
            KeyHolderInvalid: one is not in the directory, or is the coordinator.
        """
        directory, now = self._context.directory.newest(), self._context.clock.now()
        for entity in entities:
            if entity == COORDINATOR_ID or directory is None or entity not in directory:
                raise KeyHolderInvalid(
                    _("{entity} no es una entidad del directorio", entity=entity),
                    remedy=_("consulte: redpact-node pseudonym-key holders"),
                )
        with self._context.transaction() as session:
            ledger = own_ledger(self._context, session)
            ledger.lock()
            before = expected_holders(session)
            known = {each.entity: each for each in before}
            after = [
                Expected(
                    entity,
                    0,
                    known[entity].sequence if entity in known else 0,
                    known[entity].sequence_epoch if entity in known else 0,
                    required=True,
                )
                for entity in sorted(set(entities))
            ]
            return self._replace(session, before, after, now)

    def _note(self, used: Sequence[JudgedEpoch], now: datetime) -> None:
        with self._context.transaction() as session:
            own_ledger(self._context, session).lock()
            before = expected_holders(session)
            found = {each.entity: each for each in before}
            newest = used[-1]
            for entity, sequence in newest.sequences.items():
                held = found.get(entity)
                if held is None:
                    found[entity] = Expected(
                        entity, _since(entity, used), sequence, newest.epoch.number, required=False
                    )
                elif sequence > held.sequence:
                    found[entity] = replace(held, sequence=sequence, sequence_epoch=newest.epoch.number)
            self._replace(session, before, [found[entity] for entity in sorted(found)], now)

    def _replace(
        self, session: Session, before: Sequence[Expected], after: Sequence[Expected], now: datetime
    ) -> int | None:
        if list(before) == list(after):
            return None
        body = PolicyChangedBody(
            policy=POLICY_CODE, old_sha256=_digest(before) if before else None, new_sha256=_digest(after)
        )
        (entry,) = own_ledger(self._context, session).append([NewEntry(EntryType.POLICY_CHANGED, body)], now)
        session.execute(delete(KeyHolderRow))
        for each in after:
            session.add(
                KeyHolderRow(
                    entity=each.entity,
                    since_epoch=each.since_epoch,
                    sequence=each.sequence,
                    sequence_epoch=each.sequence_epoch,
                    required=each.required,
                    noted_at=now,
                )
            )
        return entry.index


def expected_holders(session: Session) -> tuple[Expected, ...]:
    """Return the key holders that this node counts on, by entity id."""
    rows = session.scalars(select(KeyHolderRow).order_by(KeyHolderRow.entity))
    return tuple(Expected(row.entity, row.since_epoch, row.sequence, row.sequence_epoch, row.required) for row in rows)


def _since(entity: str, used: Sequence[JudgedEpoch]) -> int:
    """Return the number of the epoch from which on all of these name an entity."""
    without = [index for index, each in enumerate(used) if entity not in each.sequences]
    return used[without[-1] + 1 if without else 0].epoch.number


def judged_epochs(expected: Sequence[Expected], directory: Directory, now: datetime) -> tuple[JudgedEpoch, ...]:
    """Return the live epochs, oldest first, each with why it is not used."""
    live = directory.locator.live(now) if directory.locator else ()
    return tuple(_judge(epoch, directory, expected, now) for epoch in live)


def _judge(epoch: LocatorEpoch, directory: Directory, expected: Sequence[Expected], now: datetime) -> JudgedEpoch:
    sequences: dict[str, int] = {}
    try:
        for key in epoch.keys:
            if key.holder != COORDINATOR_ID:  # its own key is in the directory that it signs
                sequences[key.holder] = _sequence(key, directory)
        _require_expected(
            epoch, sequences, expected, ends_soon=epoch.ends is not None and epoch.ends <= now + LONGEST_OVERLAP
        )
    except RedpactError as error:
        return JudgedEpoch(epoch, error, sequences)
    return JudgedEpoch(epoch, None, sequences)


def _sequence(key: HeldKey, directory: Directory) -> int:
    try:
        party = directory.party(key.holder)
    except UnknownParty as error:
        raise HeldKeyUnproven(error.message, remedy=error.remedy) from error
    return require_stated(key, party, directory.network).sequence


def _require_expected(
    epoch: LocatorEpoch, sequences: Mapping[str, int], expected: Sequence[Expected], *, ends_soon: bool
) -> None:
    # An epoch from before a holder serves until its end: without one it would keep all pseudonyms as weak as it is.
    missing = [
        each.entity
        for each in expected
        if each.entity not in sequences and (each.since_epoch <= epoch.number or not ends_soon)
    ]
    if missing:
        raise KeyHoldersChanged(
            _("en la época {number:d} ya no guarda una clave {missing}", number=epoch.number, missing=listing(missing)),
            remedy=_("pregunte a esa entidad; si es cierto, que la DPD decida: redpact-node pseudonym-key require"),
        )
    for each in expected:
        sequence = sequences.get(each.entity)
        if sequence is not None and epoch.number >= each.sequence_epoch and sequence < each.sequence:
            raise KeyHoldersChanged(
                _("en la época {number:d} vuelve una clave que {entity} dejó", number=epoch.number, entity=each.entity),
                remedy=_("pregunte a esa entidad y a quien administra el coordinador"),
            )


def _digest(holders: Sequence[Expected]) -> str:
    document = [
        {"entity": each.entity, "since_epoch": each.since_epoch, "sequence": each.sequence, "required": each.required}
        for each in holders
    ]
    return sha256(canonical.encode({"v": 1, "holders": document})).hexdigest()
