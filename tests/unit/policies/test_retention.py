import pytest

from consent_ledger.log.bodies import BODY_MODELS
from consent_ledger.log.entry import EntryType
from policies.errors import PolicyDocumentDamaged, UnknownTerm
from policies.retention import Retention, load_retention


def test_every_entry_that_may_tell_of_a_person_has_a_rule_and_the_others_are_kept() -> None:
    retention = load_retention()
    personal = {kind for kind, body in BODY_MODELS.items() if {"person_ref", "consent_id"} & body.model_fields.keys()}
    assert {kind for kind in EntryType if retention.rule_of(kind.value)} == personal


def test_a_basis_has_a_name_in_both_languages_and_an_unknown_one_stands_for_itself() -> None:
    retention = load_retention()
    assert "retira" in retention.basis("eu-gdpr:A17-1-b").label("es")
    assert retention.basis_label("gdpr-17", "en") == "gdpr-17"
    with pytest.raises(UnknownTerm):
        retention.basis("because")


def test_a_schedule_that_contradicts_itself_is_refused() -> None:
    retention = load_retention()
    with pytest.raises(PolicyDocumentDamaged, match="two rules"):
        Retention(retention.bases, (*retention.rules, retention.rules[0]))
    with pytest.raises(PolicyDocumentDamaged, match="no basis"):
        Retention((), retention.rules)
