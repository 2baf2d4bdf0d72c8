"""Check 18: what was released under a consent given elsewhere had the assurance that the ledger's policy asked for."""

import pytest

from consent_ledger.audit.registry import new_run
from consent_ledger.audit.report import Check
from consent_ledger.audit.structure import AuditedEntry
from consent_ledger.log.bodies import ConsentBody, PartyDetail, PolicyChangedBody, ReferralBody, ReleaseBody
from consent_ledger.log.entry import Body, EntryType, Leaf
from consent_ledger.log.given_elsewhere import ConfirmationBody, ConsentOrigin, ProofFound
from policies.assurance import POLICY_CODE, Assurance, AssurancePolicy, default_policy
from tests.support.assurance_policies import TRUSTING
from tests.support.clock import START
from tests.support.ledgers import DIGEST, grant_of

PURPOSES = ("case_coordination", "referral")
FIELDS = ("person.birth_year", "household.size")
CONSENT = "0" * 32


def policy(found: AssurancePolicy, *, sha256: str = "") -> tuple[EntryType, Body]:
    body = PolicyChangedBody(policy=POLICY_CODE, new_sha256=sha256 or found.sha256, document=found.document)
    return EntryType.POLICY_CHANGED, body


def consent(*proofs: Assurance, asked: bool = True, form: str | None = DIGEST) -> tuple[EntryType, Body]:
    found = tuple(ProofFound(assurance=each, terms_sha256=DIGEST, evidence_sha256=DIGEST) for each in proofs)
    origin = ConsentOrigin(
        entity="ong-b", index=3, leaf_hash=DIGEST, acted_at=START, proofs=found if asked else None, form_sha256=form
    )
    values = {"consent_id": CONSENT, "controller": "ong-a", "origin": origin}
    grant = grant_of(fields=FIELDS, recipients=("town",), purposes=PURPOSES).model_dump()
    return EntryType.CONSENT_GIVEN, ConsentBody.model_validate({**grant, **values})


def decision(kind: EntryType, *, index: int = 3, form: str = DIGEST) -> tuple[EntryType, Body]:
    body = ConfirmationBody(
        consent_id=CONSENT,
        person_ref="p1",
        origin_index=index,
        terms_sha256=DIGEST,
        form_sha256=form,
        decided_by="ts-01",
        reason=None if kind is EntryType.CONSENT_CONFIRMED else "person_denies",
    )
    return kind, body


def release() -> tuple[EntryType, Body]:
    body = ReleaseBody(
        request_id="r1",
        request_sha256=DIGEST,
        person_ref="p1",
        recipient="town",
        purpose="case_coordination",
        role="entity_technician",
        fields=FIELDS,
        consents=(CONSENT,),
        policy_sha256=DIGEST,
    )
    return EntryType.RELEASE, body


def referral() -> tuple[EntryType, Body]:
    body = ReferralBody(
        referral_id="ab" * 16,
        person_ref="p1",
        peer="town",
        direction="sent",
        state="sent",
        step="send",
        taken_by="sender",
        number=1,
        message_sha256=DIGEST,
        kind="referral",
        service="training",
        consent_id=CONSENT,
    )
    return EntryType.REFERRAL, body


def check_of(*entries: tuple[EntryType, Body], name: str = "assurance") -> Check:
    run = new_run()
    run.report.origin = "red.example/entity/ong-a"
    for index, (kind, body) in enumerate(entries):
        run.entry(AuditedEntry(index, Leaf(kind, "0" * 32, START, DIGEST), body))
    run.finish()
    return run.report.check(name)


def codes(check: Check) -> list[str]:
    return [finding.code for finding in check.findings]


CONFIRMED, DECLINED = EntryType.CONSENT_CONFIRMED, EntryType.CONSENT_DECLINED


@pytest.mark.invariant(1)
def test_a_release_under_the_word_of_another_entity_is_found() -> None:
    check = check_of(policy(default_policy()), consent(), release())
    assert (codes(check), check.errors) == (["assurance_missing"], 1)


@pytest.mark.parametrize(
    "entries",
    [
        [policy(default_policy()), consent(Assurance.PERSON_CODE), release()],
        [policy(default_policy()), consent(), decision(CONFIRMED), release()],
        [policy(TRUSTING), policy(default_policy()), consent(Assurance.E_SIGNATURE), release()],
    ],
    ids=["a code", "a confirmation", "a signature"],
)
def test_what_the_policy_accepted_passes(entries: list[tuple[EntryType, Body]]) -> None:
    assert check_of(*entries).errors == 0


def test_the_policy_is_that_of_the_moment_of_the_release() -> None:
    before = check_of(policy(TRUSTING), consent(), release(), policy(default_policy()))
    assert (before.errors, codes(before)) == (0, ["policy_lowered"])
    after = check_of(policy(TRUSTING), consent(), policy(default_policy()), release())
    assert codes(after) == ["policy_lowered", "assurance_missing"]


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ([consent(Assurance.PERSON_CODE)], ["policy_missing"]),
        ([policy(default_policy(), sha256="0" * 64)], ["policy_differs"]),
        ([policy(default_policy()), consent(), decision(DECLINED), release()], ["assurance_missing"]),
        ([policy(default_policy()), consent(), decision(CONFIRMED, index=4)], ["confirmation_unfounded"]),
        ([policy(default_policy()), consent(form=None), decision(CONFIRMED)], ["confirmation_unfounded"]),
        ([decision(CONFIRMED)], ["confirmation_unfounded"]),
    ],
    ids=["no policy", "another text", "declined", "another version", "no form", "no consent"],
)
def test_a_ledger_that_contradicts_itself_is_found(entries: list[tuple[EntryType, Body]], found: list[str]) -> None:
    check = check_of(*entries)
    assert (codes(check), check.errors) == (found, 1)


def test_a_policy_below_the_floor_is_an_error_and_counts_for_the_default() -> None:
    text = default_policy().document.replace('"P3":["e_signature"', '"P3":["declared","e_signature"')
    body = PolicyChangedBody(policy=POLICY_CODE, new_sha256=DIGEST, document=text)
    check = check_of((EntryType.POLICY_CHANGED, body), consent(), release())
    assert codes(check) == ["policy_invalid", "policy_differs", "assurance_missing"]


def test_a_release_by_a_version_that_asked_for_no_proof_is_a_warning() -> None:
    check = check_of(consent(asked=False), release())
    assert (codes(check), check.errors) == (["released_before_policy"], 0)
    assert check_of(consent(asked=False), policy(default_policy()), release()).errors == 1


@pytest.mark.invariant(1)
@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ([policy(default_policy()), consent(), referral()], ["referral_without_consent"]),
        ([policy(default_policy()), consent(Assurance.PERSON_CODE), referral()], []),
        ([policy(TRUSTING), consent(), referral()], []),
        ([policy(default_policy()), consent(), decision(CONFIRMED), referral()], []),
        (
            [policy(default_policy()), consent(Assurance.PERSON_CODE), decision(DECLINED), referral()],
            ["referral_without_consent", "referral_after_decline"],
        ),
        (
            [policy(default_policy()), consent(Assurance.PERSON_CODE), referral(), decision(DECLINED)],
            ["referral_after_decline"],
        ),
        ([consent(asked=False), referral()], []),
    ],
    ids=["no proof", "a code", "trusted", "confirmed", "declined before", "declined after", "before any policy"],
)
def test_a_referral_too_takes_the_assurance_that_the_policy_asks_for(
    entries: list[tuple[EntryType, Body]], found: list[str]
) -> None:
    assert codes(check_of(*entries, name="referrals")) == found


def test_the_terminal_names_entities_as_the_consents_do() -> None:
    kind, body = consent()
    named = PartyDetail(id="town", name="Ayuntamiento de Prueba", kind="public")
    run = new_run()
    run.report.origin = "red.example/entity/ong-a"
    entries = [policy(default_policy()), (kind, body.model_copy(update={"parties": (named,)})), release()]
    for index, (each, content) in enumerate(entries):
        run.entry(AuditedEntry(index, Leaf(each, "0" * 32, START, DIGEST), content))
    run.finish()
    text = " ".join(run.report.text("es").split())
    assert "Se cedió a Ayuntamiento de Prueba sin la garantía exigida" in text
