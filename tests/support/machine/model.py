"""What must be refused and what may be released, by the rules of docs/decisions/0012, in plain Python.

Nothing of the product is used here: no register, no table, no message. The model is told of each act when it is
durable, and of each message when its recipient has taken it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

FLOWER_ENVIRONMENT = timedelta(hours=48)


@dataclass(frozen=True)
class Version:
    """A consent as its origin's ledger has it in one entry."""

    origin: str
    person: str
    fields: frozenset[str]
    purposes: frozenset[str]
    recipients: frozenset[str]
    holders: frozenset[str]
    until: datetime
    yes_at: datetime
    acted_at: datetime
    index: int

    @property
    def parties(self) -> frozenset[str]:
        return self.recipients | self.holders | {self.origin}


@dataclass
class Held:
    """A consent as it stands at one entity."""

    version: Version
    order: int
    told_at: datetime | None = None
    state: str = "live"
    no_at: datetime | None = None


@dataclass
class Entity:
    """What one entity knows."""

    known: set[str] = field(default_factory=set)
    held: dict[str, Held] = field(default_factory=dict)
    waiting: dict[str, tuple[Version, datetime]] = field(default_factory=dict)
    barred: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    left_out: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Entities that said of a consent that this one has no part in it."""
    vouched: dict[str, datetime] = field(default_factory=dict)
    received: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    taken: set[str] = field(default_factory=set)


class Model:
    """The network as it should be."""

    def __init__(self, entities: Iterable[str]) -> None:
        self.at = {name: Entity() for name in entities}
        self.versions: dict[tuple[str, int], Version] = {}
        self.ended_at_origin: dict[str, datetime] = {}
        self.withdrawn: dict[str, set[str]] = defaultdict(set)
        """The entities at which each consent was withdrawn: in the end it is over everywhere if one has a part in it
        and does not keep it to itself."""
        self._order = 0

    # ---- acts of a person, durable at one entity

    def give(self, consent: str, version: Version) -> None:
        self.versions[consent, version.index] = version
        self.at[version.origin].held[consent] = Held(version, self._next())

    def refuse(self, consent: str, version: Version) -> None:
        self.at[version.origin].held[consent] = Held(version, self._next(), state="refused", no_at=version.yes_at)

    def change(self, consent: str, version: Version) -> None:
        self.versions[consent, version.index] = version
        held = self.at[version.origin].held[consent]
        held.version, held.order = version, self._next()

    def withdraw(self, entity: str, consent: str, now: datetime) -> None:
        held = self.at[entity].held.get(consent)
        if held is None:
            self.at[entity].barred[consent].add(entity)
            self.at[entity].waiting.pop(consent, None)
        elif held.state == "live":
            self._end(entity, consent, now, now)
        self.withdrawn[consent].add(entity)

    def over_everywhere(self, silent: set[str]) -> list[str]:
        """Return the consents of whose end everybody must hear although some entities keep it to themselves."""
        return [
            consent for consent, actors in self.withdrawn.items() if (actors - silent) & self._newest(consent).parties
        ]

    def may_withdraw(self, entity: str, consent: str) -> bool:
        held = self.at[entity].held.get(consent)
        return held.state in ("live", "withdrawn") if held else bool(self.at[entity].received[consent])

    def expire(self, entity: str, now: datetime) -> None:
        for held in self.at[entity].held.values():
            if held.state == "live" and held.version.until <= now:
                held.state, held.order = "expired", self._next()

    def learn(self, entity: str, person: str) -> None:
        """The entity gets a record of a person."""
        self.at[entity].known.add(person)

    def look(self, entity: str, now: datetime) -> None:
        """The entity notices whom it knows by now: consents that waited for them come into force."""
        knows = self.at[entity]
        for consent, (version, told_at) in list(knows.waiting.items()):
            if version.until <= now:
                del knows.waiting[consent]
            elif version.person in knows.known:
                del knows.waiting[consent]
                self._take_in(entity, consent, version, told_at, now)

    # ---- messages, taken by their recipient

    def take_copy(self, entity: str, consent: str, index: int, issued: datetime, now: datetime) -> None:
        knows, version = self.at[entity], self.versions[consent, index]
        if version.until <= now or knows.barred[consent] & version.parties or version.origin in knows.left_out[consent]:
            return
        held, kept = knows.held.get(consent), knows.waiting.get(consent)
        if (held and held.version.index >= index) or (kept and kept[0].index >= index):
            return
        if version.person in knows.known:
            knows.waiting.pop(consent, None)
            self._take_in(entity, consent, version, issued, now)
        else:
            knows.waiting[consent] = version, issued

    def take_withdrawal(
        self, signers: frozenset[str], entity: str, consent: str, acted_at: datetime, now: datetime
    ) -> bool:
        """Return whether the recipient accepts it; the signers are its sender and the entity that stated it first."""
        knows = self.at[entity]
        held = knows.held.get(consent)
        if held is None:
            knows.barred[consent] |= signers
            kept = knows.waiting.get(consent)
            if kept and signers & kept[0].parties:
                del knows.waiting[consent]
            return True
        if not signers & (held.version.parties | {entity}):
            return False
        if held.state == "live":
            self._end(entity, consent, min(acted_at, now), now)
        return True

    def take_part_lost(self, sender: str, entity: str, consent: str, acted_at: datetime, now: datetime) -> bool:
        """Return whether the recipient accepts it."""
        knows = self.at[entity]
        held = knows.held.get(consent)
        if held is None:
            knows.left_out[consent].add(sender)
            kept = knows.waiting.get(consent)
            if kept and kept[0].origin == sender:
                del knows.waiting[consent]
            return True
        if sender not in held.version.parties | {entity}:
            return False
        if held.state == "live" and held.version.origin == sender:
            self._end(entity, consent, min(acted_at, now), now)
        return True

    def take_pulse(self, sender: str, entity: str, until: datetime) -> None:
        for consent, ended in self.ended_at_origin.items():
            held = self.at[entity].held.get(consent)
            known = held is None or held.state != "live" or held.version.origin != sender
            assert known or ended > until, f"{sender} vouched for {consent}, whose end it has not told {entity}"
        vouched = self.at[entity].vouched
        vouched[sender] = max(vouched.get(sender, until), until)

    # ---- what a holder may release

    def allowed(self, holder: str, person: str, asker: str, purpose: str, now: datetime) -> dict[str, set[str]]:
        """Return, for each consent that counts, the fields that it lets this holder release."""
        knows = self.at[holder]
        if person not in knows.known:
            return {}
        mine = {c: held for c, held in knows.held.items() if held.version.person == person}
        nos = [h for h in mine.values() if h.state in ("refused", "withdrawn") and _names(h.version, purpose, asker)]
        found = {}
        for consent, held in mine.items():
            version = held.version
            if held.state != "live" or now >= version.until or not _names(version, purpose, asker):
                continue
            if holder != version.origin and self._silent(holder, held, now):
                continue
            taken = {name for no in nos if self._prevails(holder, no, held) for name in no.version.fields}
            if fields := set(version.fields) - taken:
                found[consent] = fields
        return found

    def _silent(self, holder: str, held: Held, now: datetime) -> bool:
        heard = [held.told_at, self.at[holder].vouched.get(held.version.origin)]
        return all(moment is None or now - moment >= FLOWER_ENVIRONMENT for moment in heard)

    def _prevails(self, holder: str, no: Held, yes: Held) -> bool:
        assert no.no_at is not None
        if no.no_at != yes.version.yes_at:
            return no.no_at > yes.version.yes_at
        both_here = no.version.origin == yes.version.origin == holder
        return not both_here or no.order > yes.order

    def _take_in(self, entity: str, consent: str, version: Version, told_at: datetime, now: datetime) -> None:
        held = self.at[entity].held.get(consent)
        if not version.recipients - {entity}:  # of no use here; an older version must not stay in force
            if held and held.state == "live":
                self._end(entity, consent, min(version.acted_at, now), now)
            return
        if held is None:
            self.at[entity].held[consent] = Held(version, self._next(), told_at)
        elif held.state == "live":
            held.version, held.told_at, held.order = version, told_at, self._next()

    def _end(self, entity: str, consent: str, acted_at: datetime, now: datetime) -> None:
        held = self.at[entity].held[consent]
        held.state, held.no_at, held.order = "withdrawn", acted_at, self._next()
        if entity == held.version.origin:
            self.ended_at_origin[consent] = now

    def _newest(self, consent: str) -> Version:
        return max((v for (c, _), v in self.versions.items() if c == consent), key=lambda version: version.index)

    def _next(self) -> int:
        self._order += 1
        return self._order


def _names(version: Version, purpose: str, asker: str) -> bool:
    return purpose in version.purposes and asker in version.recipients
