"""Who has a part in a consent: where it was given, who shares under it, who may receive."""

from consent_ledger.log.bodies import ConsentBody


def origin_of(record: ConsentBody) -> str:
    """Return the entity where the person gave it."""
    return record.origin.entity if record.origin else record.controller


def parties_of(record: ConsentBody) -> frozenset[str]:
    """Return every entity that has a part in it."""
    return frozenset((origin_of(record), record.controller, *record.holders, *record.recipients))
