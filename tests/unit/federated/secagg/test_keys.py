import pytest

from federated.errors import KeyStatementInvalid
from federated.secagg.keys import (
    KEY_STATEMENT_TYPE,
    KeyStatement,
    new_private_key,
    open_key_statement,
    public_key,
    seal_key_statement,
)
from tests.support.secagg import CAMPAIGN, MANIFEST
from trust import signing
from trust.errors import MalformedDocument, SignatureInvalid

SIGNER = signing.Ed25519Signer.generate()


def _statement(**changes: str) -> KeyStatement:
    values = {
        "campaign_id": CAMPAIGN,
        "manifest_sha256": MANIFEST,
        "entity": "caritas",
        "channel_key": public_key(new_private_key()).hex(),
        "group_commitment": "0" * 64,
    }
    return KeyStatement.model_validate(values | changes)


def _open(envelope: signing.Envelope, entity_key: bytes = SIGNER.public_key) -> KeyStatement:
    return open_key_statement(
        envelope, entity="caritas", entity_key=entity_key, campaign_id=CAMPAIGN, manifest_sha256=MANIFEST
    )


def test_a_statement_comes_back_as_it_was_signed() -> None:
    statement = _statement()
    assert _open(seal_key_statement(statement, SIGNER)) == statement


def test_a_statement_that_the_coordinator_signed_is_refused() -> None:
    coordinator = signing.Ed25519Signer.generate()
    with pytest.raises(SignatureInvalid):
        _open(seal_key_statement(_statement(), coordinator))


@pytest.mark.parametrize(
    "changes",
    [
        {"entity": "cruz-roja"},
        {"campaign_id": "ef" * 16},
        {"manifest_sha256": "ef" * 32},
        {"channel_key": "00" * 32},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_statement_of_something_else_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(KeyStatementInvalid):
        _open(seal_key_statement(_statement(**changes), SIGNER))


@pytest.mark.invariant(8)
@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b"\xff", b'{"v":2}'])
def test_signed_nonsense_is_refused(payload: bytes) -> None:
    with pytest.raises((KeyStatementInvalid, MalformedDocument)):
        _open(signing.seal(KEY_STATEMENT_TYPE, payload, SIGNER))


def test_every_campaign_has_a_fresh_key() -> None:
    keys = {new_private_key() for _ in range(20)}
    assert len(keys) == 20
    assert {len(key) for key in keys} == {32}
