"""Decide which fields of a record may leave. Deny unless a Cedar rule allows and nothing went wrong.

Two layers, each of which refuses alone (docs/decisions/0021-two-layers-of-access.md):

(1) The guard, per field and in Python, keeps from Cedar what it must never let out: fields that no live consent covers,
    fields that are never shared (P4, scope N), and words that the vocabulary lacks. This is the defence in depth of
    invariant 1: a rule that allowed too much would still open nothing without a consent.
(2) Cedar decides everything, the guard's conditions included, one decision for each group of fields of equal
    sensitivity and scope. Only Cedar can allow. A field leaves when the decision of its group is Allow with no
    evaluation error: Cedar skips a policy that errs, and goes on with the others.

The conditions about the asker, its role, the purpose and the way to the case stand in Cedar alone. After a refusal,
`policies.refusal_reasons` names the reason; it can neither allow nor refuse.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, Final, Protocol

import cedarpy

from policies.access_documents import POLICIES, SCHEMA, policy_sha256
from policies.access_request import AccessRequest
from policies.catalogue import Catalogue, FieldSpec, Scope, Sensitivity, load_catalogue
from policies.documents import read_text
from policies.errors import PolicyDocumentDamaged
from policies.reasons import ReasonCode
from policies.refusal_reasons import RefusalReasons
from policies.vocabulary import Vocabulary, load_vocabulary
from presentation.messages import _

__all__ = ["POLICIES", "SCHEMA", "AccessDecision", "AccessPolicy", "AccessRequest", "permitted"]

_REMEMBERED: Final = 1024
"""Decisions kept: a few hundred kinds of question come from a network's entities, roles and consents."""

_Groups = dict[tuple[Sensitivity, Scope], list[FieldSpec]]


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
    """The parts of a Cedar answer that are used."""

    @property
    def decision(self) -> cedarpy.Decision:
        """Allow, Deny, or no decision."""
        ...

    @property
    def diagnostics(self) -> cedarpy.Diagnostics:
        """The policies that decided, and those that failed."""
        ...


def permitted(result: CedarResult) -> bool:
    """Return whether a Cedar answer is a yes. Fails closed: an evaluation error is a refusal."""
    return result.decision == cedarpy.Decision.Allow and not result.diagnostics.errors


class AccessPolicy:
    """The network's access rules, parsed once and never changed, so that threads may share them."""

    def __init__(self, policies: str, schema: str, fields: Catalogue, words: Vocabulary, sha256: str) -> None:
        """Parse and validate the rules.

        Raises:
            PolicyDocumentDamaged: the rules do not parse, or do not validate against the schema.
        """
        self._catalogue = fields
        self._words = words
        self._reasons = RefusalReasons(words)
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
                _("la política de accesos no se puede leer"), remedy=_("reinstale RedPACT")
            ) from error
        if faults:
            raise PolicyDocumentDamaged(_("la política de accesos no cumple su esquema"), remedy=_("reinstale RedPACT"))

    @classmethod
    def load(cls) -> "AccessPolicy":
        """Return the bundled policy.

        Raises:
            PolicyDocumentDamaged: the installed documents are unreadable or do not validate.
        """
        return _bundled()

    def decide(self, request: AccessRequest) -> AccessDecision:
        """Decide each field of a request. A request that makes no sense is refused, never an error."""
        return self._remembered(replace(request, fields=tuple(dict.fromkeys(request.fields))))

    def _decide(self, request: AccessRequest) -> AccessDecision:
        groups, withheld = self._guard(request)
        allowed = self._ask(request, groups, withheld)
        if not allowed and (reason := self._reasons.of_asker(request)):
            # One reason for everything: an asker that may not ask learns nothing about consents.
            withheld = dict.fromkeys(request.fields, reason)
        return AccessDecision(MappingProxyType(allowed), MappingProxyType(withheld), self.sha256)

    def _guard(self, request: AccessRequest) -> tuple[_Groups, dict[str, ReasonCode]]:
        """Layer 1: return the fields that Cedar may be asked about, in groups, and the others with their reasons."""
        groups: _Groups = {}
        withheld: dict[str, ReasonCode] = {}
        for field in request.fields:
            if reason := self._set_aside(field, request):
                withheld[field] = reason
            else:
                spec = self._catalogue.field(field)
                groups.setdefault((spec.sensitivity, spec.scope), []).append(spec)
        return groups, withheld

    def _set_aside(self, field: str, request: AccessRequest) -> ReasonCode | None:
        """Return the reason why Cedar is not asked about a field."""
        if field not in self._catalogue:
            return ReasonCode.UNKNOWN_FIELD
        spec = self._catalogue.field(field)
        if spec.sensitivity is Sensitivity.P4:
            return ReasonCode.EXPLICIT_ACT_NEEDED
        if not spec.shareable:
            return ReasonCode.NOT_SHARED
        if unknown := self._reasons.of_unknown_word(request):
            return unknown
        # Cedar judges a group as a whole, so a field outside the purpose would take the others of its group with it.
        if spec.category not in self._words.purpose(request.purpose).categories:
            return ReasonCode.OUTSIDE_PURPOSE
        return None if field in request.consented_fields else ReasonCode.NOT_CONSENTED

    def _ask(
        self, request: AccessRequest, groups: _Groups, withheld: dict[str, ReasonCode]
    ) -> dict[str, tuple[str, ...]]:
        """Layer 2: put each group to Cedar; return what it allows and add the rest to `withheld`."""
        if not groups:
            return {}
        results = self.evaluate([self.cedar_request(request, specs) for specs in groups.values()])
        allowed: dict[str, tuple[str, ...]] = {}
        for specs, result in zip(groups.values(), results, strict=True):
            if permitted(result):
                rules = tuple(sorted(result.diagnostics.id_annotations_by_reason.values()))
                allowed.update(dict.fromkeys((spec.id for spec in specs), rules))
            else:
                failed = bool(result.diagnostics.errors)
                reason = ReasonCode.DECISION_FAILED if failed else self._reasons.of_group(request, specs[0])
                withheld.update(dict.fromkeys((spec.id for spec in specs), reason))
        return allowed

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
