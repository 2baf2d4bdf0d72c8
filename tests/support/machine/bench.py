"""What the rules of the state machine do to the world, and how the model is told of it."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from hypothesis.stateful import RuleBasedStateMachine
from typing_extensions import override

from consent_ledger.consents.model import ConsentView
from node.consents.consents import GrantInput
from node.ledger.own import own_consents
from node.wiring import Node
from records_exchange.answer import AnswerOutcome
from records_exchange.checks import MAX_CLOCK_SKEW
from records_exchange.mailboxes import NotificationState, SqlMailbox
from records_exchange.message import MessageOutcome
from records_exchange.travel import CONSENT_COPY, parse_copy, read_copy
from records_exchange.withdrawal import CONSENT_WITHDRAWN, PART_LOST, open_withdrawal
from tests.support.machine.crashes import Crash
from tests.support.machine.homes import ENTITIES, FIELDS, KNOWN, PEOPLE, PURPOSES
from tests.support.machine.model import FLOWER_ENVIRONMENT, Model, Version
from tests.support.machine.world import Delivered, World

LONGEST_WAIT: Final = timedelta(hours=1)
_ROUNDS: Final = 40


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


class Bench(RuleBasedStateMachine):
    """Four entities and the model of them; the rules are `machine.ConsentMachine`'s."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self._taken)
        self.model = Model(ENTITIES)
        self._clocks_were_wrong = False
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

    def fetch(self, asker: str, holder: str, person: str, purpose: str) -> None:
        """Ask one holder."""
        if asker == holder or not {asker, holder} <= set(self.world.alive):
            return
        now = self._tick(holder)
        allowed = self.model.allowed(holder, person, asker, purpose, now)
        before = len(self.world.promised)
        try:
            with self.world.agreeing(asker, holder):
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
                self._received(asker, consent, holder, person)
        elif reply is None and len(self.world.promised) > before and self._durable:
            for consent in self.world.promised[-1][1].consents:
                self._received(asker, consent, holder, person)

    def _received(self, asker: str, consent: str, holder: str, person: str) -> None:
        knows = self.model.at[asker]
        knows.received[consent].add(holder)
        if person in knows.known:
            knows.linked[consent] = person

    def _tick(self, entity: str) -> datetime:
        """Let a second pass and return the time by an entity's clock."""
        self.world.clock.advance(seconds=1)
        return self.world.now(entity)

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

    def give_consent(self, origin: str, person: str, given: GrantInput) -> str:
        """Give a consent at its origin and return its id, or an empty text where that is not possible now."""
        self._tick(origin)
        if not self._able(origin, person) or not given.recipients:
            return ""
        view = self._act(origin, lambda node: node.consents.grant(given), lambda: self._new_view(origin))
        if view is None:
            return ""
        self.model.give(view.consent_id, self._version(view, person))
        return str(view.consent_id)

    def _own(self, consent: str) -> Version | None:
        """Return what stands of a consent at its origin, when it can be changed there now."""
        for entity, knows in self.model.at.items():
            held = knows.held.get(consent)
            if held and held.version.origin == entity:
                live = held.state == "live" and held.version.until > self._tick(entity)
                return held.version if live and entity in self.world.alive else None
        return None

    def _change(self, consent: str, version: Version, do: Callable[[Node], ConsentView]) -> Version | None:
        """Change a consent at its origin; return its new version, None when nothing came of it."""
        origin = version.origin
        view = self._act(origin, do, lambda: self._view(origin, consent))
        return None if view is None else self._version(view, version.person)

    def _view(self, entity: str, consent: str) -> ConsentView:
        node = self.world.alive[entity]
        with node.context.snapshot() as session:
            return own_consents(node.context, session).get(consent)

    def _new_view(self, entity: str) -> ConsentView:
        node = self.world.alive[entity]
        with node.context.snapshot() as session:
            (view,) = (
                v for v in own_consents(node.context, session).list() if v.consent_id not in self.model.at[entity].held
            )
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
            since=record.valid_from,
            until=record.valid_until,
            index=view.last_index,
        )

    def _deliver(self, where: str) -> None:
        node = self.world.alive.get(where)
        if node is not None:
            try:
                node.outbox.deliver_due()
            except Crash as crash:
                self._reopen(crash.entity)

    def _taken(self, delivered: Delivered) -> None:
        """Tell the model of a message that its recipient took."""
        message, here = delivered.message, delivered.recipient
        knows, now = self.model.at[here], self.world.now(here)
        if message.id in knows.taken:
            return
        knows.taken.add(message.id)
        accepted = delivered.reply is None or delivered.reply.outcome is MessageOutcome.ACCEPTED
        if message.kind == CONSENT_COPY and accepted:
            copy = read_copy(parse_copy(message.body).proof_bytes)
            self.model.take_copy(here, copy.record.consent_id, copy.index, message.issued, now)
        elif message.kind == CONSENT_WITHDRAWN:
            said = open_withdrawal(message.body, sender=delivered.sender, directory=self.world.directory())
            signers = frozenset((delivered.sender, said.stated_by))
            takes = self.model.take_withdrawal(signers, here, said.consent_id, said.acted_at, now)
            assert delivered.reply is None or takes == accepted, "a withdrawal was refused, or taken from a stranger"
        elif message.kind == PART_LOST:
            takes = self.model.take_part_lost(delivered.sender, here, message.body["consent_id"])
            assert delivered.reply is None or takes == accepted, "a lost part was refused, or taken from a stranger"
        elif message.kind == "pulse":
            until = datetime.fromisoformat(message.body["complete_until"])
            self.model.take_pulse(delivered.sender, here, min(until, message.issued, now + MAX_CLOCK_SKEW))

    def _check_answer(
        self, outcome: AnswerOutcome, fields: set[str], consents: Any, allowed: dict[str, set[str]], holder: str
    ) -> None:
        expected = {name for names in allowed.values() for name in names}
        assert fields <= expected, f"{holder} released {fields - expected} without a live consent"
        assert fields == expected, f"{holder} withheld {expected - fields} in spite of a live consent"
        assert (outcome is AnswerOutcome.RELEASED) == bool(expected)
        assert set(consents) == set(allowed)
        if self._clocks_were_wrong:
            return  # a bound in hours is one of clocks
        now = self.world.clock.now()
        for consent in consents:
            ended = self.model.ended_at_origin.get(consent)
            assert ended is None or now < ended + FLOWER_ENVIRONMENT, "released after the freshness bound"

    def _heal(self) -> None:
        wires = self.world.wires
        for broken in (wires.cut, wires.lose_reply, wires.twice, wires.cut_after):
            broken.clear()

    def _mend(self) -> None:
        self._heal()
        for clock in self.world.clocks.values():
            clock.off_by = timedelta(0)
        self.world.pending.clear()
        self.world.restart()

    def _settle(self) -> None:
        for _ in range(_ROUNDS):
            self.world.clock.advance(seconds=LONGEST_WAIT.total_seconds() + 1)
            for entity in ENTITIES:
                self._deliver(entity)
            if not any(self._waiting(entity) for entity in ENTITIES):
                return
        raise AssertionError({entity: self._waiting(entity) for entity in ENTITIES})

    def _waiting(self, entity: str) -> list[tuple[str, str, str, str]]:
        with self.world.alive[entity].context.snapshot() as session:
            waiting = SqlMailbox(session).waiting()
        kept_back = CONSENT_WITHDRAWN if entity in self.world.silent else None
        return [(entity, each.kind, each.recipient, each.fault) for each in waiting if each.kind != kept_back]

    def _check_end(self) -> None:
        self.world.check_ledgers()
        self.world.check_crossed()
        for entity in ENTITIES:
            for consent in self.model.over_everywhere(self.world.silent):
                with self.world.alive[entity].context.snapshot() as session:
                    notifications = SqlMailbox(session).about(consent)
                silent = entity in self.world.silent
                assert silent or all(
                    notification.state is not NotificationState.LAPSED for notification in notifications
                )
                held = self.model.at[entity].held.get(consent)
                assert held is None or held.state != "live", f"{entity} never heard of the end of {consent}"
        for asker in ENTITIES:
            for holder in ENTITIES:
                for person in sorted({version.person for version in self.model.versions.values()}):
                    self.fetch(asker, holder, person, PURPOSES[0])
        self.world.check_ledgers()
        self.world.audit()
