"""Every way to spoil a bundle is refused, by its own numbered check."""

import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typing_extensions import override

from federated.bundle.archive import pack_bundle, write_bundle
from federated.bundle.contents import SIGNED_SUMS_FILE, SUMS_FILE
from federated.bundle.errors import BundleUnusable
from federated.bundle.verification import same_document, verify_bundle
from federated.bundle.verification_report import QUESTIONS, BundleReport
from federated.campaign.manifest import manifest_sha256
from federated.coordination.transcript import RoundRecord, Transcript
from federated.release.model_release import seal_release
from tests.support import campaigns
from tests.support.bundles import (
    EXPIRES,
    MANIFEST,
    Reader,
    contents,
    facts,
    release,
    rewritten,
    run,
)
from trust import canonical
from trust.signing import Ed25519Signer

KEY = campaigns.COORDINATOR.public_key
OTHER = Ed25519Signer.generate()


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    write_bundle(tmp_path / "bundle", contents(), campaigns.COORDINATOR)
    return tmp_path / "bundle"


def verified(folder: Path, **changes: Any) -> BundleReport:
    return verify_bundle(folder, Reader(**changes), coordinator_key=KEY, now=EXPIRES - timedelta(days=1))


def of(records: tuple[RoundRecord, ...]) -> Transcript:
    """Return a transcript of records as they are, numbered anew."""
    found = Transcript.start(manifest_sha256(MANIFEST))
    for number, record in enumerate(records, start=1):
        found = found.append(replace(record, round=number))
    return found


def test_a_good_bundle_passes_every_check(bundle: Path) -> None:
    report = verified(bundle)
    assert report.failed == ()
    assert report.passed
    assert [check.number for check in report.checks] == list(range(1, len(QUESTIONS) + 1))
    assert report.epsilon == pytest.approx(2.0, rel=0.01)
    assert report.document()["not_made"] == []
    assert report.text("es").startswith("VERIFICADO")


@pytest.mark.parametrize(
    "name",
    ["manifest.json", "release.json", "transcript.jsonl", "epsilon.json", "metrics.json", "plots/calibration.svg"],
)
def test_a_changed_file_is_found(bundle: Path, name: str) -> None:
    data = bytearray((bundle / name).read_bytes())
    data[len(data) // 2] ^= 1
    (bundle / name).write_bytes(data)
    assert 2 in verified(bundle).failed


@pytest.mark.parametrize("name", [SUMS_FILE, SIGNED_SUMS_FILE])
def test_a_flipped_bit_anywhere_in_the_signed_list_matters(bundle: Path, name: str) -> None:
    good = (bundle / name).read_bytes()
    for place in range(0, len(good), 7):
        for flip in (0x01, 0x20, 0x80):
            data = bytearray(good)
            data[place] ^= flip
            (bundle / name).write_bytes(data)
            assert not verify_bundle(bundle, _Nothing(), coordinator_key=KEY).passed
            assert 1 in verify_bundle(bundle, _Nothing(), coordinator_key=KEY).failed


class _Nothing(Reader):
    @override
    def open(self, *_: object) -> Any:
        raise BundleUnusable("not looked at")


def test_another_key_is_refused(bundle: Path) -> None:
    assert verify_bundle(bundle, Reader(), coordinator_key=OTHER.public_key).failed == (1, 3)
    rewritten(bundle, {}, OTHER)
    assert verified(bundle).failed == (1,)


def test_the_key_in_the_folder_is_only_a_hint(bundle: Path) -> None:
    report = verify_bundle(bundle, Reader())
    assert report.passed
    assert report.own_key
    (bundle / "coordinator-key.txt").write_text("no key")
    with pytest.raises(BundleUnusable):
        verify_bundle(bundle, Reader())
    assert verify_bundle(bundle, Reader(), coordinator_key=KEY).failed == (2,)


def test_a_missing_and_an_added_file_are_found(bundle: Path) -> None:
    (bundle / "plots/calibration.svg").unlink()
    (bundle / "extra.txt").write_text("x")
    check = verified(bundle).checks[1]
    assert {finding.code for finding in check.findings} == {"file_missing", "file_added"}


@pytest.mark.parametrize("name", ["manifest.json", "release.json", "transcript.jsonl", "epsilon.json", "metrics.json"])
def test_a_missing_document_ends_in_a_report(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    assert not verified(bundle).passed


def test_documents_of_another_signer_or_campaign_are_refused(bundle: Path) -> None:
    rewritten(bundle, {"release.json": seal_release(release(), OTHER).to_json()})
    assert verified(bundle).failed == (3,)
    rewritten(bundle, {"release.json": seal_release(release(), campaigns.COORDINATOR).to_json()})
    assert verified(bundle).passed
    rewritten(bundle, {"manifest.json": campaigns.sealed(campaigns.manifest(name="Another")).to_json()})
    assert verified(bundle).failed == (3,)


def test_another_purpose_is_refused(bundle: Path) -> None:
    assert verified(bundle, purpose="sanction").failed == (4,)


RECORDS = run().records
SPOILED: dict[str, Callable[[], Transcript]] = {
    "a round dropped": lambda: of((*RECORDS[:1], *RECORDS[2:])),
    "the last round dropped": lambda: of(RECORDS[:-1]),
    "a round repeated": lambda: of((*RECORDS, RECORDS[-1])),
    "a total exchanged": lambda: of((replace(RECORDS[0], total=RECORDS[1].total), *RECORDS[1:])),
    "two rounds exchanged": lambda: of((RECORDS[1], RECORDS[0], *RECORDS[2:])),
    "a contributor added": lambda: of((replace(RECORDS[0], contributors=("avila", "leon")), *RECORDS[1:])),
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED.keys())
def test_a_transcript_that_the_release_does_not_name_is_refused(bundle: Path, spoil: Callable[[], Transcript]) -> None:
    rewritten(bundle, {"transcript.jsonl": spoil().to_jsonl()})
    assert 5 in verified(bundle).failed


def signed_over(bundle: Path, transcript: Transcript) -> None:
    """Put a transcript in the bundle that the release does name: a coordinator that lies about its own campaign."""
    shutil.rmtree(bundle)
    write_bundle(bundle, contents(transcript), campaigns.COORDINATOR)


def test_fewer_rounds_than_agreed_are_refused(bundle: Path) -> None:
    signed_over(bundle, SPOILED["the last round dropped"]())
    assert {6, 10} <= set(verified(bundle).failed)


def test_a_stage_that_was_not_agreed_is_refused(bundle: Path) -> None:
    signed_over(bundle, of((*RECORDS[:-1], replace(RECORDS[-1], stage="peek"))))
    assert verified(bundle).failed == (6, 10)


@pytest.mark.parametrize("contributors", [("avila",), ("avila", "leon", "soria", "stranger")])
def test_a_round_with_too_few_entities_or_a_stranger_is_refused(bundle: Path, contributors: tuple[str, ...]) -> None:
    signed_over(bundle, of((replace(RECORDS[0], contributors=contributors), *RECORDS[1:])))
    assert 7 in verified(bundle).failed


def test_noise_split_over_too_many_is_refused(bundle: Path) -> None:
    rewritten(bundle, {"epsilon.json": canonical.encode(_proof(noise_shares=4))})
    assert verified(bundle, noise_shares=4).failed == (8,)


def _proof(**changes: Any) -> dict[str, Any]:
    from federated.bundle.epsilon_proof import epsilon_proof

    return epsilon_proof(facts(**changes))


@pytest.mark.invariant(7)
def test_a_claim_below_what_the_rounds_cost_is_refused(bundle: Path) -> None:
    rewritten(bundle, {"epsilon.json": canonical.encode(_proof(epsilon=1.9))})
    assert verified(bundle, epsilon=1.9).failed == (9,)


def test_less_noise_than_the_claim_needs_is_refused(bundle: Path) -> None:
    stages = tuple(replace(each, noise_multiplier=each.noise_multiplier * 0.9) for each in facts().stages)
    rewritten(bundle, {"epsilon.json": canonical.encode(_proof(stages=stages))})
    assert verified(bundle, stages=stages).failed == (9,)


@pytest.mark.parametrize("group", ["weighted", "unweighted", "colluding"])
def test_an_epsilon_made_smaller_in_the_proof_is_found(bundle: Path, group: str) -> None:
    proof = _proof()
    proof["epsilon"][group]["1"] *= 0.99
    rewritten(bundle, {"epsilon.json": canonical.encode(proof)})
    assert verified(bundle).failed == (9,)


def test_a_model_that_the_rounds_do_not_give_is_refused(bundle: Path) -> None:
    model = release().model.model_dump()
    model["intercept"] *= 1.0 + 1e-6
    rewritten(bundle, {"release.json": seal_release(release(model=model), campaigns.COORDINATOR).to_json()})
    assert verified(bundle).failed == (10,)


def test_rounds_asked_at_other_parameters_are_refused(bundle: Path) -> None:
    signed_over(bundle, of((RECORDS[0], replace(RECORDS[1], parameters_sha256="00" * 32), *RECORDS[2:])))
    assert verified(bundle).failed == (10,)


def test_a_sum_of_another_shape_is_refused(bundle: Path) -> None:
    signed_over(bundle, of((replace(RECORDS[0], total=(1, 2)), *RECORDS[1:])))
    assert verified(bundle).failed == (10,)


def test_nicer_figures_than_the_signed_ones_are_refused(bundle: Path) -> None:
    rewritten(bundle, {"metrics.json": canonical.encode({**facts().metrics, "capacity": 0.99})})
    assert verified(bundle).failed == (11,)


def test_an_expired_model_is_refused(bundle: Path) -> None:
    report = verify_bundle(bundle, Reader(), coordinator_key=KEY, now=EXPIRES)
    assert report.failed == (12,)
    assert report.text("en").startswith("NOT VERIFIED")


def test_a_folder_of_something_else_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(BundleUnusable):
        verify_bundle(tmp_path, Reader())


@pytest.mark.parametrize("name", ["manifest.json", "SHA256SUMS", "../escape", "/etc/x", "a/b/c", ".hidden", "a b"])
def test_a_page_may_not_take_another_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(BundleUnusable):
        write_bundle(tmp_path / "out", contents(pages={name: b""}), campaigns.COORDINATOR)
    assert not (tmp_path / "out").exists()


def test_the_zip_is_the_same_whenever_it_is_made(bundle: Path, tmp_path: Path) -> None:
    pack_bundle(bundle, tmp_path / "one.zip")
    pack_bundle(bundle, tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        archive.extractall(tmp_path / "again")
    assert verified(tmp_path / "again").passed
    with pytest.raises(BundleUnusable):
        pack_bundle(bundle, tmp_path / "one.zip")


def test_documents_are_compared_as_json() -> None:
    assert same_document({"a": [1, 2.0, None, True]}, {"a": (1.0, 2, None, True)})
    assert not same_document({"a": True}, {"a": 1})
    assert not same_document({"a": 1.0}, {"a": 1.0 + 1e-6})
    assert not same_document([1], [1, 2])


def test_the_pages_of_a_card_fit_in_a_bundle(tmp_path: Path) -> None:
    from federated.card.pages import pages_of
    from tests.support.cards import sample

    write_bundle(tmp_path / "whole", contents(pages=pages_of(sample())), campaigns.COORDINATOR)
    report = verified(tmp_path / "whole")
    assert report.passed
    assert report.checks[1].examined > 20


NAMES = (
    "manifest.json",
    "release.json",
    "transcript.jsonl",
    "epsilon.json",
    "metrics.json",
    SUMS_FILE,
    SIGNED_SUMS_FILE,
)


@pytest.mark.invariant(8)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(NAMES), place=st.integers(0, 10**6), piece=st.binary(max_size=12))
def test_untrusted_bytes_end_in_a_report_or_in_our_own_error(bundle: Path, name: str, place: int, piece: bytes) -> None:
    good = (bundle / name).read_bytes()
    at = place % len(good)
    spoiled = good[:at] + piece + good[at + len(piece) // 2 :]
    try:
        (bundle / name).write_bytes(spoiled)
        assert spoiled == good or not verified(bundle).passed
        if name not in {SUMS_FILE, SIGNED_SUMS_FILE}:  # and when the list of hashes is signed over it
            rewritten(bundle, {name: spoiled})
            assert {1, 2}.isdisjoint(verified(bundle).failed)
    finally:
        (bundle / name).write_bytes(good)
        rewritten(bundle, {})


def test_an_envelope_in_another_form_is_refused(bundle: Path) -> None:
    envelope = seal_release(release(), campaigns.COORDINATOR)
    rewritten(bundle, {"release.json": replace(envelope, key_id="0" * 16).to_json()})
    assert verified(bundle).failed == (3,)
    rewritten(bundle, {"release.json": envelope.to_json() + b" "})
    assert verified(bundle).failed == (3,)
