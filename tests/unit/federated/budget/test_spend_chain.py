from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federated.budget.spend_chain import SpendLink, StoredLink, check_chain
from federated.errors import BudgetDamaged
from tests.support.clock import START

LENGTH = 4


def chain(length: int = LENGTH) -> list[StoredLink]:
    links: list[StoredLink] = []
    for place in range(1, length + 1):
        previous = links[-1].sha256 if links else ""
        link = SpendLink(place, previous, "a" * 32, place, "1" * 64, "2" * 64, START + timedelta(seconds=place))
        links.append(StoredLink(link, link.sha256))
    return links


def test_a_chain_as_it_was_written_is_whole() -> None:
    check_chain("records", chain())
    check_chain("records", [])


@pytest.mark.invariant(6)
@pytest.mark.parametrize("place", range(LENGTH - 1))
def test_a_spend_taken_out_shows(place: int) -> None:
    links = chain()
    del links[place]
    with pytest.raises(BudgetDamaged):
        check_chain("records", links)


@pytest.mark.invariant(6)
@pytest.mark.parametrize("place", range(LENGTH + 1))
def test_a_spend_put_in_shows(place: int) -> None:
    links = chain()
    previous = links[place - 1].sha256 if place else ""
    link = replace(chain(1)[0].link, sequence=place + 1, previous=previous, request_sha256="f" * 64)
    # At the end it would be a spend like any other, if its own hash did not have to be right.
    links.insert(place, StoredLink(link, "0" * 64 if place == LENGTH else link.sha256))
    with pytest.raises(BudgetDamaged):
        check_chain("records", links)


@pytest.mark.invariant(6)
@pytest.mark.parametrize(
    "changes",
    [
        {"sequence": 3},
        {"previous": "0" * 64},
        {"campaign_id": "b" * 32},
        {"round": 9},
        {"request_sha256": "f" * 64},
        {"reply_sha256": "f" * 64},
        {"spent_at": START},
    ],
    ids=str,
)
def test_any_field_that_changed_shows_with_the_old_hash_and_with_a_new_one(changes: dict[str, object]) -> None:
    links = chain()
    changed = replace(links[1].link, **changes)  # type: ignore[arg-type] # each is of its field's type
    for digest in (links[1].sha256, changed.sha256):
        with pytest.raises(BudgetDamaged):
            check_chain("records", [links[0], StoredLink(changed, digest), *links[2:]])


@given(st.permutations(range(LENGTH)))
def test_spends_in_another_order_show(order: list[int]) -> None:
    links = chain()
    shuffled = [links[place] for place in order]
    if order == sorted(order):
        check_chain("records", shuffled)
    else:
        with pytest.raises(BudgetDamaged):
            check_chain("records", shuffled)
