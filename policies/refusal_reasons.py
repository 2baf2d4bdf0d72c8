"""Name the reason of a refusal that the access policy has already decided. Nothing here can allow or refuse."""

from policies.access_request import AccessRequest
from policies.fields import FieldSpec
from policies.reasons import ReasonCode
from policies.vocabulary import RecipientKind, Vocabulary

_RECEIVING_KINDS = frozenset({RecipientKind.PUBLIC, RecipientKind.AGENT})


class RefusalReasons:
    """The reasons of refusals under one vocabulary."""

    def __init__(self, words: Vocabulary) -> None:
        self._roles = {role.id: role for role in words.roles}
        self._purposes = {purpose.id: purpose for purpose in words.purposes}
        self._ways = words.case_access.ways

    def of_unknown_word(self, request: AccessRequest) -> ReasonCode | None:
        """Return the reason when the role, the purpose or the way to the case is not in the vocabulary."""
        if request.role not in self._roles:
            return ReasonCode.ROLE_NOT_ALLOWED
        if request.purpose not in self._purposes:
            return ReasonCode.PURPOSE_NOT_ALLOWED
        return None if request.way in self._ways else ReasonCode.CASE_ACCESS_NOT_ALLOWED

    def of_asker(self, request: AccessRequest) -> ReasonCode | None:
        """Return the reason why the asker may not ask for any field; None when it may."""
        if request.asker_kind not in _RECEIVING_KINDS or request.asker_id == request.holder_id:
            return ReasonCode.RECIPIENT_NOT_ALLOWED
        role, purpose = self._roles.get(request.role), self._purposes.get(request.purpose)
        if role is None or not role.sees_records or request.asker_kind not in role.kinds:
            return ReasonCode.ROLE_NOT_ALLOWED
        if purpose is None or not purpose.exchange or request.asker_kind not in purpose.lawful_bases:
            return ReasonCode.PURPOSE_NOT_ALLOWED
        if purpose.id not in role.purposes:
            return ReasonCode.ROLE_NOT_ALLOWED
        return None if request.way in self._ways else ReasonCode.CASE_ACCESS_NOT_ALLOWED

    def of_group(self, request: AccessRequest, spec: FieldSpec) -> ReasonCode:
        """Return the reason why Cedar refused a group of fields, for an asker that may ask: a clearance, or a fault."""
        if spec.sensitivity.level > self._roles[request.role].clearance:
            return ReasonCode.ROLE_NOT_ALLOWED
        if spec.sensitivity.level > self._ways[request.way].clearance:
            return ReasonCode.CASE_ACCESS_NOT_ALLOWED
        return ReasonCode.DECISION_FAILED
