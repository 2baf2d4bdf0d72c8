"""Changes of the consents held at this entity: ledger, projection and subscribers, in the caller's transaction.

The only module that changes the register of consents. Whatever a consent loses is published from here, so that no
caller can forget it.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from consent_ledger.consents.model import (
    VALID_FOR_PROCESSING,
    ConsentGrant,
    ConsentRenewal,
    ConsentScope,
    ConsentState,
    ConsentView,
    Withdrawal,
)
from consent_ledger.log.bodies import Actor, ConsentBody
from consent_ledger.log.end_bodies import PERSON_DECEASED
from consent_ledger.log.given_elsewhere import ConfirmationBody, ProofFound
from node.consents.changes import ChangeSource, ConsentChanged, ConsentChanges, ReportedBy
from node.consents.received_withdrawals import reported_acts, withdrawn_receipts
from node.context import NodeContext
from node.inbox.items import Inbox, ItemKind, NewItem
from node.ledger.own import consent_register


class HeldConsents:
    """The consents held at this entity, open for changes."""

    def __init__(self, context: NodeContext, session: Session, changes: ConsentChanges) -> None:
        self._own = context.settings.entity
        self._session = session
        self._changes = changes
        self._register = consent_register(context, session)

    def find(self, consent_id: str) -> ConsentView | None:
        """Return a consent; None when none of that id is held."""
        return self._register.find(consent_id)

    def get(self, consent_id: str) -> ConsentView:
        """Return a consent.

        Raises:
            ConsentUnknown: there is no such consent.
        """
        return self._register.get(consent_id)

    def grant(self, given: ConsentGrant, now: datetime) -> ConsentView:
        """Record a consent; see `ConsentRegister.grant`."""
        ended = self._heard_ends(given.person_ref, now) if given.holders else ()
        return self._register.grant(given, now, ended=ended)

    def refuse(self, asked: ConsentGrant, now: datetime) -> ConsentView:
        """Record a refusal; see `ConsentRegister.refuse`."""
        return self._register.refuse(asked, now)

    def renew(self, consent_id: str, renewal: ConsentRenewal, now: datetime) -> ConsentView:
        """Move the end of a live consent; see `ConsentRegister.renew`."""
        before = self._register.get(consent_id)
        ended = self._heard_ends(before.person_ref, now) if before.record.holders else ()
        after = self._register.renew(consent_id, renewal, now, ended=ended)
        self._publish(ChangeSource.RENEWED, before, after, now, acted_by=renewal.acted_by)
        return after

    def narrow(self, consent_id: str, scope: ConsentScope, now: datetime) -> ConsentView:
        """Take something out of a live consent; see `ConsentRegister.narrow`."""
        before = self._register.get(consent_id)
        after = self._register.narrow(consent_id, scope, now)
        self._publish(ChangeSource.NARROWED, before, after, now)
        return after

    def withdraw(self, consent_id: str, act: Withdrawal, now: datetime) -> ConsentView:
        """Record that the person withdrew here; see `ConsentRegister.withdraw`.

        Of a consent that was withdrawn before, it is published once more, so that those who have not acknowledged it
        hear it from here too: another entity may have reported it falsely, or to nobody.
        """
        before = after = self._register.get(consent_id)
        if before.state is not ConsentState.WITHDRAWN:
            after = self._register.withdraw(consent_id, now, act)
        self._publish(ChangeSource.WITHDRAWN, before, after, now, acted_by=act.acted_by)
        return after

    def withdraw_receipt(self, consent_id: str, acted_by: Actor, now: datetime) -> None:
        """Publish that the person withdrew here a consent under which this entity only received data."""
        self._changes.publish(
            self._session,
            ConsentChanged(
                source=ChangeSource.RECEIPT_WITHDRAWN,
                consent_id=consent_id,
                before=None,
                after=None,
                acted_by=acted_by,
                acted_at=now,
                entity=self._own,
                recorded_at=now,
            ),
        )

    def withdrawal_received(self, consent_id: str, act: Withdrawal, reported_by: ReportedBy, now: datetime) -> None:
        """Record a withdrawal that another entity reported.

        It is published also when the consent had ended, or is not held here: copies of data may have come since.
        """
        before = after = self._register.find(consent_id)
        died = act.reason == PERSON_DECEASED
        if before is not None and (
            before.state in VALID_FOR_PROCESSING or (before.state is ConsentState.ENDED and not died)
        ):
            after = (self._register.end if died else self._register.withdraw)(consent_id, now, act)
            if died:
                Inbox(self._session).add(NewItem(ItemKind.DEATH_TOLD, before.person_ref, reported_by.sender), now)
        self._changes.publish(
            self._session,
            ConsentChanged(
                source=ChangeSource.WITHDRAWAL_RECEIVED,
                consent_id=consent_id,
                before=before,
                after=after,
                acted_by=act.acted_by,
                acted_at=act.acted_at or now,
                entity=act.entity or reported_by.sender,
                recorded_at=now,
                reported_by=reported_by,
            ),
        )

    def part_lost(
        self, consent_id: str, act: Withdrawal, reported_by: ReportedBy, now: datetime, *, ends: bool
    ) -> None:
        """Record that this entity has no part in a consent any more.

        Args:
            consent_id: id of the consent, held here or not.
            act: the act of the person by which it lost its part.
            reported_by: the message that says so.
            now: the present time, UTC.
            ends: whether the consent ends here too, where it is held; else only data received under it are deleted.
        """
        before = after = self._register.find(consent_id)
        if before is not None and ends and before.state in VALID_FOR_PROCESSING:
            after = self._register.withdraw(consent_id, now, act)
        self._changes.publish(
            self._session,
            ConsentChanged(
                source=ChangeSource.PART_LOST,
                consent_id=consent_id,
                before=before,
                after=after,
                acted_by=act.acted_by,
                acted_at=act.acted_at or now,
                entity=reported_by.sender,
                recorded_at=now,
                reported_by=reported_by,
                lost_here=True,
            ),
        )

    def adopt(
        self, record: ConsentBody, reported_by: ReportedBy, now: datetime, *, lost_here: bool = False
    ) -> ConsentView:
        """Take in a consent given elsewhere, or a newer version of it; see `ConsentRegister.adopt`.

        Args:
            record: as it is written here.
            reported_by: the message that brought it.
            now: the present time, UTC.
            lost_here: whether this entity may receive less under the newer version; `record` does not show it.
        """
        before = self._register.find(record.consent_id)
        after = self._register.adopt(record, now)
        if before is not None and before != after:
            source = ChangeSource.COPY_RECEIVED
            self._publish(
                source, before, after, now, acted_by=record.acted_by, reported_by=reported_by, lost_here=lost_here
            )
        if after.state in VALID_FOR_PROCESSING and after.record.valid_until <= now:
            self.expire_due(now)  # shortened, and late: the older, longer version must not stay in force
        return after

    def confirm(self, decision: ConfirmationBody, proof: ProofFound | None, now: datetime) -> ConsentView:
        """Record what a professional decided on a consent given elsewhere; see `ConsentRegister.confirm`.

        One that is declined opens nothing any more, whatever other proofs opened before: that is published.
        """
        before = self._register.get(decision.consent_id)
        after = self._register.confirm(decision, proof, now)
        if proof is None:
            self._publish(ChangeSource.DECLINED, before, after, now, lost_here=True)
        return after

    def end_of_deceased(self, person_ref: str, now: datetime) -> tuple[ConsentView, ...]:
        """End the consents of a person who has died, tell every party, and return those that ended."""
        live = [view for view in self._register.list(person_ref) if view.state in VALID_FOR_PROCESSING]
        ended = tuple(self._register.end(view.consent_id, now, Withdrawal(reason=PERSON_DECEASED)) for view in live)
        for before, after in zip(live, ended, strict=True):
            self._publish(ChangeSource.PERSON_DECEASED, before, after, now)
        return ended

    def end_unusable(self, consent_id: str, act: Withdrawal, reported_by: ReportedBy, now: datetime) -> None:
        """End a consent of whose newer version nothing is of use here: the older one must not stay in force."""
        before = self._register.find(consent_id)
        if before is None or before.state not in VALID_FOR_PROCESSING:
            return
        after = self._register.withdraw(consent_id, now, act)
        self._publish(ChangeSource.COPY_RECEIVED, before, after, now, acted_by=act.acted_by, reported_by=reported_by)

    def expire_due(self, now: datetime) -> tuple[ConsentView, ...]:
        """Record the end of every consent whose validity is over, and return them."""
        before = {view.consent_id: view for view in self._register.lapsed(now)}
        expired = self._register.expire_due(now)
        for after in expired:
            self._publish(ChangeSource.EXPIRED, before[after.consent_id], after, now)
        return expired

    def forget(self, views: Sequence[ConsentView], source: ChangeSource, now: datetime) -> None:
        """Delete consents from the projection, as part of erasing their content from the ledger."""
        self._register.forget([view.consent_id for view in views])
        for view in views:
            self._publish(source, view, None, now)

    def _heard_ends(self, person_ref: str, now: datetime) -> tuple[str, ...]:
        """Return the digests of a person's withdrawals that the register does not have: another act, or elsewhere."""
        held = {view.consent_id for view in self._register.list(person_ref)}
        acts = reported_acts(self._session, held, now)
        return (*withdrawn_receipts(self._session, person_ref, held), *acts)

    def _publish(
        self,
        source: ChangeSource,
        before: ConsentView,
        after: ConsentView | None,
        now: datetime,
        *,
        acted_by: Actor = Actor.PERSON,
        reported_by: ReportedBy | None = None,
        lost_here: bool = False,
    ) -> None:
        acted_at = _acted_at(after, now) if after and reported_by else now
        change = ConsentChanged(
            source=source,
            consent_id=before.consent_id,
            before=before,
            after=after,
            acted_by=acted_by,
            acted_at=acted_at,
            entity=reported_by.sender if reported_by else self._own,
            recorded_at=now,
            reported_by=reported_by,
            lost_here=lost_here,
        )
        self._changes.publish(self._session, change)


def _acted_at(after: ConsentView, now: datetime) -> datetime:
    """Return when the person changed a consent elsewhere, as that entity states it: by it the act is known again."""
    if after.state in VALID_FOR_PROCESSING:
        return after.record.origin.acted_at if after.record.origin else now
    return after.ended_act or now
