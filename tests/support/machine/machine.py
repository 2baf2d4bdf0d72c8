"""The state machine: people act, entities crash, wires fail; what is released is what the model allows, and no more."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from typing_extensions import override

from consent_ledger.consent_model import ConsentView
from node.exchange.consents import Consents, GrantInput, RenewalInput, ScopeInput
from node.exchange.travelling.background import look_for_people, send_pulses
from node.wiring import Node
from policies.errors import RedpactError
from records_exchange.answer import Outcome
from records_exchange.checks import MAX_CLOCK_SKEW
from records_exchange.mailboxes import NoticeState, SqlMailbox
from records_exchange.message import Outcome as MessageOutcome
from records_exchange.travel import CONSENT_COPY, CONSENT_WITHDRAWN, proof_bytes, read_copy
from tests.support.machine.model import SILENCE, Model, Version
from tests.support.machine.world import ENTITIES, FIELDS, KNOWN, PEOPLE, PURPOSES, Crash, Delivered, World

_LONGEST_WAIT: Final = timedelta(hours=1)
_ROUNDS: Final = 40

entities = st.sampled_from(ENTITIES)
people = st.sampled_from(sorted(PEOPLE))
purposes = st.sampled_from(PURPOSES)


def some(items: tuple[str, ...], *, least: int = 1) -> st.SearchStrategy[frozenset[str]]:
    """Return a strategy for sets of these."""
    return st.frozensets(st.sampled_from(items), min_size=least)


def consent_to(
    origin: str,
    person: str,
    fields: Iterable[str] = FIELDS,
    chosen: Iterable[str] = PURPOSES,
    recipients: Iterable[str] = ENTITIES,
    *,
    holders: Iterable[str] = (),
    days: int = 30,
) -> GrantInput:
    """Return what a person agrees to at an entity."""
    return GrantInput(
        document=PEOPLE[person],
        purposes=sorted(chosen),
        recipients=sorted({*recipients} - {origin}),
        fields=sorted(fields),
        holders=sorted({*holders} - {origin}),
        valid_days=days,
    )


class ConsentMachine(RuleBasedStateMachine):
    """Four entities, two people, and everything that can happen to a consent."""

    consents: Bundle[str] = Bundle("consents")

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self._taken)
        self.model = Model(ENTITIES)
        for entity, known in KNOWN.items():
            self.model.at[entity].known.update(known)

    @override
    def teardown(self) -> None:
        """Mend everything; in the end every withdrawal has arrived, nothing waits, and every audit passes."""
        try:
            self._mend()
            self._settle()
            self._check_end()
        finally:
            self.world.close()

    # ---- people act

    @initialize(target=consents, origin=st.sampled_from(("alba", "bierzo")), holders=some(ENTITIES))
    def first(self, origin: str, holders: frozenset[str]) -> str:
        """Begin with a consent, so that there is something for the other rules."""
        return self._give(origin, "ana", consent_to(origin, "ana", FIELDS, PURPOSES, ENTITIES, holders=holders))

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
        return self._give(origin, person, given)

    @rule(origin=entities, person=people, fields=some(FIELDS), chosen=some(PURPOSES), recipients=some(ENTITIES))
    def refuse(
        self, origin: str, person: str, fields: frozenset[str], chosen: frozenset[str], recipients: frozenset[str]
    ) -> None:
        given = consent_to(origin, person, fields, chosen, recipients)
        self._tick()
        if self._able(origin, person) and given.recipients:
            view = self._act(origin, lambda node: Consents(node).refuse(given), lambda: self._new_view(origin))
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
        self._change(consent, version, lambda node: Consents(node).narrow(consent, given))

    @rule(consent=consents, days=st.integers(1, 60))
    def renew(self, consent: str, days: int) -> None:
        version = self._own(consent)
        if version is not None:
            self._change(consent, version, lambda node: Consents(node).renew(RenewalInput(consent, days)))

    @rule(consent=consents, where=entities)
    def withdraw(self, consent: str, where: str) -> None:
        if not consent or where not in self.world.alive:
            return
        now, may = self._tick(), self.model.may_withdraw(where, consent)
        try:
            done = self._act(where, lambda node: Consents(node).withdraw(consent) or True, lambda: True)
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
        now = self._tick()
        if self._act(where, lambda node: Consents(node).expire_due() or True, lambda: True) is not None:
            self.model.expire(where, now)

    @rule(where=entities, person=people)
    def learn(self, where: str, person: str) -> None:
        """An entity opens a record of a person, which what runs beside the node notices."""
        now = self._tick()
        new = where in self.world.alive and person not in self.model.at[where].known
        if new and self._act(where, lambda _: self.world.record(where, person), lambda: True) is not None:
            self.model.learn(where, person)
        if self._act(where, lambda node: look_for_people(node, "") or True, lambda: True) is not None:
            self.model.look(where, now)

    # ---- entities exchange

    @rule(asker=entities, person=people, purpose=purposes)
    def fetch_from_all(self, asker: str, person: str, purpose: str) -> None:
        """Ask everybody else; what comes back is exactly what the model allows."""
        for holder in ENTITIES:
            self.fetch(asker, holder, person, purpose)

    def fetch(self, asker: str, holder: str, person: str, purpose: str) -> None:
        """Ask one holder."""
        if asker == holder or not {asker, holder} <= set(self.world.alive):
            return
        now = self._tick()
        allowed = self.model.allowed(holder, person, asker, purpose, now)
        before = len(self.world.promised)
        try:
            reply = self.world.fetch(asker, holder, person, purpose)
        except Crash as crash:
            self._reopen(crash.entity)
            reply = None
        for _, answer in self.world.promised[before:]:  # also one that was lost on its way
            self._check_answer(answer.outcome, {field.id for field in answer.fields}, answer.consents, allowed, holder)
        if reply is not None and reply.released and reply.answer is not None:
            assert {f.id: f.value for f in reply.answer.fields}.get("case.coordinator") in (
                None,
                f"Canario{holder.capitalize()}",
            )
            for consent in reply.answer.consents:
                self.model.at[asker].received[consent].add(holder)
        elif reply is None and len(self.world.promised) > before and self._durable:
            for consent in self.world.promised[-1][1].consents:
                self.model.at[asker].received[consent].add(holder)

    @rule(where=entities)
    def deliver(self, where: str) -> None:
        """An outbox is worked off, once everything in it is due."""
        self.world.clock.advance(seconds=_LONGEST_WAIT.total_seconds())
        self._tick()
        self._deliver(where)

    @rule(where=entities)
    def pulse(self, where: str) -> None:
        self._tick()
        if where in self.world.alive:
            send_pulses(self.world.alive[where])

    @rule(number=st.integers(0, 10_000))
    def replay(self, number: int) -> None:
        """A message of some time ago comes once more, whatever came since."""
        messages = [each for each in self.world.sent if "message" in each[2].payload_type]
        if messages:
            sender, recipient, envelope = messages[number % len(messages)]
            self._tick()
            if recipient in self.world.alive:
                try:
                    self.world.hand_over(sender, recipient, envelope)
                except RedpactError:
                    return  # too old, or a question: refused, and nothing happened

    # ---- the world fails

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

    # ---- helpers

    def _tick(self) -> datetime:
        return self.world.clock.advance(seconds=1)

    def _able(self, entity: str, person: str) -> bool:
        return entity in self.world.alive and person in self.model.at[entity].known

    def _act(self, entity: str, do: Callable[[Node], Any], if_durable: Callable[[], Any]) -> Any:
        """Do something at an entity; None when it is down, or died before it was durable."""
        node = self.world.alive.get(entity)
        if node is None:
            return None
        try:
            return do(node)
        except Crash:
            return if_durable() if self._reopen(entity) else None

    def _reopen(self, entity: str) -> bool:
        """Bury a process and start another one; tell whether what it was doing is durable."""
        pending = self.world.pending.get(entity)
        self._durable = pending is not None and pending.after
        self.world.bury(entity)
        self.world.start(entity)
        return self._durable

    def _give(
        self,
        origin: str,
        person: str,
        given: GrantInput,
    ) -> str:
        self._tick()
        if not self._able(origin, person) or not given.recipients:
            return ""
        view = self._act(origin, lambda node: Consents(node).grant(given), lambda: self._new_view(origin))
        if view is None:
            return ""
        self.model.give(view.consent_id, self._version(view, person))
        return str(view.consent_id)

    def _own(self, consent: str) -> Version | None:
        """Return what stands of a consent at its origin, when it can be changed there now."""
        self._tick()
        for entity, knows in self.model.at.items():
            held = knows.held.get(consent)
            if held and held.version.origin == entity:
                live = held.state == "live" and held.version.until > self.world.clock.now()
                return held.version if live and entity in self.world.alive else None
        return None

    def _change(self, consent: str, version: Version, do: Callable[[Node], ConsentView]) -> None:
        origin = version.origin
        view = self._act(origin, do, lambda: self._view(origin, consent))
        if view is not None:
            self.model.change(consent, self._version(view, version.person))

    def _view(self, entity: str, consent: str) -> ConsentView:
        node = self.world.alive[entity]
        with node.snapshot() as session:
            return node.consents(session).get(consent)

    def _new_view(self, entity: str) -> ConsentView:
        node = self.world.alive[entity]
        with node.snapshot() as session:
            (view,) = (v for v in node.consents(session).list() if v.consent_id not in self.model.at[entity].held)
            return view

    def _version(self, view: ConsentView, person: str) -> Version:
        record = view.record
        return Version(
            origin=record.controller,
            person=person,
            fields=frozenset(record.fields),
            purposes=frozenset(record.purposes),
            recipients=frozenset(record.recipients),
            holders=frozenset(record.holders),
            until=record.valid_until,
            yes_at=view.acted_at,
            index=view.last_index,
        )

    def _deliver(self, where: str) -> None:
        node = self.world.alive.get(where)
        if node is not None:
            try:
                node.courier.deliver_due()
            except Crash as crash:
                self._reopen(crash.entity)

    def _taken(self, delivered: Delivered) -> None:
        """Tell the model of a message that its recipient took."""
        message, here = delivered.message, delivered.recipient
        knows, now = self.model.at[here], self.world.clock.now()
        if message.id in knows.taken:
            return
        knows.taken.add(message.id)
        accepted = delivered.reply is None or delivered.reply.outcome is MessageOutcome.ACCEPTED
        if message.kind == CONSENT_COPY and accepted:
            copy = read_copy(proof_bytes(message.body))
            self.model.take_copy(here, copy.record.consent_id, copy.index, message.issued, now)
        elif message.kind == CONSENT_WITHDRAWN:
            acted_at = datetime.fromisoformat(message.body["acted_at"])
            takes = self.model.take_withdrawal(delivered.sender, here, message.body["consent_id"], acted_at, now)
            assert delivered.reply is None or takes == accepted, "a withdrawal was refused, or taken from a stranger"
        elif message.kind == "pulse":
            until = datetime.fromisoformat(message.body["complete_until"])
            self.model.take_pulse(delivered.sender, here, min(until, message.issued, now + MAX_CLOCK_SKEW))

    def _check_answer(
        self, outcome: Outcome, fields: set[str], consents: Any, allowed: dict[str, set[str]], holder: str
    ) -> None:
        expected = {name for names in allowed.values() for name in names}
        assert fields <= expected, f"{holder} released {fields - expected} without a live consent"
        assert fields == expected, f"{holder} withheld {expected - fields} in spite of a live consent"
        assert (outcome is Outcome.RELEASED) == bool(expected)
        assert set(consents) == set(allowed)
        now = self.world.clock.now()
        for consent in consents:
            ended = self.model.ended_at_origin.get(consent)
            assert ended is None or now < ended + SILENCE, "released after the freshness bound"

    def _heal(self) -> None:
        wires = self.world.wires
        for broken in (wires.cut, wires.lose_reply, wires.twice, wires.cut_after):
            broken.clear()

    def _mend(self) -> None:
        self._heal()
        self.world.pending.clear()
        self.world.restart()

    def _settle(self) -> None:
        for _ in range(_ROUNDS):
            self.world.clock.advance(seconds=_LONGEST_WAIT.total_seconds() + 1)
            for entity in ENTITIES:
                self._deliver(entity)
            if not any(self._waiting(entity) for entity in ENTITIES):
                return
        raise AssertionError({entity: self._waiting(entity) for entity in ENTITIES})

    def _waiting(self, entity: str) -> list[tuple[str, str, str, str]]:
        with self.world.alive[entity].snapshot() as session:
            waiting = SqlMailbox(session).waiting()
        return [(entity, notice.kind, notice.recipient, notice.fault) for notice in waiting]

    def _check_end(self) -> None:
        self.world.check_ledgers()
        self.world.check_crossed()
        for entity in ENTITIES:
            for consent in self.model.withdrawn:
                with self.world.alive[entity].snapshot() as session:
                    notices = SqlMailbox(session).about(consent)
                assert all(notice.state is not NoticeState.LAPSED for notice in notices)
                held = self.model.at[entity].held.get(consent)
                assert held is None or held.state != "live", f"{entity} never heard of the end of {consent}"
        for asker in ENTITIES:
            for holder in ENTITIES:
                for person in sorted({version.person for version in self.model.versions.values()}):
                    self.fetch(asker, holder, person, PURPOSES[0])
        self.world.check_ledgers()
        self.world.audit()
