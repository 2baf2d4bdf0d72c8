"""The authorities that an entity pins: after comparing the fingerprint, in the ledger, and no others."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from consent_ledger.log.entry import EntryType, Leaf
from node.consents.assurance.authorities import FOLDER, SignatureAuthorities
from node.consents.errors import AuthorityInvalid, AuthorityUnknown
from node.context import NodeContext
from node.ledger.own import own_ledger
from tests.support.clock import START, FrozenClock
from tests.support.parts import TOWN_AND_NGO, SignedDirectory, context_of
from tests.support.signatures import TestAuthority


@pytest.fixture
def town(tmp_path: Path) -> Iterator[NodeContext]:
    context = context_of("town", tmp_path / "town", SignedDirectory(FrozenClock(START), TOWN_AND_NGO))
    yield context
    context.close()


def changes(context: NodeContext) -> int:
    with context.snapshot() as session:
        ledger = own_ledger(context, session)
        kinds = [Leaf.parse(leaf).type for leaf in ledger.store.leaves(0, ledger.size())]
    return kinds.count(EntryType.POLICY_CHANGED)


def written(folder: Path, authority: TestAuthority, encoding: Encoding = Encoding.PEM) -> Path:
    (folder / "root").write_bytes(authority.certificate.public_bytes(encoding))
    return folder / "root"


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_an_authority_is_pinned_with_its_published_fingerprint(
    town: NodeContext, tmp_path: Path, encoding: Encoding
) -> None:
    made, authorities = TestAuthority("AC raíz de pruebas"), SignatureAuthorities(town)
    shown = ":".join(made.fingerprint[at : at + 2] for at in range(0, 64, 2)).upper()
    authorities.add(written(tmp_path, made, encoding), shown)
    authorities.add(written(tmp_path, made, encoding), made.fingerprint)
    assert [(each.name, each.sha256) for each in authorities.list()] == [("AC raíz de pruebas", made.fingerprint)]
    assert authorities.certificates() == (made.certificate,)
    assert changes(town) == 1, "the second time changed nothing"
    assert authorities.remove(made.fingerprint[:8]).sha256 == made.fingerprint
    assert authorities.list() == ()
    assert changes(town) == 2


def test_another_fingerprint_pins_nothing(town: NodeContext, tmp_path: Path) -> None:
    with pytest.raises(AuthorityInvalid) as caught:
        SignatureAuthorities(town).add(written(tmp_path, TestAuthority()), "ab" * 32)
    assert caught.value.remedy
    assert (SignatureAuthorities(town).list(), changes(town)) == ((), 0)


def test_the_certificate_of_a_person_is_no_authority(town: NodeContext, tmp_path: Path) -> None:
    person = TestAuthority().person("12345678Z").certificate
    (tmp_path / "person.pem").write_bytes(person.public_bytes(Encoding.PEM))
    from cryptography.hazmat.primitives.hashes import SHA256

    with pytest.raises(AuthorityInvalid):
        SignatureAuthorities(town).add(tmp_path / "person.pem", person.fingerprint(SHA256()).hex())


@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"-----BEGIN CERTIFICATE-----\nAA\n"])
def test_a_file_that_is_no_certificate_is_refused(town: NodeContext, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "root").write_bytes(content)
    with pytest.raises(AuthorityInvalid):
        SignatureAuthorities(town).add(tmp_path / "root", "ab" * 32)
    with pytest.raises(AuthorityInvalid):
        SignatureAuthorities(town).add(tmp_path / "missing", "ab" * 32)


def test_a_file_put_in_place_of_another_is_noticed(town: NodeContext, tmp_path: Path) -> None:
    made, other = TestAuthority(), TestAuthority("Otra")
    authorities = SignatureAuthorities(town)
    authorities.add(written(tmp_path, made), made.fingerprint)
    (town.home / FOLDER / f"{made.fingerprint}.pem").write_bytes(other.pem)
    with pytest.raises(AuthorityInvalid):
        authorities.certificates()


@pytest.mark.parametrize("fingerprint", ["", "abcdef0", "ab" * 32, "../../keys"])
def test_what_is_not_pinned_cannot_be_taken_out(town: NodeContext, tmp_path: Path, fingerprint: str) -> None:
    made = TestAuthority()
    SignatureAuthorities(town).add(written(tmp_path, made), made.fingerprint)
    with pytest.raises(AuthorityUnknown):
        SignatureAuthorities(town).remove(fingerprint)
