"""The nodes that a consent concerns, each alone with simulated peers: its origin, a holder of records, a recipient."""

from pathlib import Path
from typing import Final

from node.consents.consents import GrantInput
from tests.support.one_side import OneSide
from tests.support.origin_peer import FIELDS
from tests.support.parts import hold
from tests.support.people import PERSON, person_record
from trust.parties import EntityKind

ENTITIES: Final = ("origin", "holder", "asker", "other")


def side_of(folder: Path, entity: str, *, knows: bool = True) -> OneSide:
    """Return one of `origin`, `holder`, `asker` and `other`, with the three others as its peers."""
    peers = {name: EntityKind.AGENT if name == "asker" else EntityKind.PUBLIC for name in ENTITIES if name != entity}
    side = OneSide(folder, entity, peers)
    if knows:
        hold(side.context, person_record(PERSON))
    return side


def give(side: OneSide, *holders: str, fields: tuple[str, ...] = FIELDS) -> str:
    """Record a consent at a node, under which `asker` may ask it and these holders; return its id."""
    given = GrantInput(PERSON, ("casework",), ("asker",), fields, holders=holders)
    return side.consents.grant(given).consent_id
