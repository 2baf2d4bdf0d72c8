"""The terms that a proof is over: one digest for one agreement, another for any other."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from consent_ledger.log.bodies import ConsentBody
from records_exchange.assurance.evidence import MAX_PAPER_BYTES
from records_exchange.assurance.terms import ConsentTerms
from records_exchange.errors import SealBroken
from records_exchange.sealing import Route, open_paper, seal_paper
from tests.support.clock import START
from tests.support.ledgers import grant_of
from trust import canonical

ROUTE = Route("test.example", "ngo", "town")


def record(**changes: Any) -> ConsentBody:
    values = {"consent_id": "0" * 32, "controller": "ngo", "holders": ("town",), "agreed_at": START}
    return ConsentBody.model_validate({**grant_of().model_dump(), **values, **changes})


def test_the_digest_is_over_the_canonical_form_and_the_order_of_the_terms_does_not_matter() -> None:
    terms = ConsentTerms.of(record())
    assert terms.canonical() == canonical.encode(terms.model_dump(mode="json"))
    turned = record(fields=tuple(reversed(record().fields)))
    assert ConsentTerms.of(turned).digest == terms.digest


@pytest.mark.parametrize(
    "changes",
    [
        {"consent_id": "1" * 32},
        {"controller": "other"},
        {"fields": ("person.birth_year",)},
        {"purposes": ("casework",)},
        {"recipients": ("ong-b", "ngo")},
        {"holders": ("town", "county")},
        {"valid_until": START + timedelta(days=31)},
        {"agreed_at": START + timedelta(seconds=1)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_other_terms_have_another_digest(changes: dict[str, Any]) -> None:
    assert ConsentTerms.of(record(**changes)).digest != ConsentTerms.of(record()).digest


def test_less_of_the_same_act_is_within_it() -> None:
    wider, narrower = ConsentTerms.of(record()), ConsentTerms.of(record(fields=("household.size",), holders=()))
    assert narrower.within(wider)
    assert wider.within(wider)
    assert not wider.within(narrower)


@pytest.mark.parametrize(
    "changes",
    [
        {"valid_until": START + timedelta(days=31)},
        {"agreed_at": START + timedelta(days=1)},
        {"recipients": ("ong-c",)},
        {"controller": "other"},
        {"consent_id": "1" * 32},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_another_act_or_more_is_not_within_it(changes: dict[str, Any]) -> None:
    assert not ConsentTerms.of(record(**changes)).within(ConsentTerms.of(record()))


def test_a_sealed_paper_opens_for_its_holder_and_its_terms_only() -> None:
    own, digest, paper = X25519PrivateKey.generate(), ConsentTerms.of(record()).digest, b"x" * MAX_PAPER_BYTES
    sealed = seal_paper(paper, ROUTE, digest, own.public_key().public_bytes_raw())
    assert open_paper(sealed, ROUTE, digest, own) == paper
    wrong = [
        (sealed, ROUTE, "0" * 64, own),
        (sealed, Route("test.example", "other", "town"), digest, own),
        (sealed, ROUTE, digest, X25519PrivateKey.generate()),
        (sealed[:-1] + bytes([sealed[-1] ^ 1]), ROUTE, digest, own),
        (sealed[:-1], ROUTE, digest, own),
    ]
    for data, route, terms, key in wrong:
        with pytest.raises(SealBroken):
            open_paper(data, route, terms, key)
