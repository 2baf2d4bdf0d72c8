from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from consent_ledger.proofs.merkle import verify_consistency
from coordinator.directory_log import DirectoryTrees
from coordinator.errors import ChangesTooFrequent, EntityAlreadyAdmitted, EntityInvalid, EntityUnknown
from coordinator.registry import Registry
from coordinator.settings import CoordinatorSettings
from coordinator.tables import Base, DirectoryRow, InvitationRow
from service.errors import StorageOutdated
from tests.support.clock import START
from tests.support.parts import keys_of
from tests.support.pki import authority
from trust.directory import Directory, open_directory
from trust.enrolment import hash_secret
from trust.parties import EntityKind, EntityStatus, Party
from trust.signing import Ed25519Signer

SIGNER = Ed25519Signer.generate()
SETTINGS = CoordinatorSettings.validated(
    {
        "network": "red.example",
        "listen": "127.0.0.1:1",
        "address": "127.0.0.1:1",
        "enrolment_listen": "127.0.0.1:2",
        "enrolment_address": "c.example:2",
    }
)
AUTHORITY = authority(SETTINGS.network)
HOUR = timedelta(hours=1)


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as opened:
        yield opened
    engine.dispose()


@pytest.fixture
def registry(session: Session) -> Registry:
    return Registry(session, settings=SETTINGS, authority=AUTHORITY, signer=SIGNER)


def party(entity: str = "leon", **changes: object) -> Party:
    values = {
        "id": entity,
        "name": f"Entidad {entity}",
        "kind": EntityKind.PUBLIC,
        "status": EntityStatus.ACTIVE,
        "addresses": ("leon.example:7410",),
        "signing_key": keys_of(entity).signing.public_key.hex(),
        "exchange_key": keys_of(entity).exchange_public.hex(),
        "ledger_vkey": "x",
    }
    return Party.model_validate(values | changes)


def newest(registry: Registry) -> Directory:
    return open_directory(registry.directory(), coordinator_key=SIGNER.public_key)


def test_every_change_signs_the_next_directory(registry: Registry) -> None:
    registry.admit(party(), START)
    assert newest(registry).serial == 1
    registry.suspend("leon", reason="prueba", now=START)
    assert (newest(registry).serial, newest(registry).party("leon").status) == (2, EntityStatus.SUSPENDED)
    registry.reinstate("leon", now=START)
    registry.set_addresses("leon", ("a.example:1", "b.example:2"), START + HOUR)
    assert newest(registry).serial == 4
    assert newest(registry).active_party("leon").addresses == ("a.example:1", "b.example:2")
    assert newest(registry).expires == START + HOUR + timedelta(days=7)


def test_every_directory_that_was_signed_is_kept(registry: Registry, session: Session) -> None:
    for _ in range(3):
        registry.publish(START)
    assert session.scalars(select(DirectoryRow.serial).order_by(DirectoryRow.serial)).all() == [1, 2, 3]


def test_every_directory_is_the_last_entry_of_the_checkpoint_that_comes_with_it(
    registry: Registry, session: Session
) -> None:
    trees, sizes = DirectoryTrees(), [0]
    for day in range(5):
        registry.publish(START + timedelta(days=day))
        logged = registry.publication.log.logged(trees, sizes[-1])
        opened = logged.open(network=SETTINGS.network, coordinator_key=SIGNER.public_key)
        assert opened.directory.serial == opened.checkpoint.size == day + 1
        verify_consistency(
            sizes[-1],
            opened.checkpoint.size,
            trees.current(session).root(sizes[-1]),
            opened.checkpoint.root,
            logged.consistency,
        )
        sizes.append(opened.checkpoint.size)


def test_changes_of_the_same_moments_share_one_directory(registry: Registry) -> None:
    registry.admit(party(), START)
    for number in range(5):
        registry.set_addresses("leon", (f"leon.example:{number + 1}",), START + timedelta(seconds=number))
    assert newest(registry).serial == 1
    assert not registry.needs_renewal(START + timedelta(seconds=14))
    assert registry.needs_renewal(START + timedelta(seconds=15))
    registry.publish(START + timedelta(seconds=15))
    assert (newest(registry).serial, newest(registry).party("leon").addresses) == (2, ("leon.example:5",))
    assert not registry.needs_renewal(START + timedelta(minutes=1))


def test_a_suspension_never_waits_and_takes_what_waits_along(registry: Registry) -> None:
    registry.admit(party(), START)
    registry.set_addresses("leon", ("moved.example:1",), START)
    registry.suspend("leon", reason="prueba", now=START)
    listed = newest(registry).party("leon")
    assert (listed.status, listed.addresses) == (EntityStatus.SUSPENDED, ("moved.example:1",))


def test_an_entity_that_changes_too_often_is_told_when_to_come_back(registry: Registry) -> None:
    registry.admit(party(), START)
    registry.admit(party("soria", signing_key="c" * 64), START)
    for number in range(SETTINGS.changes_per_hour):
        registry.set_addresses("leon", (f"leon.example:{number + 1}",), START + timedelta(minutes=number))
    later = START + timedelta(minutes=59)
    with pytest.raises(ChangesTooFrequent) as caught:
        registry.set_addresses("leon", ("leon.example:99",), later)
    assert "2 Mar 2026, 11:00" in caught.value.message
    assert registry.party("leon").addresses == (f"leon.example:{SETTINGS.changes_per_hour}",)
    registry.set_addresses("soria", ("soria.example:1",), later)  # nobody else is refused
    registry.set_addresses("leon", ("leon.example:99",), START + HOUR)


def test_old_directories_lose_their_content_and_the_log_stays_provable(registry: Registry, session: Session) -> None:
    for day in range(5):
        registry.publish(START + timedelta(days=day))
    assert registry.publication.log.prune(START + timedelta(days=30)) == 4
    assert registry.publication.log.prune(START + timedelta(days=30)) == 0
    rows = session.scalars(select(DirectoryRow).order_by(DirectoryRow.serial)).all()
    assert [bool(row.envelope) for row in rows] == [False] * 4 + [True]
    assert all(row.payload_sha256 and row.checkpoint for row in rows)
    registry.publication.log.logged(DirectoryTrees(), 2).open(
        network=SETTINGS.network, coordinator_key=SIGNER.public_key
    )


def test_an_invitation_keeps_only_the_hash_of_its_secret(registry: Registry, session: Session) -> None:
    invitation = registry.invite("leon", name="León", kind=EntityKind.AGENT, valid_for=HOUR, now=START)
    row = session.scalars(select(InvitationRow)).one()
    assert row.secret_sha256 == hash_secret(invitation.secret)
    assert invitation.secret not in str({column.name: getattr(row, column.name) for column in row.__table__.columns})
    assert (invitation.entity, invitation.expires, invitation.address) == ("leon", START + HOUR, "c.example:2")


def test_two_invitations_have_different_secrets(registry: Registry) -> None:
    secrets = {
        registry.invite(entity, name="x", kind=EntityKind.AGENT, valid_for=HOUR, now=START).secret
        for entity in ("leon", "soria")
    }
    assert len(secrets) == 2


@pytest.mark.parametrize("entity", ["", "León", "coordinator", "-a", "a" * 64, "a.b"])
def test_an_id_that_cannot_be_is_refused(registry: Registry, entity: str) -> None:
    with pytest.raises(EntityInvalid):
        registry.invite(entity, name="x", kind=EntityKind.AGENT, valid_for=HOUR, now=START)


@pytest.mark.parametrize(("name", "hours"), [("", 1), ("  ", 1), ("x" * 201, 1), ("x", 0), ("x", 24 * 91)])
def test_a_name_or_validity_that_cannot_be_is_refused(registry: Registry, name: str, hours: int) -> None:
    with pytest.raises(EntityInvalid):
        registry.invite("leon", name=name, kind=EntityKind.AGENT, valid_for=timedelta(hours=hours), now=START)


def test_an_admitted_entity_is_invited_again_only_on_purpose(registry: Registry) -> None:
    registry.admit(party(), START)
    with pytest.raises(EntityAlreadyAdmitted):
        registry.invite("leon", name="León", kind=EntityKind.AGENT, valid_for=HOUR, now=START)
    registry.invite("leon", name="León", kind=EntityKind.AGENT, valid_for=HOUR, now=START, again=True)


def test_an_unknown_entity_is_named(registry: Registry) -> None:
    for act in (
        lambda: registry.suspend("nobody", reason="x", now=START),
        lambda: registry.reinstate("nobody", now=START),
        lambda: registry.set_addresses("nobody", (), START),
        lambda: registry.party("nobody"),
    ):
        with pytest.raises(EntityUnknown, match="nobody"):
            act()


def test_a_network_without_a_directory_was_not_finished(registry: Registry) -> None:
    assert registry.needs_renewal(START)
    with pytest.raises(StorageOutdated):
        registry.directory()


def test_a_directory_is_renewed_after_a_third_of_its_life(registry: Registry) -> None:
    registry.publish(START)
    assert not registry.needs_renewal(START + timedelta(days=2))
    assert registry.needs_renewal(START + timedelta(days=7) / 3)


def test_open_invitations_are_listed_until_they_expire(registry: Registry) -> None:
    registry.invite("leon", name="León", kind=EntityKind.AGENT, valid_for=HOUR, now=START)
    assert [row.entity for row in registry.invitations(START)] == ["leon"]
    assert registry.invitations(START + HOUR) == ()
