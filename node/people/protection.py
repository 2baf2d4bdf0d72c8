"""The fields that are sealed at rest: identity, contact, free text, and the sensitive ones (P3, P4)."""

from functools import cache
from typing import Final

from node.people.model import LOCAL_FIELDS
from policies.catalogue import FieldSpec, FieldType, Sensitivity, load_catalogue

_SEALED_CATEGORIES: Final = frozenset({"id", "contact"})
_SEALED_SENSITIVITIES: Final = frozenset({Sensitivity.P3, Sensitivity.P4})


def needs_sealing(spec: FieldSpec) -> bool:
    """Return whether values of a catalogue field are stored sealed."""
    return (
        spec.category in _SEALED_CATEGORIES or spec.sensitivity in _SEALED_SENSITIVITIES or spec.type is FieldType.TEXT
    )


@cache
def sealed_fields() -> frozenset[str]:
    """Return the ids of every sealed field, the node's own ones included."""
    return LOCAL_FIELDS | {spec.id for spec in load_catalogue().fields if needs_sealing(spec)}
