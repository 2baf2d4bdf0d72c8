"""Requests to the access policy, and the bundled documents that it decides by."""

from dataclasses import replace

from policies.access import SCHEMA, AccessPolicy
from policies.access_request import AccessRequest
from policies.catalogue import load_catalogue
from policies.documents import read_text
from policies.vocabulary import load_vocabulary

CATALOGUE = load_catalogue()
WORDS = load_vocabulary()
POLICY = AccessPolicy.load()
EVERY_FIELD = tuple(spec.id for spec in CATALOGUE.fields)
OPENINGS = [reason.id for reason in WORDS.case_access.reasons]
ONE_OF_EACH_RULE = {
    "minimum-summary": "person.birth_year",
    "named-consent": "housing.tenure",
    "special-category": "health.disability_degree",
}


def a_request(**changes: object) -> AccessRequest:
    """Return a request that the policy allows, with some values changed."""
    request = AccessRequest(
        asker_id="cruz-roja-demo",
        asker_kind="agent",
        role="entity_technician",
        purpose="casework",
        holder_id="diputacion-demo",
        fields=EVERY_FIELD,
        consented_fields=frozenset(EVERY_FIELD),
        case_access="team",
    )
    return replace(request, **changes)  # type: ignore[arg-type]  # test builder: the names are those of the dataclass


def policy_from(policies: str, schema: str | None = None) -> AccessPolicy:
    """Return the policy of other rules, over the bundled documents."""
    return AccessPolicy(policies, schema or read_text(SCHEMA), CATALOGUE, WORDS, "0" * 64)
