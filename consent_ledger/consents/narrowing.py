"""A consent with a smaller scope."""

from consent_ledger.consents.model import ConsentScope
from consent_ledger.errors import ConsentInvalid
from consent_ledger.log.bodies import ConsentBody
from presentation.messages import _


def narrowed(record: ConsentBody, scope: ConsentScope) -> ConsentBody:
    """Return the record with the smaller scope, in the order of the larger one.

    Raises:
        ConsentInvalid: the scope holds something that the consent does not, or nothing would be taken out.
    """
    changed: dict[str, object] = {}
    for name, wanted in scope.model_dump(exclude_none=True).items():
        held = getattr(record, name)
        if surplus := set(wanted) - set(held):
            raise ConsentInvalid(
                _("{surplus} no está en el consentimiento", surplus=min(surplus)),
                remedy=_("para ampliarlo hace falta un consentimiento nuevo"),
            )
        changed[name] = tuple(item for item in held if item in wanted)
    if all(getattr(record, name) == value for name, value in changed.items()):
        raise ConsentInvalid(_("el consentimiento no quedaría más limitado"), remedy=_("quite algo del consentimiento"))
    changed["special_fields"] = tuple(
        item
        for item in record.special_fields
        if item in changed.get("fields", record.fields)  # type: ignore[operator]  # a tuple, as all scopes are
    )
    kept = changed.get("purposes", record.purposes)
    if record.purpose_types:
        pairs = zip(record.purposes, record.purpose_types, strict=True)
        changed["purpose_types"] = tuple(kind for purpose, kind in pairs if purpose in kept)  # type: ignore[operator]  # as above
    return record.model_copy(update=changed)
