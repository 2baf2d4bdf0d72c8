"""Forms that people sign: recorded exactly as signed, within their time, for somebody entitled to sign alone."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from consent_ledger.errors import ConsentInvalid
from consent_ledger.log.bodies import EXPLICIT_CONSENT_BASIS
from node.consents.assurance.authorities import SignatureAuthorities
from node.consents.consents import GrantInput
from node.consents.errors import FormTooLarge, GuardianNeeded, RecipientNotAllowed
from node.consents.signed_consents import SignedConsents
from node.context import NodeContext
from node.people.errors import PersonUnknown
from records_exchange.assurance.terms import ConsentTerms
from records_exchange.errors import FormSignatureInvalid
from tests.support.clock import START, FrozenClock
from tests.support.parts import SignedDirectory, consent_changes, consents_of, context_of, hold
from tests.support.people import OTHER_PERSON, PERSON, STRANGER, person_record
from tests.support.signatures import TestAuthority
from trust.parties import EntityKind

GIVEN = GrantInput(PERSON, ("casework",), ("ngo",), ("person.language", "health.conditions_flag"), holders=("town",))


@pytest.fixture
def directory() -> SignedDirectory:
    return SignedDirectory(FrozenClock(START), {"ngo": EntityKind.AGENT, "town": EntityKind.PUBLIC})


@pytest.fixture
def ngo(tmp_path: Path, directory: SignedDirectory) -> Iterator[NodeContext]:
    context = context_of("ngo", tmp_path / "ngo", directory)
    child = person_record(OTHER_PERSON, name="Niña Ficticia", birth=date(2015, 1, 1))
    hold(context, person_record(), child)
    yield context
    context.close()


@pytest.fixture
def authority(ngo: NodeContext, tmp_path: Path) -> TestAuthority:
    made = TestAuthority()
    (tmp_path / "root.pem").write_bytes(made.pem)
    SignatureAuthorities(ngo).add(tmp_path / "root.pem", made.fingerprint)
    return made


def signed(ngo: NodeContext, authority: TestAuthority, folder: Path, given: GrantInput = GIVEN) -> Path:
    pdf = use_case(ngo).form(given).pdf
    (folder / "signed.pdf").write_bytes(authority.person(PERSON.number).sign(pdf))
    return folder / "signed.pdf"


def use_case(ngo: NodeContext) -> SignedConsents:
    return SignedConsents(ngo, consent_changes(ngo))


def test_what_is_recorded_is_what_was_signed(ngo: NodeContext, authority: TestAuthority, tmp_path: Path) -> None:
    written = use_case(ngo).form(GIVEN)
    file = tmp_path / "signed.pdf"
    file.write_bytes(authority.person(PERSON.number).sign(written.pdf))
    record = use_case(ngo).grant(file).record
    assert ConsentTerms.of(record) == written.terms
    assert (record.agreed_at, record.method, record.lawful_basis) == (START, "e-signature", EXPLICIT_CONSENT_BASIS)
    assert consents_of(ngo).evidence(record.consent_id) == file.read_bytes()


def test_a_form_is_recorded_once(ngo: NodeContext, authority: TestAuthority, tmp_path: Path) -> None:
    file = signed(ngo, authority, tmp_path)
    use_case(ngo).grant(file)
    with pytest.raises(ConsentInvalid):
        use_case(ngo).grant(file)
    assert len(consents_of(ngo).list()) == 1


def test_a_form_signed_before_a_no_is_not_recorded_after_it(
    ngo: NodeContext, authority: TestAuthority, directory: SignedDirectory, tmp_path: Path
) -> None:
    file = signed(ngo, authority, tmp_path)
    directory.clock.advance(minutes=1)  # type: ignore[attr-defined]  # the frozen clock of tests
    consents_of(ngo).refuse(GIVEN)
    with pytest.raises(ConsentInvalid):
        use_case(ngo).grant(file)
    directory.clock.advance(minutes=1)  # type: ignore[attr-defined]  # as above
    use_case(ngo).grant(signed(ngo, authority, tmp_path))


def test_a_form_holds_for_thirty_days(
    ngo: NodeContext, authority: TestAuthority, directory: SignedDirectory, tmp_path: Path
) -> None:
    file = signed(ngo, authority, tmp_path)
    directory.clock.advance(days=31)  # type: ignore[attr-defined]  # the frozen clock of tests
    directory.publish()
    with pytest.raises(ConsentInvalid):
        use_case(ngo).grant(file)


def test_a_form_that_names_an_entity_otherwise_than_the_directory_is_outdated(
    ngo: NodeContext, authority: TestAuthority, directory: SignedDirectory, tmp_path: Path
) -> None:
    file = signed(ngo, authority, tmp_path)
    directory.change("town", name="Otro nombre")
    with pytest.raises(ConsentInvalid):
        use_case(ngo).grant(file)


def test_a_form_of_another_entity_is_not_recorded_here(
    ngo: NodeContext, authority: TestAuthority, directory: SignedDirectory, tmp_path: Path
) -> None:
    file = signed(ngo, authority, tmp_path)
    town = context_of("town", tmp_path / "town", directory)
    hold(town, person_record())
    SignatureAuthorities(town).add(tmp_path / "root.pem", authority.fingerprint)
    with pytest.raises(FormSignatureInvalid):
        use_case(town).grant(file)
    town.close()


def test_who_cannot_sign_alone_gets_no_form(ngo: NodeContext) -> None:
    with pytest.raises(GuardianNeeded):
        use_case(ngo).form(GrantInput(OTHER_PERSON, ("casework",), ("ngo",), holders=("town",)))
    with pytest.raises(PersonUnknown):
        use_case(ngo).form(GrantInput(STRANGER, ("casework",), ("ngo",), holders=("town",)))
    with pytest.raises(RecipientNotAllowed):
        use_case(ngo).form(GrantInput(PERSON, ("casework",), ("ngo",)))


def test_a_file_too_large_to_be_sent_is_refused_before_it_is_read(ngo: NodeContext, tmp_path: Path) -> None:
    (tmp_path / "large.pdf").write_bytes(b"x" * (300 * 1024))
    with pytest.raises(FormTooLarge):
        use_case(ngo).grant(tmp_path / "large.pdf")
