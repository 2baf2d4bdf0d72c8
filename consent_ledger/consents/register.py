"""The register of consents at one entity: every change of a consent, and the fields that are live now.

Every change is a ledger entry and a row of a projection, written in one transaction. The ledger is the truth; the
projection answers questions quickly.
"""

import secrets
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from consent_ledger.consents.in_force import LiveConsent, live_consents
from consent_ledger.consents.model import (
    ACT_NAMES,
    STATE_NAMES,
    TRANSITIONS,
    VALID_FOR_PROCESSING,
    ConsentAct,
    ConsentGrant,
    ConsentRenewal,
    ConsentScope,
    ConsentState,
    ConsentView,
    DroppedHolder,
    Withdrawal,
)
from consent_ledger.consents.narrowing import narrowed
from consent_ledger.consents.order import known_ends
from consent_ledger.errors import ConsentInvalid, ConsentTransitionRefused, ConsentUnknown, GuardianUnnamed
from consent_ledger.log.bodies import Actor, ConsentBody, Guardian, WithdrawalBody
from consent_ledger.log.end_bodies import PERSON_DECEASED, ConsentEndedBody, ExpiryBody
from consent_ledger.log.entry import Body, EntryType, NewEntry
from consent_ledger.log.given_elsewhere import ConfirmationBody, ProofFound
from consent_ledger.log.ledger import ConsentLedger
from policies.assurance import AssurancePolicy, default_policy
from presentation.messages import _

_TICK: Final = timedelta(microseconds=1)


class ConsentStore(Protocol):
    """Keeps the projection."""

    def get(self, consent_id: str) -> ConsentView | None:
        """Return a consent, keeping others from changing it until the transaction ends."""
        ...

    def put(self, view: ConsentView) -> None:
        """Write the present state of a consent."""
        ...

    def of_person(self, person_ref: str) -> Sequence[ConsentView]:
        """Return the consents of a person, oldest first, keeping others from changing them."""
        ...

    def all(self) -> Sequence[ConsentView]:
        """Return every consent, oldest first."""
        ...

    def forget(self, consent_ids: Sequence[str]) -> None:
        """Delete some consents from the projection."""
        ...

    def lapsed(self, now: datetime) -> Sequence[ConsentView]:
        """Return consents valid for processing whose validity ended at `now` or before."""
        ...


class ConsentRegister:
    """The consents that one entity holds, inside the caller's transaction."""

    def __init__(
        self,
        ledger: ConsentLedger,
        store: ConsentStore,
        controller: str,
        policy: Callable[[], AssurancePolicy] = default_policy,
    ) -> None:
        """Open the register.

        Args:
            ledger: of the entity.
            store: keeps the projection.
            controller: id of the entity.
            policy: returns its assurance policy in force, asked for only where a consent was given elsewhere.
        """
        self._ledger = ledger
        self._store = store
        self._controller = controller
        self._policy = policy

    def grant(self, grant: ConsentGrant, now: datetime, *, ended: Collection[str] = ()) -> ConsentView:
        """Record a consent.

        Args:
            grant: as the person gave it.
            now: the present time, UTC.
            ended: digests (`order.act_digest`) of withdrawals here of consents under which it only received data.

        Raises:
            ConsentInvalid: validity that ends before it starts or is over, or a guardian's act without a guardian.
        """
        if grant.valid_until <= now:
            raise ConsentInvalid(_("la vigencia ya ha terminado"), remedy=_("elija una fecha de fin posterior"))
        return self._begin(ConsentAct.GIVE, grant, now, ends=self._known_ends(grant.person_ref, grant, ended))

    def refuse(self, grant: ConsentGrant, now: datetime) -> ConsentView:
        """Record that the person was asked for a consent and refused it.

        Raises:
            ConsentInvalid: as in `grant`.
        """
        return self._begin(ConsentAct.REFUSE, grant, now)

    def renew(
        self, consent_id: str, renewal: ConsentRenewal, now: datetime, *, ended: Collection[str] = ()
    ) -> ConsentView:
        """Extend the validity of a live consent with the same scope. Arguments as in `grant`.

        Raises:
            ConsentUnknown: there is no such consent.
            ConsentTransitionRefused: it is refused, withdrawn or expired, or its validity is over.
            ConsentInvalid: the new end is not after `now`, it was given elsewhere, or a guardian acts who is not named.
        """
        view = self.get(consent_id)
        state, kind = _next(view, ConsentAct.RENEW)
        if view.record.valid_until <= now:
            raise ConsentTransitionRefused(
                _("el consentimiento {consent_id} ya ha terminado", consent_id=consent_id),
                remedy=_("la persona debe dar un consentimiento nuevo"),
            )
        if renewal.valid_until <= now:
            raise ConsentInvalid(_("la vigencia ya ha terminado"), remedy=_("elija una fecha de fin posterior"))
        _require_own(view)
        act = renewal.model_dump(exclude={"notice", "language"})
        shown = {"notice": renewal.notice or view.record.notice, "language": renewal.language or view.record.language}
        order = {
            # Another time than before, also by a clock that stands still: the same one would be no new agreement.
            "agreed_at": now if now != view.record.agreed_at else now - _TICK,
            "known_ends": self._known_ends(view.person_ref, view.record, ended),
        }
        record = _checked(ConsentBody.model_validate({**view.record.model_dump(), **act, **shown, **order}))
        renewed = view.model_copy(update={"record": record})
        return self._change(renewed, state, NewEntry(kind, record), now, agreed=True)

    def forget(self, consent_ids: Sequence[str]) -> None:
        """Delete consents from the projection, as a part of erasing their entries."""
        self._store.forget(consent_ids)

    def narrow(self, consent_id: str, scope: ConsentScope, now: datetime) -> ConsentView:
        """Narrow the scope of a live consent; the rest goes on under the same id.

        Raises:
            ConsentUnknown: there is no such consent.
            ConsentTransitionRefused: it is refused, withdrawn or expired, or its validity is over.
            ConsentInvalid: the scope would not be narrower, or the consent was given elsewhere.
        """
        view = self.get(consent_id)
        state, kind = _next(view, ConsentAct.RENEW)
        if view.record.valid_until <= now:
            raise ConsentTransitionRefused(
                _("el consentimiento {consent_id} ya ha terminado", consent_id=consent_id),
                remedy=_("la persona debe dar un consentimiento nuevo"),
            )
        _require_own(view)
        record = narrowed(view.record, scope)
        out = (DroppedHolder(entity=each, at=now) for each in view.record.holders if each not in record.holders)
        narrower = view.model_copy(update={"record": record, "dropped": (*view.dropped, *out)})
        return self._change(narrower, state, NewEntry(kind, record), now)

    def adopt(self, record: ConsentBody, now: datetime) -> ConsentView:
        """Take in a consent that the person gave at another entity, or a newer version of it.

        The caller checks that it is genuine and about a person known here. A consent that ended here stays ended, and
        an older version changes nothing.

        Args:
            record: to be written here: this entity as controller, `origin` set.
            now: the present time, UTC.

        Raises:
            ConsentInvalid: another consent has its id.
        """
        view = self._store.get(record.consent_id)
        if record.origin is None or record.controller != self._controller:
            raise ConsentInvalid(
                _("un consentimiento recibido de otra entidad debe decir dónde se dio y qué entidad lo tiene aquí")
            )
        if view is None:
            return self._record(ConsentAct.GIVE, _checked(record), now)
        known = view.record.origin
        if known is None or known.entity != record.origin.entity or view.person_ref != record.person_ref:
            raise ConsentInvalid(
                _("ya hay otro consentimiento con el identificador {consent_id}", consent_id=record.consent_id),
                remedy=_("avise a la persona delegada de protección de datos de la entidad remitente"),
            )
        if view.state not in VALID_FOR_PROCESSING or record.origin.index <= known.index:
            return view
        state, kind = _next(view, ConsentAct.RENEW)
        return self._change(view.model_copy(update={"record": _checked(record)}), state, NewEntry(kind, record), now)

    def confirm(self, decision: ConfirmationBody, proof: ProofFound | None, now: datetime) -> ConsentView:
        """Record that a professional confirmed, or declined, a consent given elsewhere; its state stays.

        Args:
            decision: as it is written.
            proof: what the confirmation proves; None to decline.
            now: the present time, UTC.

        Raises:
            ConsentUnknown: there is no such consent.
            ConsentTransitionRefused: it ended, was given here, or another version of it has come since.
        """
        view = self.get(decision.consent_id)
        origin = view.record.origin
        if origin is None or view.state not in VALID_FOR_PROCESSING or origin.index != decision.origin_index:
            raise ConsentTransitionRefused(
                _("el consentimiento {consent_id} no espera confirmación", consent_id=decision.consent_id),
                remedy=_("consulte: redpact-node consent requests"),
            )
        kind = EntryType.CONSENT_CONFIRMED if proof else EntryType.CONSENT_DECLINED
        found = (
            {"proofs": (*(origin.proofs or ()), proof), "declined": None} if proof else {"declined": decision.reason}
        )
        record = view.record.model_copy(update={"origin": origin.model_copy(update=found)})
        changed = view.model_copy(update={"record": record})
        return self._change(changed, view.state, NewEntry(kind, decision), now)

    def withdraw(self, consent_id: str, now: datetime, withdrawal: Withdrawal | None = None) -> ConsentView:
        """Record a withdrawal. From the commit on, nothing is released under this consent.

        Raises:
            ConsentUnknown: there is no such consent.
            ConsentTransitionRefused: it is refused, withdrawn or expired.
            GuardianUnnamed: a guardian withdrew here and is not named.
        """
        view, act = self.get(consent_id), withdrawal or Withdrawal()
        state, kind = _next(view, ConsentAct.WITHDRAW)
        if act.entity is None:  # a withdrawal told from elsewhere names its guardian there
            _require_named(act.acted_by, act.guardian)
        body = WithdrawalBody(consent_id=consent_id, person_ref=view.person_ref, **act.model_dump())
        at = act.acted_at or now
        ended = view.model_copy(
            update={
                "ended_at": min(at, now),
                "ended_act": at,
                "ended_in": act.entity,
                "ended_reason": act.reason,
            }
        )
        return self._change(ended, state, NewEntry(kind, body), now)

    def end(self, consent_id: str, now: datetime, act: Withdrawal) -> ConsentView:
        """Record that a consent ended by no act of its person, for the reason of `act`.

        Raises:
            ConsentUnknown: there is no such consent.
            ConsentTransitionRefused: it is refused, withdrawn, expired or ended.
        """
        view = self.get(consent_id)
        state, kind = _next(view, ConsentAct.END)
        told = act.model_dump(include={"entity", "acted_at", "statement_sha256"})
        reason, at = act.reason or PERSON_DECEASED, act.acted_at or now
        body = ConsentEndedBody(consent_id=consent_id, person_ref=view.person_ref, reason=reason, **told)
        end = {"ended_at": min(at, now), "ended_act": at, "ended_in": act.entity, "ended_reason": body.reason}
        return self._change(view.model_copy(update=end), state, NewEntry(kind, body), now)

    def lapsed(self, now: datetime) -> tuple[ConsentView, ...]:
        """Return the consents whose validity is over and whose end is not recorded yet."""
        return tuple(self._store.lapsed(now))

    def expire_due(self, now: datetime) -> tuple[ConsentView, ...]:
        """Record the end of every consent whose validity is over, and return them."""
        return tuple(self._expire(view, now) for view in self._store.lapsed(now))

    def find(self, consent_id: str) -> ConsentView | None:
        """Return a consent; None when there is none of that id."""
        return self._store.get(consent_id)

    def get(self, consent_id: str) -> ConsentView:
        """Return a consent.

        Raises:
            ConsentUnknown: there is no such consent.
        """
        view = self.find(consent_id)
        if view is None:
            raise ConsentUnknown(
                _("no existe el consentimiento {consent_id!r}", consent_id=consent_id),
                remedy=_("ejecute: redpact-node consent list"),
            )
        return view

    def list(self, person_ref: str | None = None) -> tuple[ConsentView, ...]:
        """Return the consents of a person, of everybody when None, oldest first."""
        return tuple(self._store.all() if person_ref is None else self._store.of_person(person_ref))

    def live(self, person_ref: str, purpose: str, recipient: str, now: datetime) -> tuple[LiveConsent, ...]:
        """Return the consents under which `recipient` may receive fields of the person for `purpose` now.

        By this ledger alone: a node asks `node.consents.in_force`, which knows of silent origins too.
        """
        views = self._store.of_person(person_ref)
        policy = self._policy() if any(view.record.origin for view in views) else default_policy()
        return live_consents(views, purpose, recipient, now, policy)

    def _known_ends(
        self, person_ref: str, scope: ConsentGrant | ConsentBody, ended: Collection[str]
    ) -> tuple[str, ...] | None:
        if not scope.holders:
            return None  # nobody else has it: the order of this ledger is enough
        return known_ends(self._store.of_person(person_ref), scope.holders, ended)

    def _begin(
        self, act: ConsentAct, grant: ConsentGrant, now: datetime, *, ends: tuple[str, ...] | None = None
    ) -> ConsentView:
        record = _checked(
            ConsentBody(
                consent_id=grant.consent_id or secrets.token_hex(16),
                controller=self._controller,
                storage_locations=(self._controller, *grant.holders),
                agreed_at=grant.agreed_at or now,
                known_ends=ends,
                **grant.model_dump(exclude={"consent_id", "agreed_at"}),
            )
        )
        return self._record(act, record, now)

    def _record(self, act: ConsentAct, record: ConsentBody, now: datetime) -> ConsentView:
        state, kind = TRANSITIONS[None, act]
        (appended,) = self._ledger.append([NewEntry(kind, record)], now)
        view = ConsentView(
            state=state,
            record=record,
            given_at=now,
            changed_at=now,
            given_index=appended.index,
            last_index=appended.index,
            agreed_index=appended.index,
        )
        self._store.put(view)
        return view

    def _expire(self, view: ConsentView, now: datetime) -> ConsentView:
        state, kind = _next(view, ConsentAct.EXPIRE)
        body: Body = ExpiryBody(
            consent_id=view.consent_id, person_ref=view.person_ref, valid_until=view.record.valid_until
        )
        return self._change(view, state, NewEntry(kind, body), now)

    def _change(
        self, view: ConsentView, state: ConsentState, entry: NewEntry, now: datetime, *, agreed: bool = False
    ) -> ConsentView:
        (appended,) = self._ledger.append([entry], now)
        place = {"last_index": appended.index} | ({"agreed_index": appended.index} if agreed else {})
        changed = view.model_copy(update={"state": state, "changed_at": now, **place})
        self._store.put(changed)
        return changed


def _next(view: ConsentView, act: ConsentAct) -> tuple[ConsentState, EntryType]:
    try:
        return TRANSITIONS[view.state, act]
    except KeyError:
        raise ConsentTransitionRefused(
            _(
                "el consentimiento {consent_id} está en el estado «{state}»: no admite el acto «{act}»",
                consent_id=view.consent_id,
                state=STATE_NAMES[view.state],
                act=ACT_NAMES[act],
            ),
            remedy=_("si la persona cambia de idea, debe dar un consentimiento nuevo"),
        ) from None


def _require_own(view: ConsentView) -> None:
    origin = view.record.origin
    if origin is not None:
        raise ConsentInvalid(
            _("el consentimiento {consent_id} se dio en {entity}", consent_id=view.consent_id, entity=origin.entity),
            remedy=_("cámbielo allí, o retírelo aquí y registre uno nuevo"),
        )


def _checked(record: ConsentBody) -> ConsentBody:
    if record.valid_until <= record.valid_from:
        raise ConsentInvalid(_("la vigencia termina antes de empezar"), remedy=_("corrija las fechas"))
    _require_named(record.acted_by, record.guardian)
    return record


def _require_named(acted_by: Actor, guardian: Guardian | None) -> None:
    if (acted_by is Actor.GUARDIAN) != (guardian is not None):
        raise GuardianUnnamed(
            _("debe indicarse representante si actuó un representante, y solo entonces"),
            remedy=_("indique quién es el representante y su relación con la persona"),
        )
