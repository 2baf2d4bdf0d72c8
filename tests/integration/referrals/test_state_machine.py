"""Two entities, a network that loses, repeats and reorders, and a person who may withdraw at any moment."""

import shutil
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from typing_extensions import override

from node.referrals.errors import ReferralStepRefused, ReferralWithoutConsent
from node.referrals.expiry import lapse_unanswered
from node.referrals.referrals import NewReferral, Referrals
from node.referrals.store import Referral
from node.wiring import Node
from policies.referrals import OPEN, ReferralSide
from tests.support.clock import FrozenClock
from tests.support.exchange import PERSON, ExchangeNetwork, grant, hold, person_record
from tests.support.exports import audit, faults
from tests.support.postoffice import Fault, PostOffice, waiting
from trust.parties import EntityKind

ENTITIES = ("town", "ngo")
_Act = Callable[[Referrals, str], Referral]
ACTS: dict[str, tuple[str, _Act]] = {
    "accept": ("ngo", lambda referrals, name: referrals.accept(name)),
    "reject": ("ngo", lambda referrals, name: referrals.reject(name, "no_capacity")),
    "start": ("ngo", lambda referrals, name: referrals.start(name)),
    "finish": ("ngo", lambda referrals, name: referrals.finish(name, "given")),
    "revoke": ("town", lambda referrals, name: referrals.revoke(name, "no_longer_needed")),
}


class ReferralNetwork(RuleBasedStateMachine):
    """Whatever happens on the way, both sides end alike, and both audits pass."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="referrals-"))
        self.clock = FrozenClock()
        self.network = ExchangeNetwork(self.root, self.clock)
        hold(self.network.add("town", kind=EntityKind.PUBLIC), person_record(PERSON))
        self.network.add("ngo")
        self.office = PostOffice(self.network)
        self.consent: str | None = None
        self.sent: list[str] = []

    @property
    def town(self) -> Node:
        return self.network.nodes["town"]

    @initialize()
    def a_consent(self) -> None:
        self.consent = grant(self.town, "ngo", purposes=("referral",), valid_days=1000)

    @precondition(lambda machine: len(machine.sent) < 3)
    @rule(transfer=st.booleans())
    def send(self, transfer: bool) -> None:
        try:
            new = NewReferral(PERSON, "ngo", "training", "urgent", transfer=transfer)
            self.sent.append(self.town.referrals.send(new).referral_id)
        except ReferralWithoutConsent:
            assert self.consent is None

    @precondition(lambda machine: machine.sent)
    @rule(data=st.data(), act=st.sampled_from(sorted(ACTS)))
    def take_a_step(self, data: st.DataObject, act: str) -> None:
        entity, do = ACTS[act]
        known = self.network.nodes[entity].referrals.list()
        if not known:
            return
        referral = data.draw(st.sampled_from(sorted(known, key=lambda each: self.sent.index(each.referral_id))))
        try:
            changed = do(self.network.nodes[entity].referrals, referral.referral_id)
        except ReferralStepRefused:
            return
        assert changed.state is not referral.state

    @precondition(lambda machine: machine.consent is not None)
    @rule()
    def the_person_withdraws(self) -> None:
        self.town.consents.withdraw(self.consent or "")
        self.consent = None
        assert self.town.referrals.list(side=ReferralSide.SENDER, open_only=True) == ()

    @rule(entity=st.sampled_from(ENTITIES), fault=st.sampled_from(list(Fault)))
    def the_outbox_is_emptied(self, entity: str, fault: Fault) -> None:
        self.office.fault = fault
        self.clock.advance(hours=1.1)
        self.network.publish()
        self.network.nodes[entity].outbox.deliver_due()
        self.office.fault = Fault.NONE

    @rule(entity=st.sampled_from(ENTITIES), data=st.data())
    def something_arrives_before_its_turn(self, entity: str, data: st.DataObject) -> None:
        """A copy from anywhere in the outbox: later the same bytes come again."""
        notifications = waiting(self.network.nodes[entity])
        if notifications:
            recipient, envelope = notifications[data.draw(st.integers(0, len(notifications) - 1))]
            self.network.nodes[recipient].message_receiver.take(envelope, entity)

    @rule(days=st.sampled_from([1, 4]))
    def time_passes(self, days: int) -> None:
        self.clock.advance(seconds=timedelta(days=days).total_seconds())
        self.network.publish()
        lapse_unanswered(self.town.context)

    @override
    def teardown(self) -> None:
        self.office.deliver()
        sides = [
            {each.referral_id: (each.state, each.code) for each in self.network.nodes[entity].referrals.list()}
            for entity in ENTITIES
        ]
        assert sides[0] == sides[1]
        assert set(sides[0]) == set(self.sent)
        if self.consent is None:
            assert not {state for state, _ in sides[0].values()} & OPEN
        exports = [self.root / f"{entity}-export" for entity in ENTITIES]
        assert faults(audit(self.town.context, exports[0])) == []
        report = audit(self.network.nodes["ngo"].context, exports[1], [exports[0]])
        assert faults(report) == []
        assert report.check("counterparts").examined >= 2 * len(self.sent)
        self.network.close()
        shutil.rmtree(self.root)


ReferralNetwork.TestCase.settings = settings(
    max_examples=12, stateful_step_count=18, deadline=None, suppress_health_check=list(HealthCheck)
)
TestReferralNetwork = ReferralNetwork.TestCase
