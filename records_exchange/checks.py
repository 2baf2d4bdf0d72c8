"""The checks of a holder before a field leaves, in order. Pure: no database, clock or socket.

(1) the caller's certificate names an entity that the unexpired directory lists as active;
(2) the request is signed by that entity's key, in that entity's own name, and is addressed to this holder;
(3) it is fresh: issued not ahead of our clock, not expired, and short-lived;
(4) it was not seen before;
(5) its subject is the pseudonym of a person known here;
(6) live consents of that person cover purpose and recipient now, and give the fields they cover;
(7) the access policy allows the role this purpose and these fields, the case being the professional's or opened for a
    reason that may see them (Cedar: an Allow, and no error);
(8) only fields that passed (6) and (7) are read from the record; no shareable field holds free text; and nothing
    leaves while it is in doubt that asker and holder speak of the same person (`records_exchange.identity_check`);
(9) the release or refusal is in the ledger, durably, before the reply leaves.

`open_request` makes (1) to (3) and raises: an impostor's or an old request writes nothing. `decide` makes the decision
of (6) and (7) and never raises. `node.fetch.answering` makes (4), (5), (8) and (9), which need the database, in one
transaction.

An unknown person (5), a person without consents (6) and one who withdrew (6) all reach `decide` as "no live consent",
so that the refusals cannot differ.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from policies.access import AccessDecision, AccessRequest
from policies.reasons import ReasonCode
from presentation.messages import _
from records_exchange.errors import RequestMisaddressed, RequestOutdated, RequestStale
from records_exchange.request import (
    OUTDATED_REQUEST_TYPE,
    REQUEST_LIFETIME,
    REQUEST_TYPE,
    FetchRequest,
    parse_request,
    payload_digest,
)
from trust import signing
from trust.directory import Directory
from trust.parties import Party

MAX_CLOCK_SKEW: Final = timedelta(seconds=60)
"""Largest lead of a peer's clock over ours."""

_CLOCK_REMEDY: Final = _("compruebe el reloj de este equipo y repita la consulta")


@dataclass(frozen=True, slots=True)
class VerifiedRequest:
    """A request that passed (1)-(3)."""

    request: FetchRequest
    sha256: str
    asker: Party

    @property
    def forget_at(self) -> datetime:
        """The time from which (3) alone refuses it, so that (4) may forget it."""
        return self.request.expires + MAX_CLOCK_SKEW


class Consented(Protocol):
    """The parts of a live consent that `decide` needs."""

    @property
    def consent_id(self) -> str:
        """The consent record's id."""
        ...

    @property
    def fields(self) -> Iterable[str]:
        """The catalogue fields it covers."""
        ...


class DecidesAccess(Protocol):
    """The access policy; `policies.access.AccessPolicy` is the one in production."""

    def decide(self, request: AccessRequest) -> AccessDecision:
        """Decide each field of a request."""
        ...


@dataclass(frozen=True, slots=True)
class Decision:
    """Outcome of (6) and (7): which fields may leave, under which consents and policy."""

    allowed: tuple[str, ...]
    withheld: Mapping[str, ReasonCode]
    consent_ids: tuple[str, ...]
    policy_sha256: str
    refusal: ReasonCode | None


def open_request(
    envelope: signing.Envelope, *, caller: str, holder: str, directory: Directory, now: datetime
) -> VerifiedRequest:
    """Verify a request by checks (1) to (3).

    Args:
        envelope: the bytes received.
        caller: the entity id of the caller's certificate.
        holder: our entity id.
        directory: a directory verified under the pinned key.
        now: the present time, UTC.

    Raises:
        DirectoryExpired, UnknownParty, PartySuspended: (1).
        RequestOutdated, SignatureInvalid, RequestMalformed, RequestMisaddressed: (2).
        RequestStale: (3).
        IdentityCheckUnknown: check values of the person that this version cannot compare.
    """
    # (1) the caller is an active entity
    directory.require_fresh(now)
    asker = directory.active_party(caller)
    # (2) signed by it, in its name, for us
    if envelope.payload_type == OUTDATED_REQUEST_TYPE:
        raise RequestOutdated(
            _("{caller} no dice cómo obtuvo el acceso al caso", caller=caller),
            remedy=_("actualice RedPACT en esa entidad"),
        )
    payload = signing.open_envelope(
        envelope, payload_type=REQUEST_TYPE, public_key=asker.verification_key(envelope.key_id, now)
    )
    request = parse_request(payload)
    if request.asker != caller:
        raise RequestMisaddressed(
            _("{caller} envió una petición en nombre de {asker}", caller=caller, asker=request.asker)
        )
    if request.holder != holder:
        raise RequestMisaddressed(
            _("esta petición va dirigida a {holder}, no a {entity}", holder=request.holder, entity=holder)
        )
    # (3) fresh
    require_fresh(request, now)
    if request.identity is not None:
        request.identity.require_known()
    return VerifiedRequest(request, payload_digest(envelope), asker)


def require_fresh(request: FetchRequest, now: datetime) -> None:
    """Verify the times of a request, check (3).

    Raises:
        RequestStale: the request is from the future, expired, or asks to be valid for too long.
    """
    if request.issued > now + MAX_CLOCK_SKEW:
        raise RequestStale(_("la petición lleva una hora posterior a la de nuestro reloj"), remedy=_CLOCK_REMEDY)
    if now - MAX_CLOCK_SKEW >= request.expires:
        raise RequestStale(_("la petición ha caducado"), remedy=_CLOCK_REMEDY)
    if not timedelta(0) < request.expires - request.issued <= REQUEST_LIFETIME:
        raise RequestStale(
            _("una petición es válida durante {request_lifetime} como máximo", request_lifetime=REQUEST_LIFETIME),
            remedy=_("repita la petición"),
        )


def decide(verified: VerifiedRequest, live: Sequence[Consented], policy: DecidesAccess, *, holder: str) -> Decision:
    """Decide each field of a request by checks (6) and (7).

    Args:
        verified: a request that passed (1)-(4).
        live: the person's consents in force for this purpose and recipient; empty when the person is unknown.
        policy: the access policy.
        holder: our entity id.
    """
    request = verified.request
    # (6) fields that a live consent covers
    covered = frozenset(field for consent in live for field in consent.fields)
    # (7) the decision of the policy
    access = policy.decide(_question(verified, holder, covered))
    # (6) again, independently of the policy engine: a field outside the consents never passes
    allowed = tuple(field for field in request.fields if field in access.allowed and field in covered)
    withheld = {
        field: access.withheld.get(field, ReasonCode.NOT_CONSENTED) for field in request.fields if field not in allowed
    }
    return Decision(
        allowed=allowed,
        withheld=withheld,
        consent_ids=_covering(live, allowed),
        policy_sha256=access.policy_sha256,
        refusal=None if allowed else _refusal(verified, policy, holder),
    )


def settle(decision: Decision, recorded: Collection[str]) -> Decision:
    """Restrict a decision to the allowed fields with a recorded value.

    Without any, the result is a refusal like any other: an empty release would show that the person is known here.
    """
    allowed = tuple(field for field in decision.allowed if field in recorded)
    missing = {field: ReasonCode.NOT_RECORDED for field in decision.allowed if field not in recorded}
    refusal = decision.refusal if allowed else decision.refusal or ReasonCode.NOTHING_TO_SHARE
    return replace(decision, allowed=allowed, withheld={**decision.withheld, **missing}, refusal=refusal)


def doubted(decision: Decision) -> Decision:
    """Return the refusal of a decision to release, as the two entities may speak of different people."""
    withheld = dict.fromkeys((*decision.allowed, *decision.withheld), ReasonCode.IDENTITY_DOUBT)
    return replace(decision, allowed=(), withheld=withheld, consent_ids=(), refusal=ReasonCode.IDENTITY_DOUBT)


def _question(verified: VerifiedRequest, holder: str, covered: frozenset[str]) -> AccessRequest:
    request = verified.request
    return AccessRequest(
        asker_id=verified.asker.id,
        asker_kind=verified.asker.kind,
        role=request.role,
        purpose=request.purpose,
        holder_id=holder,
        fields=request.fields,
        consented_fields=covered,
        case_access=request.case_access,
        opening_reason=request.opening_reason,
    )


def _refusal(verified: VerifiedRequest, policy: DecidesAccess, holder: str) -> ReasonCode:
    # The reason is the one that this asker would get with consent for every field, so that it depends on the request
    # alone; any other would disclose something of the person.
    anybody = policy.decide(_question(verified, holder, frozenset(verified.request.fields)))
    reasons = set(anybody.withheld.values())
    return reasons.pop() if not anybody.allowed and len(reasons) == 1 else ReasonCode.NOTHING_TO_SHARE


def _covering(live: Sequence[Consented], allowed: Sequence[str]) -> tuple[str, ...]:
    wanted = frozenset(allowed)
    return tuple(consent.consent_id for consent in live if wanted.intersection(consent.fields))
