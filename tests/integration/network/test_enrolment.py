import hashlib
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import grpc
import pytest
from cryptography import x509

from coordinator.authority import new_ca
from node.cli.app import main
from node.identity import enrolment
from node.identity.errors import EnrolmentAnswerInvalid, InvitationNeeded, InvitationRefused, NodeExists, NodeInUse
from node.identity.files import CERTIFICATE_FILE, node_certificate
from node.identity.reach import Reach
from node.identity.requests import certificate_request
from node.identity.tls_key import next_tls_key
from node.keys import FILES, FOLDER, TLS, NodeKeys
from node.settings import NodeSettings
from node.setup import Answers, set_up
from protos.redpact.v1 import enrolment_pb2, enrolment_pb2_grpc
from service.clock import SystemClock
from service.errors import PeerRefused, PeerUnreachable, PeerUntrusted
from service.files import write_private
from service.tls import new_tls_key, read_tls_key
from tests.support.addresses import free_address
from tests.support.applications import entity_application
from tests.support.commands import invoke
from tests.support.network import NETWORK, Network, network
from trust.enrolment import Invitation, hash_secret
from trust.parties import EntityKind, EntityStatus, spiffe_id


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with network(tmp_path_factory.mktemp("enrolment")) as made:
        yield made


def check_refused(home: Path, invitation: Invitation, error: type[Exception]) -> None:
    """Try to join, and see that it fails and leaves no node behind."""
    with pytest.raises(error):
        set_up(home, Answers(token=invitation.to_token(), listen=free_address()), SystemClock())
    assert not NodeSettings.exists(home)
    assert not (home / CERTIFICATE_FILE).exists()


def test_a_node_that_joins_is_listed_with_its_own_keys_and_gets_a_certificate_with_its_spiffe_id(net: Network) -> None:
    node = net.join("avila", name="Diputación de Ávila", kind=EntityKind.AGENT)
    party = node.context.directory.current(net.clock.now()).active_party("avila")
    assert (party.name, party.kind) == ("Diputación de Ávila", EntityKind.AGENT)
    assert party.signing_key == node.context.keys.signing.public_key.hex()
    assert party.addresses == node.context.settings.addresses
    leaf = x509.load_pem_x509_certificate((node.context.home / CERTIFICATE_FILE).read_bytes())
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [spiffe_id(NETWORK, "avila")]
    assert timedelta(days=30) <= leaf.not_valid_after_utc - leaf.not_valid_before_utc < timedelta(days=31)


def test_a_node_pins_the_coordinators_key_and_keeps_its_files_to_itself(net: Network) -> None:
    node = net.join("burgos")
    assert node.context.settings.coordinator_key == net.coordinator.context.keys.signing.public_key.hex()
    private = [node.context.home / FOLDER / name for name in FILES]
    private += [node.context.home / "node.toml", node.context.home / "directory.json"]
    assert {path.stat().st_mode & 0o077 for path in private} == {0}


def test_an_invitation_serves_one_node_only(net: Network, tmp_path: Path) -> None:
    invitation = net.invite("leon")
    net.nodes["leon"] = set_up(
        net.root / "leon", Answers(token=invitation.to_token(), listen=free_address()), SystemClock()
    )
    check_refused(tmp_path / "second", invitation, InvitationRefused)


def test_the_same_node_may_ask_again_when_the_first_answer_was_lost(net: Network, tmp_path: Path) -> None:
    invitation, home = net.invite("palencia"), tmp_path / "palencia"
    keys = NodeKeys.create(home)
    for _ in range(2):
        enrolment.enrol(home, invitation, keys=keys, reach=Reach(()), now=net.clock.now())
    with net.coordinator.context.snapshot() as session:
        assert net.coordinator.registry(session).party("palencia").signing_key == keys.signing.public_key.hex()


def test_an_expired_invitation_is_refused(net: Network, tmp_path: Path) -> None:
    earlier = net.clock.now() - timedelta(hours=2)
    check_refused(tmp_path / "n", net.invite("segovia", now=earlier, valid_for=timedelta(hours=1)), InvitationRefused)


def test_an_invitation_with_another_secret_is_refused(net: Network, tmp_path: Path) -> None:
    check_refused(tmp_path / "n", net.invite("soria").model_copy(update={"secret": "0" * 64}), InvitationRefused)


def test_an_invitation_for_one_entity_admits_no_other(net: Network, tmp_path: Path) -> None:
    check_refused(tmp_path / "n", net.invite("zamora").model_copy(update={"entity": "leon"}), PeerRefused)


def test_a_newer_invitation_replaces_the_older_one(net: Network, tmp_path: Path) -> None:
    older = net.invite("bejar")
    net.invite("bejar")
    check_refused(tmp_path / "n", older, InvitationRefused)


def test_a_coordinator_whose_authority_is_not_the_invitations_is_not_talked_to(net: Network, tmp_path: Path) -> None:
    from base64 import b64encode

    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding

    foreign = new_ca(ec.generate_private_key(ec.SECP256R1()), network=NETWORK, now=net.clock.now())
    der = x509.load_pem_x509_certificate(foreign).public_bytes(Encoding.DER)
    invitation = net.invite("toro").model_copy(update={"ca": b64encode(der).decode()})
    check_refused(tmp_path / "n", invitation, PeerUntrusted)


def test_a_coordinator_that_signs_with_another_key_than_the_invitations_is_not_believed(
    net: Network, tmp_path: Path
) -> None:
    from trust.errors import SignatureInvalid

    check_refused(
        tmp_path / "n", net.invite("astorga").model_copy(update={"coordinator_key": "1" * 64}), SignatureInvalid
    )


def test_a_coordinator_that_is_down_is_reported_as_unreachable(net: Network, tmp_path: Path) -> None:
    check_refused(tmp_path / "n", net.invite("aranda").model_copy(update={"address": free_address()}), PeerUnreachable)


def test_the_keys_made_before_a_failure_are_used_by_the_next_attempt(net: Network, tmp_path: Path) -> None:
    good, home = net.invite("medina"), tmp_path / "medina"
    check_refused(home, good.model_copy(update={"address": free_address()}), PeerUnreachable)
    made = NodeKeys.load(home).signing.public_key
    node = set_up(home, Answers(token=good.to_token(), listen=free_address()), SystemClock())
    assert node.context.keys.signing.public_key == made


def test_an_application_for_another_certificate_request_is_refused(net: Network, tmp_path: Path) -> None:
    # A man in the middle who has the token cannot have his own TLS key certified under the entity's application.
    invitation, keys = net.invite("benavente"), NodeKeys.create(tmp_path)
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    other = load_pem_private_key(new_tls_key(), password=None)
    assert isinstance(other, ec.EllipticCurvePrivateKey)
    application = entity_application(
        keys,
        network=NETWORK,
        entity="benavente",
        secret_sha256=hash_secret(invitation.secret),
        csr_sha256=hashlib.sha256(b"the request it was made for").hexdigest(),
    )
    csr = certificate_request(other, "benavente")
    with pytest.raises(PeerRefused) as caught:
        ca = enrolment.authority_pem(invitation)
        enrolment._call(invitation, ca, csr, application.seal(keys.signing))  # noqa: SLF001 - calls as no honest node does
    assert caught.value.peer_code == "application_refused"


def test_a_new_home_needs_an_invitation_and_an_address(tmp_path: Path) -> None:
    with pytest.raises(InvitationNeeded):
        set_up(tmp_path, Answers(), SystemClock())
    assert list(tmp_path.iterdir()) == []


def test_init_of_an_existing_node_only_upgrades_it(net: Network) -> None:
    node = net.join("sanabria")
    before = (node.context.home / "node.toml").read_bytes(), (node.context.home / CERTIFICATE_FILE).read_bytes()
    set_up(node.context.home, Answers(), SystemClock())
    assert (
        (node.context.home / "node.toml").read_bytes(),
        (node.context.home / CERTIFICATE_FILE).read_bytes(),
    ) == before


def test_a_home_does_not_change_its_entity(net: Network) -> None:
    node = net.join("cuellar")
    with pytest.raises(NodeExists):
        set_up(node.context.home, Answers(token=net.invite("olmedo").to_token()), SystemClock())
    assert node.context.settings.entity == "cuellar"


def test_a_node_whose_certificate_expired_enrols_again_and_keeps_its_keys(net: Network) -> None:
    node = net.join("riaza")
    net.certify("riaza", days_ago=31, life=timedelta(days=30))
    token = net.invite("riaza", again=True).to_token()
    again = set_up(node.context.home, Answers(token=token), SystemClock())
    assert again.certificate.identity().not_after > net.clock.now()
    assert again.context.keys.signing.public_key == node.context.keys.signing.public_key
    again.close()


def test_an_invitation_changes_nothing_at_a_node_that_works_unless_asked_to(net: Network) -> None:
    node = net.join("tordesillas")
    before, known = state(node.context.home), serial(net)
    invitation = net.invite("tordesillas", again=True)
    with pytest.raises(NodeInUse) as caught:
        set_up(node.context.home, Answers(token=invitation.to_token()), SystemClock())
    assert "--replace" in caught.value.remedy
    assert (state(node.context.home), serial(net)) == (before, known)
    again = set_up(node.context.home, Answers(token=invitation.to_token(), replace=True), SystemClock())
    assert again.context.keys.signing.public_key == node.context.keys.signing.public_key
    assert (again.context.home / FOLDER / TLS).read_bytes() != before["keys/tls.pem"]
    again.directory_follower.refresh()
    again.close()


def test_the_command_says_what_replace_would_do_and_ends_with_two(net: Network, tmp_path: Path) -> None:
    node = net.join("simancas")
    token = tmp_path / "token"
    token.write_text(net.invite("simancas", again=True).to_token())
    ended = invoke(main, "init", "--home", str(node.context.home), "--token-file", str(token))
    assert ended.code == 2
    assert "--replace" in ended.err


def test_a_used_invitation_replaces_nothing(net: Network, tmp_path: Path) -> None:
    invitation = net.invite("medinaceli")
    listen = Answers(token=invitation.to_token(), listen=free_address())
    node = net.nodes["medinaceli"] = set_up(net.root / "medinaceli", listen, SystemClock())
    # Whoever holds token and signing key still needs the TLS key that the invitation was used for.
    thief = tmp_path / "thief"
    shutil.copytree(node.context.home / FOLDER, thief / FOLDER)
    (thief / FOLDER / TLS).unlink()
    known = serial(net)
    check_refused(thief, invitation, InvitationRefused)
    assert serial(net) == known
    node.directory_follower.refresh()


def test_a_replacement_that_was_cut_short_is_finished_at_the_next_start(net: Network) -> None:
    node = net.join("almeida")
    home = node.context.home
    new = next_tls_key(home)
    issued = net.coordinator.context.authority.issue(
        new.public_key(), entity="almeida", now=net.clock.now(), life=timedelta(days=1)
    )
    write_private(home / CERTIFICATE_FILE, issued.pem)  # and then the power fails
    assert node_certificate(home).identity().chain_pem == issued.pem
    assert read_tls_key(home / FOLDER / TLS).public_key() == new.public_key()


def state(home: Path) -> dict[str, bytes]:
    """Return every file of keys, certificates and settings."""
    folders = (home / FOLDER, home / "tls")
    files = [home / "node.toml", *(path for folder in folders for path in folder.iterdir())]
    return {str(path.relative_to(home)): path.read_bytes() for path in files}


def serial(net: Network) -> int:
    with net.coordinator.context.snapshot() as session:
        return net.coordinator.registry(session).serial()


def test_enrolling_again_does_not_lift_a_suspension(net: Network) -> None:
    node = net.join("sahagun")
    net.suspend("sahagun")
    token = net.invite("sahagun", again=True).to_token()
    set_up(node.context.home, Answers(token=token, replace=True), SystemClock()).close()
    with net.coordinator.context.snapshot() as session:
        assert net.coordinator.registry(session).party("sahagun").status is EntityStatus.SUSPENDED


def test_a_certificate_for_another_key_is_not_accepted(
    net: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, home = net.join("almazan"), tmp_path / "n"
    stolen = (first.context.home / CERTIFICATE_FILE).read_bytes()
    real = enrolment_pb2_grpc.EnrolmentStub

    class Swapping:
        def __init__(self, channel: grpc.Channel) -> None:
            self._stub = real(channel)

        def Enrol(self, request: enrolment_pb2.EnrolRequest, timeout: float) -> enrolment_pb2.EnrolReply:  # noqa: N802  # gRPC's name
            reply = self._stub.Enrol(request, timeout=timeout)
            reply.certificate_pem = stolen
            return reply

    monkeypatch.setattr(enrolment_pb2_grpc, "EnrolmentStub", Swapping)
    check_refused(home, net.invite("agreda"), EnrolmentAnswerInvalid)
