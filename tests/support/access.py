"""The bundled access policy, and a request that it allows as far as it goes."""

from dataclasses import replace

from policies.access import AccessPolicy, AccessRequest
from policies.catalogue import load_catalogue
from policies.vocabulary import load_vocabulary

CATALOGUE = load_catalogue()
WORDS = load_vocabulary()
POLICY = AccessPolicy.load()
EVERY_FIELD = tuple(spec.id for spec in CATALOGUE.fields)
OPENINGS = [reason.id for reason in WORDS.case_access.reasons]


def a_request(**changes: object) -> AccessRequest:
    """Return a request of the team for every field, all of them consented, with something changed."""
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
