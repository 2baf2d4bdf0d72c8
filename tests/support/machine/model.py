"""What must be refused and what may be released, by docs/decisions/0012 and 0023, in plain Python.

Nothing of the product is used here: no register, no table, no message. The model is told of each act when it is
durable, and of each message when its recipient has taken it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

FLOWER_ENVIRONMENT = timedelta(hours=48)

Act = tuple[str, datetime]
"""The end of a consent: its id, and the time by which the entity of the act names it to others."""


@dataclass(frozen=True)
class Version:
    """A consent as its origin's ledger has it in one entry."""

    origin: str
    person: str
    fields: frozenset[str]
    purposes: frozenset[str]
    recipients: frozenset[str]
    holders: frozenset[str]
    since: datetime
    until: datetime
    index: int
    knew: frozenset[Act] = frozenset()
    """The ends that its origin knew of when the person last agreed."""

    @property
    def parties(self) -> frozenset[str]:
        return self.recipients | self.holders | {self.origin}


@dataclass
class Held:
    """A consent as it stands at one entity."""

    version: Version
    yes: int
    """The place of the person's last yes in the order of this entity's acts."""
    told_at: datetime | None = None
    state: str = "live"
    no: int = 0
    act: Act | None = None
    """The withdrawal; None for a refusal, and where nothing of the consent was of use any more."""


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
    linked: dict[str, str] = field(default_factory=dict)
    """Consents under which something was received about a person known here then."""
    over: dict[str, int] = field(default_factory=dict)
    """The newest versions that were over when they came."""
    reported: dict[str, set[Act]] = field(default_factory=lambda: defaultdict(set))
    """Withdrawals of each consent that others reported, the first and all others."""
    receipts: set[Act] = field(default_factory=set)
    """Withdrawals here of consents under which this entity only received something."""
    told: dict[str, set[Act]] = field(default_factory=lambda: defaultdict(set))
    """Ends told to a holder that was taken out."""


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
        version = replace(version, knew=self._known(version))
        self.versions[consent, version.index] = version
        self.at[version.origin].held[consent] = Held(version, self._next())

    def refuse(self, consent: str, version: Version) -> None:
        self.at[version.origin].held[consent] = Held(version, 0, state="refused", no=self._next())

    def renew(self, consent: str, version: Version) -> None:
        """The person agrees again."""
        held = self.at[version.origin].held[consent]
        held.version, held.yes = replace(version, knew=self._known(version)), self._next()
        self.versions[consent, version.index] = held.version

    def narrow(self, consent: str, version: Version, now: datetime) -> None:
        """The person takes something out, which is no new yes; a holder that is out takes it for an end."""
        held = self.at[version.origin].held[consent]
        for out in held.version.holders - version.holders:
            self.at[version.origin].told[out].add((consent, now))
        held.version = replace(version, knew=held.version.knew)
        self.versions[consent, version.index] = held.version

    def withdraw(self, entity: str, consent: str, now: datetime) -> None:
        held = self.at[entity].held.get(consent)
        if held is None:
            self.at[entity].barred[consent].add(entity)
            self.at[entity].receipts.add((consent, now))
            self.at[entity].waiting.pop(consent, None)
        elif held.state == "live":
            self._end(entity, consent, (consent, now), now)
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
                held.state = "expired"

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
                self._take_in(entity, consent, version, told_at)

    # ---- messages, taken by their recipient

    def take_copy(self, entity: str, consent: str, index: int, issued: datetime, now: datetime) -> None:
        knows, version = self.at[entity], self.versions[consent, index]
        if knows.barred[consent] & version.parties or version.origin in knows.left_out[consent]:
            return
        issued = min(issued, now)
        held, kept = knows.held.get(consent), knows.waiting.get(consent)
        if (held and held.version.index >= index) or (kept and kept[0].index >= index):
            return
        if knows.over.get(consent, -1) >= index:
            return
        if version.until <= now:  # a shorter version that came late ends the longer one
            knows.over[consent] = index
            knows.waiting.pop(consent, None)
            if held and held.state == "live":
                held.version, held.state = version, "expired"
        elif version.person in knows.known:
            knows.waiting.pop(consent, None)
            self._take_in(entity, consent, version, issued)
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
            knows.reported[consent].add((consent, acted_at))
            kept = knows.waiting.get(consent)
            if kept and signers & kept[0].parties:
                del knows.waiting[consent]
            return True
        if not signers & (held.version.parties | {entity}):
            return False
        knows.reported[consent].add((consent, acted_at))
        if held.state == "live":
            self._end(entity, consent, (consent, acted_at), now)
        return True

    def take_part_lost(self, sender: str, entity: str, consent: str) -> bool:
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
            held.state = "of no use"
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
            if held.state != "live" or not version.since <= now < version.until or not _names(version, purpose, asker):
                continue
            if holder != version.origin and self._silent(holder, held, now):
                continue
            taken = {name for no in nos if _prevails(holder, no, held) for name in no.version.fields}
            if fields := set(version.fields) - taken:
                found[consent] = fields
        return found

    def _silent(self, holder: str, held: Held, now: datetime) -> bool:
        heard = [held.told_at, self.at[holder].vouched.get(held.version.origin)]
        return all(moment is None or now - moment >= FLOWER_ENVIRONMENT for moment in heard)

    def _take_in(self, entity: str, consent: str, version: Version, told_at: datetime) -> None:
        held = self.at[entity].held.get(consent)
        if not version.recipients - {entity}:  # of no use here; an older version must not stay in force
            if held and held.state == "live":
                held.state = "of no use"
            return
        if held is None:
            self.at[entity].held[consent] = Held(version, self._next(), told_at)
        elif held.state == "live":
            held.version, held.told_at = version, told_at

    def _end(self, entity: str, consent: str, act: Act, now: datetime) -> None:
        held = self.at[entity].held[consent]
        held.state, held.act, held.no = "withdrawn", act, self._next()
        if entity == held.version.origin:
            self.ended_at_origin[consent] = now

    def _known(self, version: Version) -> frozenset[Act]:
        """Return the ends of the person's consents that an entity knows of, and that a holder may have heard of."""
        knows = self.at[version.origin]
        found = {act for act in knows.receipts if knows.linked.get(act[0]) == version.person}
        for consent, held in knows.held.items():
            if held.version.person != version.person:
                continue
            dropped = {out for out, acts in knows.told.items() if any(act[0] == consent for act in acts)}
            if held.act and (held.version.holders | {held.version.origin} | dropped) & version.holders:
                found.add(held.act)
            found |= {act for out in version.holders for act in knows.told[out] if act[0] == consent}
            found |= knows.reported[consent]
        return frozenset(found)

    def _newest(self, consent: str) -> Version:
        return max((v for (c, _), v in self.versions.items() if c == consent), key=lambda version: version.index)

    def _next(self) -> int:
        self._order += 1
        return self._order


def _prevails(holder: str, no: Held, yes: Held) -> bool:
    if yes.version.origin == holder:
        return no.no > yes.yes
    return no.act not in yes.version.knew


def _names(version: Version, purpose: str, asker: str) -> bool:
    return purpose in version.purposes and asker in version.recipients
