"""The parties of a consent: the entity where it was given, its holders and its recipients."""

from consent_ledger.log.bodies import ConsentBody


def origin_of(record: ConsentBody) -> str:
    """Return the entity where the person gave a consent."""
    return record.origin.entity if record.origin else record.controller


def parties_of(record: ConsentBody) -> frozenset[str]:
    """Return the parties of a consent."""
    return frozenset((origin_of(record), record.controller, *record.holders, *record.recipients))
