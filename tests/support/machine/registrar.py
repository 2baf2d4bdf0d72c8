"""The coordinator's register of entities and certificates, real and in memory, for the state machine.

Its directories do not reach the nodes: the world publishes the same entries in the log that the nodes follow.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from coordinator import renewal
from coordinator.admission import admit
from coordinator.authority import Authority
from coordinator.certificates import recorded_certificates
from coordinator.registry import Registry
from coordinator.settings import CoordinatorSettings
from coordinator.tables import Base
from node.identity.requests import certificate_request
from node.keys import NodeKeys
from policies.errors import RedpactError
from service.peer import PresentedCertificate, presented_of
from service.tls import new_tls_key
from tests.support.applications import entity_application
from trust.directory import open_directory
from trust.enrolment import hash_secret
from trust.entity_statements import AddressStatement, RenewalStatement, seal_statement
from trust.parties import EntityStatus, Party
from trust.signing import Envelope, Signer

_Result = TypeVar("_Result")
_LIFE: Final = timedelta(days=4000)


def tls_key() -> ec.EllipticCurvePrivateKey:
    """Return a new TLS key."""
    key = serialization.load_pem_private_key(new_tls_key(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


class Registrar:
    """The coordinator's side of identities."""

    def __init__(self, network: str, authority: Authority, signer: Signer, parties: Mapping[str, Party]) -> None:
        values = {"network": network, "listen": "127.0.0.1:1", "address": "127.0.0.1:1"}
        values |= {"enrolment_listen": "127.0.0.1:2", "enrolment_address": "c.example:2"}
        settings = CoordinatorSettings.validated(values | {"changes_per_hour": 10_000, "changes_per_day": 100_000})
        self._network, self._authority, self._signer = network, authority, signer
        self._engine = create_engine("sqlite://")
        Base.metadata.create_all(self._engine)
        self._session = Session(self._engine)
        self.registry = Registry(self._session, settings=settings, authority=authority, signer=signer)
        self._parties = parties

    def begin(self, now: datetime) -> dict[str, tuple[ec.EllipticCurvePrivateKey, PresentedCertificate]]:
        """Admit every entity with a certificate for a TLS key, and return both by entity."""
        found = {}
        for entity, party in self._parties.items():
            self.registry.admit(party, now)
            key = tls_key()
            issued = self._authority.issue(key.public_key(), entity=entity, now=now, life=_LIFE)
            self.registry.certificates.record(entity, issued)
            found[entity] = key, presented_of(issued.pem)
        self.registry.publish(now)
        self._session.commit()
        return found

    def close(self) -> None:
        """Close the database."""
        self._session.close()
        self._engine.dispose()

    def entries(self) -> Mapping[str, Party]:
        """Return the entries of the newest directory."""
        signed = open_directory(self.registry.directory(), coordinator_key=self._signer.public_key)
        return {party.id: party for party in signed.entities}

    def recorded(self, caller: str, certificate: PresentedCertificate) -> None:
        """Check a certificate as the coordinator's ports do, for every call."""
        recorded_certificates(self._snapshot)(caller, certificate)

    def renew(
        self, entity: str, csr: bytes, statement: Envelope, presented: PresentedCertificate, now: datetime
    ) -> PresentedCertificate:
        """Ask for the next certificate of an entity."""
        party = self.registry.active_party(entity)
        pem = self._done(partial(renewal.renew, self.registry, party, csr, statement, presented=presented, now=now))
        return presented_of(pem)

    def move(self, entity: str, statement: Envelope, now: datetime) -> bool:
        """Ask for other addresses of an entity."""
        party = self.registry.active_party(entity)
        return self._done(partial(renewal.change_addresses, self.registry, party, statement, now))

    def enrol_again(
        self, entity: str, own: NodeKeys, key: ec.EllipticCurvePrivateKey, now: datetime
    ) -> PresentedCertificate:
        """Invite an entity once more, and enrol it with its keys and a new TLS key."""
        known = self.registry.party(entity)
        invited = self.registry.invite(
            entity, name=known.name, kind=known.kind, valid_for=timedelta(hours=1), now=now, again=True
        )
        csr = certificate_request(key, entity)
        changes = {
            "secret_sha256": hash_secret(invited.secret),
            "csr_sha256": hashlib.sha256(csr).hexdigest(),
        }
        application = entity_application(own, network=self._network, entity=entity, **changes)
        sealed = application.seal(own.signing)
        return presented_of(self._done(partial(admit, self.registry, invited.secret, sealed, csr, now)))

    def set_status(self, entity: str, status: EntityStatus, now: datetime) -> None:
        """Suspend or reinstate an entity."""
        if status is EntityStatus.SUSPENDED:
            self._done(partial(self.registry.suspend, entity, reason="test", now=now))
        else:
            self._done(partial(self.registry.reinstate, entity, now=now))

    def _done(self, act: Callable[[], _Result]) -> _Result:
        try:
            result = act()
        except RedpactError:
            self._session.rollback()
            raise
        self._session.commit()
        return result

    @contextmanager
    def _snapshot(self) -> Iterator[Session]:
        yield self._session


def renewal_statement(network: str, entity: str, csr: bytes, signer: Signer, now: datetime) -> Envelope:
    """Return a signed request for a certificate."""
    digest = hashlib.sha256(csr).hexdigest()
    return seal_statement(RenewalStatement(network=network, entity=entity, time=now, csr_sha256=digest), signer)


def address_statement(network: str, entity: str, signer: Signer, now: datetime) -> Envelope:
    """Return a signed change of addresses to one of the thief's."""
    moved = AddressStatement(network=network, entity=entity, time=now, addresses=("127.0.0.1:9",))
    return seal_statement(moved, signer)
