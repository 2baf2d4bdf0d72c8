"""The state machine: people act, entities crash, wires fail; what is released is what the model allows, and no more."""

from datetime import timedelta
from typing import Final

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, invariant, rule

from node.consents.consents import RenewalInput, ScopeInput
from node.consents.propagation.background import maintain_copies, send_heartbeats
from policies.errors import RedpactError
from records_exchange.errors import MessageStale
from service.errors import PeerUnreachable
from tests.support.machine.bench import LONGEST_WAIT, consent_to
from tests.support.machine.crashes import Crash
from tests.support.machine.homes import ENTITIES, FIELDS, PEOPLE, PURPOSES
from tests.support.machine.theft import TheftRules

LIARS = 1
"""Entities of the four that keep withdrawals to themselves."""

WRONG_HOURS: Final = 12
"""How far off a clock may be, in hours."""

entities = st.sampled_from(ENTITIES)
people = st.sampled_from(sorted(PEOPLE))
purposes = st.sampled_from(PURPOSES)


def some(items: tuple[str, ...], *, least: int = 1) -> st.SearchStrategy[frozenset[str]]:
    """Return a strategy for sets of these."""
    return st.frozensets(st.sampled_from(items), min_size=least)


class ConsentMachine(TheftRules):
    """Four entities, two people, a thief, and everything that can happen to a consent."""

    consents: Bundle[str] = Bundle("consents")

    # ---- people act

    @initialize(target=consents, origin=st.sampled_from(("alba", "bierzo")), holders=some(ENTITIES))
    def first(self, origin: str, holders: frozenset[str]) -> str:
        """Begin with a consent, so that there is something for the other rules."""
        return self.give_consent(origin, "ana", consent_to(origin, "ana", FIELDS, PURPOSES, ENTITIES, holders=holders))

    @rule(
        target=consents,
        origin=entities,
        person=people,
        fields=some(FIELDS),
        chosen=some(PURPOSES),
        recipients=some(ENTITIES),
        holders=some(ENTITIES, least=0),
        days=st.integers(1, 40),
    )
    def give(
        self,
        *,
        origin: str,
        person: str,
        fields: frozenset[str],
        chosen: frozenset[str],
        recipients: frozenset[str],
        holders: frozenset[str],
        days: int,
    ) -> str:
        given = consent_to(origin, person, fields, chosen, recipients, holders=holders, days=days)
        return self.give_consent(origin, person, given)

    @rule(origin=entities, person=people, fields=some(FIELDS), chosen=some(PURPOSES), recipients=some(ENTITIES))
    def refuse(
        self, origin: str, person: str, fields: frozenset[str], chosen: frozenset[str], recipients: frozenset[str]
    ) -> None:
        given = consent_to(origin, person, fields, chosen, recipients)
        self._tick(origin)
        if self._able(origin, person) and given.recipients:
            view = self._act(origin, lambda node: node.consents.refuse(given), lambda: self._new_view(origin))
            if view is not None:
                self.model.refuse(view.consent_id, self._version(view, person))

    @rule(consent=consents, fields=some(FIELDS), chosen=some(PURPOSES), drop=entities)
    def narrow(self, consent: str, fields: frozenset[str], chosen: frozenset[str], drop: str) -> None:
        version = self._own(consent)
        if version is None:
            return
        scope = {"fields": version.fields & fields, "purposes": version.purposes & chosen}
        less = (scope["fields"], scope["purposes"], version.recipients - {drop}, version.holders - {drop})
        same = (version.fields, version.purposes, version.recipients, version.holders)
        if less == same or not all(less[:3]):
            return
        kept_fields, kept_purposes, kept_recipients = (sorted(part) for part in less[:3])
        given = ScopeInput(kept_fields, kept_purposes, kept_recipients, drop_holders=(drop,))
        changed = self._change(consent, version, lambda node: node.consents.narrow(consent, given))
        if changed is not None:
            self.model.narrow(consent, changed, self.world.now(version.origin))

    @rule(consent=consents, days=st.integers(3, 60))
    def renew(self, consent: str, days: int) -> None:
        version = self._own(consent)
        if version is not None:
            changed = self._change(consent, version, lambda node: node.consents.renew(RenewalInput(consent, days)))
            if changed is not None:
                self.model.renew(consent, changed)

    @rule(consent=consents, where=entities)
    def withdraw(self, consent: str, where: str) -> None:
        if not consent or where not in self.world.alive:
            return
        now, may = self._tick(where), self.model.may_withdraw(where, consent)
        try:
            done = self._act(where, lambda node: node.consents.withdraw(consent) or True, lambda: True)
        except RedpactError:
            assert not may, "a withdrawal was refused"
            return
        assert may, "a withdrawal of nothing was accepted"
        if done is not None:
            self.model.withdraw(where, consent, now)

    @rule(where=entities, hours=st.integers(1, 30))
    def expire(self, where: str, hours: int) -> None:
        """Time passes, and an entity tells its ledger what is over."""
        self.world.clock.advance(hours=hours)
        now = self._tick(where)
        if self._act(where, lambda node: node.consents.expire_due() or True, lambda: True) is not None:
            self.model.expire(where, now)

    @rule(where=entities, person=people)
    def learn(self, where: str, person: str) -> None:
        """An entity opens a record of a person, which what runs beside the node notices."""
        now = self._tick(where)
        new = where in self.world.alive and person not in self.model.at[where].known
        if new and self._act(where, lambda _: self.world.record(where, person), lambda: True) is not None:
            self.model.learn(where, person)
        if (
            self._act(where, lambda node: maintain_copies(node.context, node.consent_changes, "") or True, lambda: True)
            is not None
        ):
            self.model.look(where, now)

    # ---- entities exchange

    @rule(asker=entities, person=people, purpose=purposes)
    def fetch_from_all(self, asker: str, person: str, purpose: str) -> None:
        """Ask everybody else; what comes back is exactly what the model allows."""
        for holder in ENTITIES:
            self.fetch(asker, holder, person, purpose)

    @rule(where=entities)
    def deliver(self, where: str) -> None:
        """An outbox is worked off, once everything in it is due."""
        self.world.clock.advance(seconds=LONGEST_WAIT.total_seconds())
        self._tick(where)
        self._deliver(where)

    @rule(where=entities)
    def pulse(self, where: str) -> None:
        self._tick(where)
        self._act(where, lambda node: send_heartbeats(node.context, node.outbox), lambda: 0)

    @rule(number=st.integers(0, 10_000))
    def replay(self, number: int) -> None:
        """A message of some time ago comes once more, whatever came since."""
        messages = [each for each in self.world.sent if "message" in each[2].payload_type]
        if messages:
            sender, recipient, envelope = messages[number % len(messages)]
            self._tick(recipient)
            if recipient in self.world.alive:
                try:
                    self.world.hand_over(sender, recipient, envelope)
                except RedpactError:
                    return  # too old, or a question: refused, and nothing happened

    @rule(consent=consents, liar=entities, named=entities, where=entities)
    def lie(self, consent: str, liar: str, named: str, where: str) -> None:
        """A member says that the person withdrew, and names another entity for it."""
        if not consent or liar == where or not {liar, where} <= set(self.world.alive):
            return
        self._tick(where)
        try:
            self.world.lie(liar, where, consent, named)
        except (PeerUnreachable, MessageStale):  # clocks far apart: refused, and nothing happened
            return
        except Crash as crash:
            self._reopen(crash.entity)

    @rule(where=entities)
    def keep_to_itself(self, where: str) -> None:
        """An entity acknowledges withdrawals and passes none on, for good."""
        if len(self.world.silent) < LIARS:
            self.world.silent.add(where)

    # ---- the world fails

    @rule(where=entities, hours=st.integers(-WRONG_HOURS, WRONG_HOURS))
    def jump(self, where: str, hours: int) -> None:
        """A clock is hours off from now on, in either direction, or is put right."""
        self.world.clocks[where].off_by = timedelta(hours=hours)
        self._clocks_were_wrong |= hours != 0

    @rule(one=entities, two=entities)
    def partition(self, one: str, two: str) -> None:
        """Nothing passes between two entities."""
        self.world.wires.cut.add(frozenset((one, two)))

    @rule(one=entities, two=entities, messages=st.integers(0, 3), fault=st.sampled_from(("lost", "twice", "cut")))
    def spoil(self, one: str, two: str, messages: int, fault: str) -> None:
        """Replies are lost after the effect, messages come twice, or the wire breaks after some more of them."""
        wires = self.world.wires
        if fault == "cut":
            wires.cut_after[one, two] = messages
        else:
            (wires.lose_reply if fault == "lost" else wires.twice).add((one, two))

    @rule(where=entities, victim=entities, again=st.booleans())
    def second_directory(self, where: str, victim: str, *, again: bool) -> None:
        """Whoever has the coordinator's keys shows an entity false keys for another: nothing comes of it."""
        if where in self.world.alive:
            self.world.deceive(where, victim, again=again)

    @rule()
    def heal(self) -> None:
        self._heal()

    @rule(where=entities, commits=st.integers(-1, 3), after=st.booleans())
    def crash(self, where: str, commits: int, *, after: bool) -> None:
        """The process dies now, or in a commit to come: before it is durable, or just after."""
        if commits < 0:
            self.world.bury(where)
        elif where in self.world.alive:
            self.world.crash_at(where, commits, after=after)

    @rule()
    def restart(self) -> None:
        """Whoever is down comes up again."""
        self.world.restart()

    # ---- what always holds

    @invariant()
    def ledgers_only_grow_and_hold_every_answer(self) -> None:
        self.world.check_ledgers()

    @invariant()
    def nothing_that_identifies_crosses(self) -> None:
        self.world.check_crossed()
