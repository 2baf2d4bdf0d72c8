from datetime import date

import pytest

from records_exchange.errors import IdentityCheckUnknown
from records_exchange.identity_check import BIRTH_DIGITS, SEX_DIGITS, IdentityCheck, contradict, identity_check
from records_exchange.linkage import PairwiseKey
from records_exchange.request import parse_request
from tests.support.answering import pairwise_key
from tests.support.parts import NETWORK, keys_of

BORN = date(1980, 5, 17)
SUBJECT = "ab" * 32


def both_sides() -> tuple[PairwiseKey, PairwiseKey]:
    town, ngo = keys_of("town"), keys_of("ngo")
    return (
        PairwiseKey.derive(town.exchange, ngo.exchange_public, network=NETWORK),
        PairwiseKey.derive(ngo.exchange, town.exchange_public, network=NETWORK),
    )


def test_both_entities_compute_the_same_values_and_no_other_pair_does() -> None:
    one, other = (identity_check(key, SUBJECT, BORN, "f") for key in both_sides())
    assert one is not None
    assert one == other
    assert not contradict(one, other)
    dates = [date(1950 + year, 3, 1) for year in range(60)]
    third = [identity_check(pairwise_key("other"), SUBJECT, each, "f") for each in dates]
    own = [identity_check(pairwise_key("ngo"), SUBJECT, each, "f") for each in dates]
    assert third != own


def test_values_are_bound_to_the_person_and_the_key_makes_no_pseudonym() -> None:
    key, _same = both_sides()
    dates = [date(1950 + year, 3, 1) for year in range(60)]
    one = [identity_check(key, SUBJECT, each, "f") for each in dates]
    assert one != [identity_check(key, "cd" * 32, each, "f") for each in dates]
    assert key.check_value("dni|00000000T") != key.pseudonym("dni", "00000000T")


def test_values_are_too_short_to_tell_a_birth_date() -> None:
    key, _same = both_sides()
    own = identity_check(key, SUBJECT, BORN, "f")
    assert own is not None
    days = [date.fromordinal(BORN.toordinal() + away) for away in range(-10_000, 10_000)]
    fitting = [day for day in days if not contradict(identity_check(key, SUBJECT, day, "f"), own)]
    assert BORN in fitting
    assert (len(own.birth or ""), len(own.sex or "")) == (BIRTH_DIGITS, SEX_DIGITS)
    either = [day for day in days if not contradict(identity_check(key, SUBJECT, day, None), own)]
    assert len(either) > 20  # of 20,000 days about 78: dozens of dates stay possible to somebody who has the key
    assert len(fitting) < len(either)


@pytest.mark.parametrize(("birth", "sex"), [(None, "f"), (BORN, None), (BORN, "x"), (BORN, "")])
def test_what_one_side_does_not_know_is_no_conflict(birth: date | None, sex: str | None) -> None:
    key, _same = both_sides()
    theirs = identity_check(key, SUBJECT, birth, sex)
    assert not contradict(theirs, identity_check(key, SUBJECT, BORN, "m"))
    assert not contradict(identity_check(key, SUBJECT, BORN, "m"), theirs)


def test_another_birth_date_is_a_conflict_and_another_sex_is() -> None:
    key, _same = both_sides()
    own = identity_check(key, SUBJECT, BORN, "f")
    years = [identity_check(key, SUBJECT, date(BORN.year + years, 5, 17), "f") for years in range(1, 60)]
    assert sum(contradict(own, each) for each in years) >= 55  # one in 256 fits by chance
    people = [date(1950 + year, 3, 1) for year in range(60)]
    pairs = [(identity_check(key, SUBJECT, day, "f"), identity_check(key, SUBJECT, day, "m")) for day in people]
    assert sum(contradict(*pair) for pair in pairs) >= 50  # one in 16 fits by chance


@pytest.mark.parametrize(
    "check",
    [
        IdentityCheck(scheme="birth-sex/2", birth="ab", sex="a"),
        IdentityCheck(scheme="birth-sex/1", birth="abcd", sex="a"),
        IdentityCheck(scheme="birth-sex/1", birth="ab", sex="ab"),
    ],
)
def test_an_unknown_form_is_refused(check: IdentityCheck) -> None:
    with pytest.raises(IdentityCheckUnknown):
        check.require_known()


def test_a_request_without_values_is_as_before() -> None:
    payload = (
        b'{"asker":"ngo","case_access":"team","case_ref":null,"expires":"2026-01-01T00:02:00Z","fields":["person.sex"],'
        b'"holder":"town","id":"%s","issued":"2026-01-01T00:00:00Z","nonce":"%s","opening_reason":null,'
        b'"purpose":"casework","role":"entity_technician","subject":"%s","v":2}' % (b"a" * 32, b"b" * 32, b"c" * 64)
    )
    assert parse_request(payload).canonical() == payload
