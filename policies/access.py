"""Deciding which fields of a record may leave, with Cedar: deny unless a rule allows and nothing went wrong.

The caller says which fields live consents cover; this module adds what the law and the network's rules say of the
asker, role, purpose, field, and way to the case. Two parts, and only the second can say yes:

(1) fields that cannot leave whatever Cedar says (unknown, scope N, P4, not consented, not needed for the purpose) are
    set aside with their reason, and an asker who may not ask at all gets one reason for everything;
(2) the others are grouped by sensitivity and scope and put to Cedar, one decision a group; a field leaves when its
    group's decision is Allow with no evaluation error: Cedar skips a policy that errs, and goes on with the others.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, Final, Protocol

import cedarpy

from policies.access_documents import POLICIES, SCHEMA, policy_sha256
from policies.case_access import access_key
from policies.catalogue import Catalogue, FieldSpec, Scope, Sensitivity, load_catalogue
from policies.documents import read_text
from policies.errors import PolicyDocumentDamaged
from policies.reasons import ReasonCode
from policies.vocabulary import RecipientKind, Vocabulary, load_vocabulary
from presentation.messages import _

__all__ = ["POLICIES", "SCHEMA", "AccessDecision", "AccessPolicy", "AccessRequest", "permitted"]

_REMEMBERED: Final = 1024
"""Decisions kept: a few hundred kinds of question come from a network's entities, roles and consents."""

_RECEIVING_KINDS: Final = frozenset({RecipientKind.PUBLIC, RecipientKind.AGENT})


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """One question about one person's record.

    Attributes:
        asker_id: the asking entity, as its certificate names it.
        asker_kind: its kind in the directory: public, agent or collaborator.
        role: the capacity in which it says to ask.
        purpose: what for.
        holder_id: the entity that holds the record.
        fields: catalogue ids asked for.
        consented_fields: what live consents of the person cover for this asker and purpose, now.
        case_access: how the professional came to the case: ``team`` or ``opened``.
        opening_reason: why it was opened; None on the team.
    """

    asker_id: str
    asker_kind: str
    role: str
    purpose: str
    holder_id: str
    fields: Sequence[str]
    consented_fields: frozenset[str]
    case_access: str
    opening_reason: str | None = None

    @property
    def way(self) -> str:
        """The key of the way to the case."""
        return access_key(self.case_access, self.opening_reason)


@dataclass(frozen=True, slots=True)
class AccessDecision:
    """The answer: every field asked for is in exactly one of the two mappings.

    Attributes:
        allowed: field to the ids of the rules that allow it.
        withheld: field to the reason.
        policy_sha256: digest of the documents that decided.
    """

    allowed: Mapping[str, tuple[str, ...]]
    withheld: Mapping[str, ReasonCode]
    policy_sha256: str


class CedarResult(Protocol):
    """The part of a Cedar answer that counts."""

    @property
    def decision(self) -> cedarpy.Decision:
        """Allow, Deny, or no decision."""
        ...

    @property
    def diagnostics(self) -> cedarpy.Diagnostics:
        """Which policies decided, and which failed."""
        ...


def permitted(result: CedarResult) -> bool:
    """Tell whether a Cedar answer is a yes. Fails closed: an evaluation error is a refusal."""
    return result.decision == cedarpy.Decision.Allow and not result.diagnostics.errors


class AccessPolicy:
    """The network's access rules, parsed once. Safe to share between threads: nothing changes after construction."""

    def __init__(self, policies: str, schema: str, fields: Catalogue, words: Vocabulary, sha256: str) -> None:
        """Parse and validate the rules.

        Raises:
            PolicyDocumentDamaged: the rules do not parse, or do not validate against the schema.
        """
        self._catalogue = fields
        self._words = words
        self._roles = {role.id: role for role in words.roles}
        self._purposes = {purpose.id: purpose for purpose in words.purposes}
        self._ways = words.case_access.ways
        self._members = _members(fields.fields)
        self.sha256 = sha256
        # A decision follows from the request and these documents alone, so the same question has the same answer.
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._decide)
        try:
            self._schema = cedarpy.Schema.from_str(schema)
            self._policies = cedarpy.PolicySet.from_str(policies)
            faults = cedarpy.validate_policies(policies, self._schema).errors
            self._entities = cedarpy.Entities.from_json_str(_entities_json(words), self._schema)
        except ValueError as error:
            raise PolicyDocumentDamaged(
                _("política de accesos: {error}", error=str(error)), remedy=_("reinstale RedPACT")
            ) from error
        if faults:
            raise PolicyDocumentDamaged(
                _("política de accesos: {error}", error=faults[0].error), remedy=_("reinstale RedPACT")
            )

    @classmethod
    def load(cls) -> "AccessPolicy":
        """Return the bundled policy.

        Raises:
            PolicyDocumentDamaged: the installed documents are unreadable or do not validate.
        """
        return _bundled()

    def decide(self, request: AccessRequest) -> AccessDecision:
        """Decide each field of a request. Never raises for what a peer may put in it: the answer is then no."""
        return self._remembered(replace(request, fields=tuple(dict.fromkeys(request.fields))))

    def _decide(self, request: AccessRequest) -> AccessDecision:
        fields = request.fields
        if barred := self._barred(request):
            return AccessDecision({}, MappingProxyType(dict.fromkeys(fields, barred)), self.sha256)
        withheld: dict[str, ReasonCode] = {}
        groups: dict[tuple[Sensitivity, Scope], list[FieldSpec]] = {}
        for field in fields:
            if reason := self._set_aside(field, request):
                withheld[field] = reason
            else:
                spec = self._catalogue.field(field)
                groups.setdefault((spec.sensitivity, spec.scope), []).append(spec)
        allowed = self._ask(request, groups, withheld)
        return AccessDecision(MappingProxyType(allowed), MappingProxyType(withheld), self.sha256)

    def _barred(self, request: AccessRequest) -> ReasonCode | None:
        """Return why the asker may not ask at all, whatever the field."""
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

    def _set_aside(self, field: str, request: AccessRequest) -> ReasonCode | None:
        """Return why a field cannot leave whatever Cedar says."""
        if field not in self._catalogue:
            return ReasonCode.UNKNOWN_FIELD
        spec = self._catalogue.field(field)
        if spec.sensitivity is Sensitivity.P4:
            return ReasonCode.EXPLICIT_ACT_NEEDED
        if not spec.shareable:
            return ReasonCode.NOT_SHARED
        if spec.category not in self._purposes[request.purpose].categories:
            return ReasonCode.OUTSIDE_PURPOSE
        return None if field in request.consented_fields else ReasonCode.NOT_CONSENTED

    def _ask(
        self,
        request: AccessRequest,
        groups: Mapping[tuple[Sensitivity, Scope], Sequence[FieldSpec]],
        withheld: dict[str, ReasonCode],
    ) -> dict[str, tuple[str, ...]]:
        """Put each group to Cedar; return what it allows and add the rest to `withheld`."""
        if not groups:
            return {}
        results = self.evaluate([self.cedar_request(request, specs) for specs in groups.values()])
        allowed: dict[str, tuple[str, ...]] = {}
        for specs, result in zip(groups.values(), results, strict=True):
            if permitted(result):
                rules = tuple(sorted(result.diagnostics.id_annotations_by_reason.values()))
                allowed.update(dict.fromkeys((spec.id for spec in specs), rules))
            else:
                reason = ReasonCode.DECISION_FAILED if result.diagnostics.errors else self._beyond(request, specs[0])
                withheld.update(dict.fromkeys((spec.id for spec in specs), reason))
        return allowed

    def _beyond(self, request: AccessRequest, spec: FieldSpec) -> ReasonCode:
        """Return why Cedar said no: after `_barred` and `_set_aside`, a clearance is all that is left."""
        if spec.sensitivity.level > self._roles[request.role].clearance:
            return ReasonCode.ROLE_NOT_ALLOWED
        if spec.sensitivity.level > self._ways[request.way].clearance:
            return ReasonCode.CASE_ACCESS_NOT_ALLOWED
        return ReasonCode.DECISION_FAILED

    def cedar_request(self, request: AccessRequest, specs: Iterable[FieldSpec]) -> dict[str, Any]:
        """Return the Cedar request about fields of one sensitivity and scope.

        Args:
            request: the question.
            specs: at least one field; all of the same sensitivity and scope.
        """
        group = tuple(specs)
        kind = _group_id(group[0])
        # Consents to fields of other groups cannot matter here, and each text costs Cedar some 5 µs to take in.
        consented = request.consented_fields & self._members[kind]
        return {
            "principal": _uid("Role", request.role),
            "action": _uid("Action", "read"),
            "resource": _uid("FieldGroup", kind),
            "context": {
                "asker": request.asker_id,
                "asker_kind": str(request.asker_kind),
                "holder": request.holder_id,
                "purpose": {"__entity": _uid("Purpose", request.purpose)},
                "case_access": {"__entity": _uid("CaseAccess", request.way)},
                "fields": [spec.id for spec in group],
                "categories": sorted({spec.category for spec in group}),
                "consented": sorted(consented),
            },
        }

    def evaluate(self, requests: Sequence[Mapping[str, Any]]) -> list[cedarpy.AuthzResult]:
        """Put raw Cedar requests to the rules, with the schema; see `permitted` for reading the answers."""
        return cedarpy.is_authorized_batch(
            [dict(each) for each in requests], self._policies, self._entities, self._schema
        )


def _group_id(spec: FieldSpec) -> str:
    return f"{spec.sensitivity}-{spec.scope}"


def _uid(kind: str, entity_id: str) -> dict[str, str]:
    return {"type": kind, "id": entity_id}


def _members(fields: Iterable[FieldSpec]) -> Mapping[str, frozenset[str]]:
    """Return the ids of the fields of each sensitivity and scope."""
    members: dict[str, set[str]] = {}
    for spec in fields:
        members.setdefault(_group_id(spec), set()).add(spec.id)
    return {group: frozenset(ids) for group, ids in members.items()}


def _entities_json(words: Vocabulary) -> str:
    ways = [_entity("CaseAccess", key, clearance=way.clearance) for key, way in words.case_access.ways.items()]
    return json.dumps([*_role_entities(words), *_purpose_entities(words), *_group_entities(), *ways])


def _role_entities(words: Vocabulary) -> list[dict[str, Any]]:
    return [
        _entity(
            "Role",
            role.id,
            clearance=role.clearance,
            kinds=sorted(role.kinds),
            purposes=[{"__entity": _uid("Purpose", purpose)} for purpose in sorted(role.purposes)],
        )
        for role in words.roles
    ]


def _purpose_entities(words: Vocabulary) -> list[dict[str, Any]]:
    return [
        _entity(
            "Purpose",
            purpose.id,
            exchange=purpose.exchange,
            recipients=sorted(purpose.lawful_bases),
            categories=sorted(purpose.categories),
        )
        for purpose in words.purposes
    ]


def _group_entities() -> list[dict[str, Any]]:
    return [
        _entity("FieldGroup", f"{sensitivity}-{scope}", sensitivity=sensitivity.level, scope=str(scope))
        for sensitivity in Sensitivity
        for scope in Scope
    ]


def _entity(kind: str, entity_id: str, **attributes: object) -> dict[str, Any]:
    return {"uid": _uid(kind, entity_id), "attrs": attributes, "parents": []}


@cache
def _bundled() -> AccessPolicy:
    return AccessPolicy(read_text(POLICIES), read_text(SCHEMA), load_catalogue(), load_vocabulary(), policy_sha256())
