"""A consent that lost something reads «reducido»: the ledger's one type for a change does not say which it was."""

from node.consents.consents import RenewalInput, ScopeInput
from node.consents.in_force import consents_in_force
from node.consents.latest_change import Change, latest_changes
from node.consents.report import consent_document, consent_text, consents_text
from node.context import NodeContext
from tests.support.clock import FrozenClock
from tests.support.parts import consents_of, grant

FIELDS = ["person.birth_year", "household.size"]


def narrowed(context: NodeContext) -> str:
    consent = grant(context, "ngo", fields=FIELDS)
    consents_of(context).narrow(consent, ScopeInput(fields=FIELDS[:1]))
    return consent


def changes(context: NodeContext) -> list[Change]:
    return list(latest_changes(context, consents_of(context).list()).values())


def shown(context: NodeContext, lang: str) -> str:
    consents = consents_in_force(context)
    found = latest_changes(context, [each.view for each in consents])
    assert consents_text(consents, changes=found, lang=lang)
    return consent_text(consents[0], changes=found, lang=lang)


def test_a_narrowed_consent_is_not_called_renewed(context: NodeContext) -> None:
    narrowed(context)
    assert changes(context) == [Change.NARROWED]
    assert "Estado: reducido" in shown(context, "es")
    assert "narrowed" in shown(context, "en")


def test_a_renewed_consent_is(context: NodeContext, clock: FrozenClock) -> None:
    consent = grant(context, "ngo", fields=FIELDS)
    clock.advance(days=1)
    consents_of(context).renew(RenewalInput(consent, 365))
    assert changes(context) == [Change.RENEWED]
    assert "Estado: renovado" in shown(context, "es")


def test_both_are_said(context: NodeContext, clock: FrozenClock) -> None:
    consent = narrowed(context)
    clock.advance(days=1)
    consents_of(context).renew(RenewalInput(consent, 365))
    assert changes(context) == [Change.RENEWED_AND_NARROWED]
    assert "renovado y reducido" in shown(context, "es")


def test_only_renewed_consents_are_looked_up_and_programs_read_the_same_state(context: NodeContext) -> None:
    grant(context, "ngo", fields=FIELDS)
    assert changes(context) == []
    narrowed(context)
    assert [consent_document(each)["state"] for each in consents_in_force(context)] == ["given", "renewed"]
