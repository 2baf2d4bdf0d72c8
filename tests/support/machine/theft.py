"""A thief of a TLS key beside the lying member and the lying coordinator: it calls in its victim's name."""

from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import strategies as st
from hypothesis.stateful import rule

from consent_ledger.log.actors import Actor
from node.identity.requests import certificate_request
from node.rpc.certificates import listed_certificates
from policies.errors import RedpactError
from records_exchange.withdrawal import CONSENT_WITHDRAWN, state_withdrawal
from service.errors import CertificateRevoked
from service.peer import PresentedCertificate
from tests.support.machine.bench import Bench
from tests.support.machine.crashes import Crash
from tests.support.machine.homes import ENTITIES
from tests.support.machine.registrar import address_statement, renewal_statement, tls_key
from tests.support.simulated_peer import SimulatedPeer
from tests.support.state import state_digest
from trust.errors import PartySuspended
from trust.parties import EntityStatus

_entities = st.sampled_from(ENTITIES)
THIEVES: Final = 1
"""Entities of the four that are robbed in one run."""


@dataclass
class Thief:
    """What was stolen, and the thief's own keys.

    Attributes:
        victim: the entity that was robbed.
        key: its TLS key of that day.
        certificate: its certificate of that day.
        revoked_by: serial of the first directory without that certificate; None while it is in force.
    """

    victim: str
    key: ec.EllipticCurvePrivateKey
    certificate: PresentedCertificate
    revoked_by: int | None = None
    peer: SimulatedPeer = field(init=False)

    def __post_init__(self) -> None:
        self.peer = SimulatedPeer(self.victim)


class TheftRules(Bench):
    """What a thief does, and what its victim does about it."""

    def __init__(self) -> None:
        super().__init__()
        self.thieves: list[Thief] = []

    @rule(victim=_entities)
    def steal(self, victim: str) -> None:
        """Somebody copies the TLS key and certificate of an entity."""
        if len(self.thieves) < THIEVES:
            key, certificate = self.world.tls[victim]
            self.thieves.append(Thief(victim, key, certificate))

    @rule(where=_entities)
    def thief_asks(self, where: str) -> None:
        """The thief asks an entity for records, and tells it of a withdrawal: it gets nothing, and changes nothing."""
        for thief in self.thieves:
            if where in self.world.alive and where != thief.victim and self._let_in(thief, where):
                self._asks(thief, where)

    @rule(own_key=st.booleans())
    def thief_renews(self, *, own_key: bool) -> None:
        """The thief asks the coordinator for the next certificate, for its own key or the stolen one."""
        for thief in self.thieves:
            key = tls_key() if own_key else thief.key
            csr, now = certificate_request(key, thief.victim), self.world.clock.now()
            statement = renewal_statement(self.world.log.network, thief.victim, csr, thief.peer.signing, now)
            said = [statement, *self.world.statements[thief.victim]]  # also what it saw the entity say
            before = self.world.registrar.entries()
            for each in said:
                try:
                    self.world.registrar.recorded(thief.victim, thief.certificate)
                    self.world.registrar.renew(thief.victim, csr, each, thief.certificate, now)
                except RedpactError:
                    assert self.world.registrar.entries() == before, "a refused renewal changed the directory"
                else:
                    raise AssertionError("a thief renewed the certificate")

    @rule()
    def thief_moves(self) -> None:
        """The thief asks the coordinator to lead others to an address of its own."""
        for thief in self.thieves:
            now, before = self.world.clock.now(), self.world.registrar.entries()
            statement = address_statement(self.world.log.network, thief.victim, thief.peer.signing, now)
            try:
                self.world.registrar.recorded(thief.victim, thief.certificate)
                self.world.registrar.move(thief.victim, statement, now)
            except RedpactError:
                assert self.world.registrar.entries() == before, "refused addresses changed the directory"
            else:
                raise AssertionError("a thief changed the addresses")

    @rule(victim=_entities, how=st.sampled_from(("key", "enrolment", "suspension")))
    def revoke(self, victim: str, how: str) -> None:
        """An entity replaces its TLS key, enrols again, or is suspended and comes back."""
        self.world.clock.advance(seconds=2)
        key, now = tls_key(), self.world.clock.now()
        if how == "suspension":
            self.world.registrar.set_status(victim, EntityStatus.SUSPENDED, now)
            self._heard(victim, self.world.publish())
            self._check_suspended(victim)
            self.world.registrar.set_status(victim, EntityStatus.ACTIVE, now)
        if how == "enrolment":
            certificate = self.world.registrar.enrol_again(victim, self.world.keys[victim], key, now)
        else:
            certificate = self.world.renew(victim, key)
        self.world.tls[victim] = key, certificate
        self._heard(victim, self.world.publish())
        self._check_doors(victim)

    def _heard(self, victim: str, serial: int) -> None:
        for thief in self.thieves:
            if thief.victim == victim and thief.revoked_by is None:
                thief.revoked_by = serial

    def _check_doors(self, victim: str) -> None:
        """The entity is let in everywhere with what it has now, and whoever has what it had before nowhere."""
        self.world.registrar.recorded(victim, self.world.tls[victim][1])
        for entity in self.world.alive:
            listed_certificates(self.world.alive[entity].context)(victim, self.world.tls[victim][1])
        for thief in self.thieves:
            for door in (*self.world.alive, None):
                self._let_in(thief, door)

    def _check_suspended(self, victim: str) -> None:
        for entity in (each for each in self.world.alive if each != victim):
            try:
                listed_certificates(self.world.alive[entity].context)(victim, self.world.tls[victim][1])
            except PartySuspended:
                continue
            raise AssertionError(f"{entity} let a suspended entity in")

    def _let_in(self, thief: Thief, entity: str | None) -> bool:
        """Let the thief connect to an entity, the coordinator when None; return whether it came in."""
        try:
            if entity is None:
                self.world.registrar.recorded(thief.victim, thief.certificate)
            else:
                listed_certificates(self.world.alive[entity].context)(thief.victim, thief.certificate)
        except (CertificateRevoked, PartySuspended):
            return False
        assert thief.revoked_by is None, (
            f"{entity or 'the coordinator'} let a thief in after the certificate was revoked"
        )
        return True

    def _asks(self, thief: Thief, where: str) -> None:
        now = self._tick(where)
        context = self.world.alive[where].context
        before = state_digest(context)
        said = state_withdrawal(
            self._some_consent(), entity=thief.victim, acted_at=now, acted_by=Actor.PERSON, signer=thief.peer.signing
        )
        for envelope in (
            thief.peer.ask(where, now),
            thief.peer.tell(where, now, CONSENT_WITHDRAWN, said.body()),
        ):
            try:
                self.world.hand_over(thief.victim, where, envelope)
            except RedpactError:
                assert state_digest(context) == before, "a thief changed something"
            except Crash as crash:
                self._reopen(crash.entity)
                return
            else:
                raise AssertionError("a thief was answered")

    def _some_consent(self) -> str:
        return next(iter(self.model.versions), ("0" * 32, 0))[0]
