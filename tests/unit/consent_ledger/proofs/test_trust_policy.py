import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_ledger.proofs.checkpoint import Checkpoint, sign_checkpoint
from consent_ledger.proofs.cosignature import COSIGNATURE, cosigned_message
from consent_ledger.proofs.note import Note, NoteSignature, encode_vkey, key_hash, parse_note
from consent_ledger.proofs.trust_policy import TrustPolicy
from tests.support.ledgers import ORIGIN, new_signer
from trust.errors import MalformedDocument, SignatureInvalid
from trust.signing import Ed25519Signer

LOG = new_signer()
CHECKPOINT = Checkpoint(ORIGIN, 3, bytes(32))
WITNESSES = {name: Ed25519Signer.generate() for name in ("w1", "w2", "w3")}
NAMES = "".join(
    f"witness {name} {encode_vkey(f'example.org/{name}', COSIGNATURE, key.public_key)}\n"
    for name, key in WITNESSES.items()
)


def cosigned(*names: str, time: int = 1_770_000_000) -> bytes:
    note = parse_note(sign_checkpoint(CHECKPOINT, LOG))
    lines = list(note.signatures)
    for name in names:
        key = WITNESSES[name]
        signature = time.to_bytes(8, "big") + key.sign(cosigned_message(note.text, time))
        lines.append(
            NoteSignature(f"example.org/{name}", key_hash(f"example.org/{name}", 4, key.public_key), signature)
        )
    return Note(note.text, tuple(lines)).to_bytes()


def policy(rest: str) -> TrustPolicy:
    return TrustPolicy.parse(f"# who we trust\nlog {LOG.vkey} https://log.example\n{NAMES}{rest}".encode())


def test_a_log_can_be_trusted_by_itself() -> None:
    assert TrustPolicy.of_log(LOG.vkey).open(cosigned()) == (CHECKPOINT, ())


@pytest.mark.parametrize(
    ("rest", "names", "enough"),
    [
        ("quorum w1\n", ("w1",), True),
        ("quorum w1\n", ("w2",), False),
        ("group g any w1 w2\nquorum g\n", ("w2",), True),
        ("group g all w1 w2\nquorum g\n", ("w2",), False),
        ("group g all w1 w2\nquorum g\n", ("w1", "w2"), True),
        ("group g 2 w1 w2 w3\nquorum g\n", ("w3", "w1"), True),
        ("group g 2 w1 w2 w3\nquorum g\n", ("w3",), False),
        ("group a any w1 w2\ngroup b all a w3\nquorum b\n", ("w2", "w3"), True),
        ("group a any w1 w2\ngroup b all a w3\nquorum b\n", ("w1", "w2"), False),
    ],
)
def test_a_quorum_counts_the_witnesses_that_cosigned(rest: str, names: tuple[str, ...], *, enough: bool) -> None:
    if enough:
        assert policy(rest).open(cosigned(*names)) == (CHECKPOINT, tuple(sorted(names)))
    else:
        with pytest.raises(SignatureInvalid, match="quorum"):
            policy(rest).open(cosigned(*names))


def test_a_cosignature_of_another_time_than_it_says_condemns_the_checkpoint() -> None:
    note = parse_note(cosigned("w1"))
    good = note.signatures[1]
    later = (1_780_000_000).to_bytes(8, "big") + good.signature[8:]
    forged = Note(note.text, (note.signatures[0], NoteSignature(good.name, good.key_id, later)))
    with pytest.raises(SignatureInvalid):
        policy("quorum none\n").open(forged.to_bytes())


def test_an_unknown_log_is_refused() -> None:
    stranger = new_signer("red.example/entity/other")
    note = sign_checkpoint(Checkpoint(stranger.name, 3, bytes(32)), stranger)
    with pytest.raises(SignatureInvalid, match="does not name"):
        policy("quorum none\n").open(note)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "quorum none\n",
        f"log {LOG.vkey}\n",
        f"log {LOG.vkey}\nlog {LOG.vkey}\nquorum none\n",
        f"log {LOG.vkey}\nquorum none\nquorum none\n",
        f"log {LOG.vkey}\nquorum w1\n",
        f"log {LOG.vkey}\ntrust none\n",
        f"log {LOG.vkey} a b\nquorum none\n",
        f"log {LOG.vkey}\nwitness w9 {LOG.vkey}\nquorum none\n",
        f"log {LOG.vkey}\n{NAMES}{NAMES}quorum none\n",
        f"log {LOG.vkey}\n{NAMES}group g 0 w1\nquorum g\n",
        f"log {LOG.vkey}\n{NAMES}group g 3 w1 w2\nquorum g\n",
        f"log {LOG.vkey}\n{NAMES}group g any\nquorum g\n",
        f"log {LOG.vkey}\n{NAMES}group g any w9\nquorum g\n",
        f"log {LOG.vkey}\n{NAMES}group g any w1 w1\nquorum g\n",
        f"log {LOG.vkey}\n{NAMES}group g any g\nquorum g\n",
        f"log {LOG.vkey}\n{NAMES}group g any w1\ngroup h any w1\nquorum h\n",
        f"log {LOG.vkey}\n{NAMES}group none any w1\nquorum none\n",
    ],
    ids=lambda text: text.replace(LOG.vkey, "KEY").replace(NAMES, "NAMES ").replace("\n", "; "),
)
def test_malformed_policies_are_refused(text: str) -> None:
    with pytest.raises(MalformedDocument):
        TrustPolicy.parse(text.encode())


@pytest.mark.invariant(8)
@given(st.binary(max_size=200))
def test_untrusted_policies_raise_only_our_error(data: bytes) -> None:
    with pytest.raises(MalformedDocument):
        TrustPolicy.parse(data)
