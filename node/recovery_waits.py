"""Entities that this node holds back because their keys are being recovered, and the vetoes that it knows.

A node counts the wait itself: from its own clock at the moment at which it took the first directory that told of the
recovery, and never from an earlier one, whatever times the coordinator states. Its own clock may leap, so that the
directories must have grown as much older too. Until then the entity exchanges nothing with this node, neither with the
old keys, which somebody may have stolen, nor with the new ones.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from presentation.messages import _
from service.files import read_regular, write_private
from trust import canonical
from trust.directory import Directory
from trust.errors import MalformedDocument, RecoveryRefused, TrustError
from trust.parties import Party
from trust.recovery import WAIT, Recovery, Veto

VETOES: Final = "vetoes"
"""Subfolder of the vetoes that this node has verified, one file each, by the id of the recovery."""
_MAX_VETO_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class HeldEntity:
    """An entity that is held back over a recovery.

    Attributes:
        entity: its id.
        recovery: the id of the recovery.
        opened: when the coordinator says that it opened it.
        seen: when this node took the first directory that told of it, by its own clock.
        issued: the time that this directory states.
    """

    entity: str
    recovery: str
    opened: datetime
    seen: datetime
    issued: datetime

    @property
    def until(self) -> datetime:
        """The earliest moment at which this node takes the new keys."""
        return max(self.seen, self.opened) + WAIT

    def is_over(self, directory: Directory, now: datetime) -> bool:
        """Return whether this node has waited long enough, by its own clock and by that of the directories."""
        return now >= self.seen + WAIT and directory.issued >= self.issued + WAIT

    def document(self) -> dict[str, str]:
        """Return it as JSON values."""
        times = {name: getattr(self, name).isoformat() for name in ("opened", "seen", "issued")}
        return {"entity": self.entity, "recovery": self.recovery, **times}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read JSON values.

        Raises:
            MalformedDocument: for every way they can be wrong.
        """
        try:
            times = {name: datetime.fromisoformat(document[name]) for name in ("opened", "seen", "issued")}
            return cls(str(document["entity"]), str(document["recovery"]), **times)
        except (KeyError, TypeError, ValueError) as error:
            raise MalformedDocument(_("no se entiende qué entidades recuperan sus claves")) from error


def held_entities(
    directory: Directory,
    known: Directory | None,
    before: Sequence[HeldEntity],
    *,
    vetoed: Collection[str],
    own: str,
    now: datetime,
) -> tuple[HeldEntity, ...]:
    """Return the entities to hold back under a directory.

    Args:
        directory: in force from now on, as it was signed.
        known: the one before; None for the first, whose keys are taken as they are.
        before: the entities held back until now.
        vetoed: the recoveries of which this node has a veto.
        own: this entity, which goes on with its own keys.
        now: the time of this node.
    """
    earlier = {(each.recovery, each.opened): each for each in before}
    held = []
    for party in directory.entities:
        for recovery, is_new in _unsettled(party, known) if party.id != own else ():
            since = earlier.get((recovery.id, recovery.opened))
            if since is None and not is_new:
                continue
            each = since or HeldEntity(party.id, recovery.id, recovery.opened, now, directory.issued)
            if each.seen > now:  # this node's clock was ahead then: the wait begins now
                each = HeldEntity(each.entity, each.recovery, each.opened, now, directory.issued)
            counted = recovery is not party.recovery
            # Whoever is vetoed, and whose new keys are listed all the same, stays out for good.
            if (recovery.id in vetoed) == counted or (counted and not each.is_over(directory, now)):
                held.append(each)
    return tuple(held)


def _unsettled(party: Party, known: Directory | None) -> Iterator[tuple[Recovery, bool]]:
    """Iterate over the recoveries of an entry that may hold it back, with whether they are new to this node."""
    if party.pending_recovery is not None:
        yield party.pending_recovery, True
    counted = {each.id for each in known.party(party.id).recoveries} if known and party.id in known else None
    for recovery in party.recoveries:
        yield recovery, counted is not None and recovery.id not in counted


class VetoFiles:
    """The vetoes that this node has verified. Safe across processes: a veto is written once."""

    def __init__(self, home: Path) -> None:
        self._folder = home / VETOES

    def ids(self) -> frozenset[str]:
        """Return the ids of the recoveries that were vetoed."""
        return frozenset(path.stem for path in self._folder.glob("*.json"))

    def path(self, recovery: str) -> Path:
        """Return the file of the veto of a recovery, which may be handed over as it is."""
        return self._folder / f"{recovery}.json"

    def find(self, recovery: str) -> Veto | None:
        """Return the veto of a recovery, if this node has one."""
        try:
            return Veto.model_validate_json(read_regular(self.path(recovery), _MAX_VETO_BYTES))
        except (OSError, ValueError):
            return None

    def keep(self, veto: Veto, directory: Directory, entity: str) -> Recovery:
        """Verify a veto of a recovery that the directory tells of, and keep it; return the recovery.

        Raises:
            RecoveryRefused: the directory tells of no such recovery.
            MalformedDocument, SignatureInvalid: it is no veto, or not by the key that would be replaced.
        """
        recovery = _vetoed_by(veto, directory, entity)
        write_private(self.path(recovery.id), canonical.encode_plain(veto.model_dump(mode="json")))
        return recovery


def _vetoed_by(veto: Veto, directory: Directory, entity: str) -> Recovery:
    party = directory.party(entity)
    fault: TrustError = RecoveryRefused(_("el directorio no habla de esa recuperación"))
    for recovery in (*([party.recovery] if party.recovery else []), *party.recoveries):
        try:
            veto.require(recovery, network=directory.network, entity=entity)
        except TrustError as error:
            fault = error
            continue
        return recovery
    raise fault
