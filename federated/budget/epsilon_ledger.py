"""The node's own epsilon ledger: limit, reservations and spends of the budget of its people.

Rules, in the order they are checked (all inside the caller's transaction, with the budget's row locked):

1. An entity's people have one limit, epsilon at a fixed delta, whatever data sets they are in. Lowering it is always
   possible; a spend is never undone.
2. An approved campaign reserves all its rounds at once, or is refused.
3. A round is spent in the commit that stores the reply. Only after that commit may the reply leave.
4. A repeated request gets the stored bytes, never fresh noise, and costs nothing; with other content it is refused.
5. Closing a campaign frees the rounds it did not use. Nothing else ever frees anything. In an old copy, which forgot
   what it spent, every round of every campaign counts as spent.
6. The survivors of a round are unmasked once: a second list of survivors is refused.

Epsilon is recomputed from the recorded noise multipliers each time; a stored total is never trusted. The limit is on
the stated epsilon, with as many colluders as each campaign allows for; beside it stands the epsilon of the case that
only this entity's own noise is unknown. People are either trained on or held out (`federated.privacy.stages`): the
larger of the two is spent.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from federated.budget.budget_store import (
    PEOPLE,
    BudgetLimit,
    BudgetStatement,
    BudgetStore,
    RecordedUnmasking,
    Reservation,
    Spend,
)
from federated.budget.spend_chain import check_chain
from federated.errors import (
    BudgetDamaged,
    BudgetExceeded,
    BudgetUnknown,
    CampaignNotApproved,
    PrivacyTermsInvalid,
    RoundRefused,
)
from federated.privacy.accountant import GaussianRounds, epsilon_of
from federated.privacy.stages import Part
from presentation.messages import _

_MOST_EPSILON: Final = 50
_MOST_DELTA: Final = 1e-3


class EpsilonLedger:
    """The rules above over a `BudgetStore`."""

    def __init__(self, store: BudgetStore) -> None:
        self._store = store

    def set_limit(self, limit: BudgetLimit, now: datetime) -> BudgetStatement:
        """Set or change the limit.

        Raises:
            PrivacyTermsInvalid: epsilon or delta out of range, or another delta than the one already accounted at.
        """
        if not 0 < limit.epsilon <= _MOST_EPSILON or not 0 < limit.delta <= _MOST_DELTA:
            raise PrivacyTermsInvalid(
                _(
                    "un límite necesita un épsilon mayor que 0 y como máximo {epsilon}, y un delta mayor que 0 y como "
                    "máximo {delta}",
                    epsilon=_MOST_EPSILON,
                    delta=_MOST_DELTA,
                )
            )
        known = self._store.lock(limit.population)
        if known is not None and known.delta != limit.delta:
            raise PrivacyTermsInvalid(
                _("el gasto se cuenta con delta {delta}", delta=known.delta),
                remedy=_("mantenga ese delta y cambie solo el épsilon"),
            )
        self._store.put_limit(limit, now)
        return self.statement()

    def find_statement(self) -> BudgetStatement | None:
        """Return the state of the budget, or None before it has a limit."""
        return self.statement() if self._store.lock(PEOPLE) is not None else None

    def statement(self) -> BudgetStatement:
        """Return the state of the budget.

        Raises:
            BudgetUnknown: it has no limit.
        """
        limit = self._limit()
        reservations = self._store.reservations()
        return BudgetStatement(
            limit,
            spent=_spent(limit, reservations),
            committed=_committed(limit, reservations),
            spent_alone=_composed(limit, lambda part: _alone(reservations, Reservation.used, part)),
            committed_alone=_composed(limit, lambda part: _alone(reservations, Reservation.committed, part)),
            reservations=reservations,
        )

    def verify(self) -> int:
        """Check the hash chains over all spends and return their number.

        Raises:
            BudgetDamaged: a spend was taken out, put in or changed.
        """
        number = 0
        for dataset in self._store.chains():
            links = self._store.links(dataset)
            check_chain(dataset, links)
            number += len(links)
        return number

    def reserve(self, new: Reservation, now: datetime) -> BudgetStatement:
        """Reserve all the rounds of a campaign, or nothing.

        Raises:
            BudgetUnknown: there is no limit.
            BudgetDamaged: a chain of spends is broken.
            BudgetExceeded: the limit would not hold if every reservation were spent.
            RoundRefused: the campaign already has another reservation.
        """
        limit = self._limit()
        self.verify()
        known = self._store.reservation(new.campaign_id)
        if known is not None:
            if replace(known, spent=new.spent, closed=new.closed, charged=new.charged) != new:
                raise RoundRefused(
                    _("la campaña {campaign_id} ya tiene aquí otras condiciones", campaign_id=new.campaign_id)
                )
            return self.statement()
        _require_room(limit, _committed(limit, [*self._store.reservations(), new]))
        self._store.put_reservation(new, now)
        return self.statement()

    def stored_reply(self, campaign_id: str, round_number: int, request_sha256: str) -> bytes | None:
        """Return the stored reply to this round, or None.

        Raises:
            RoundRefused: the round was spent on another request.
        """
        spend = self._store.spend(campaign_id, round_number)
        if spend is None:
            return None
        if spend.request_sha256 != request_sha256:
            raise RoundRefused(
                _("la ronda {round_number!s} ya se contestó para otro contenido", round_number=round_number),
                remedy=_(
                    "avise a quien administra el coordinador: una ronda no debe pedirse dos veces con "
                    "contenido distinto"
                ),
            )
        return spend.reply

    def require_open(self, campaign_id: str) -> Reservation:
        """Return the open reservation of a campaign.

        Raises:
            CampaignNotApproved: there is none, or it is closed.
        """
        reservation = self._store.reservation(campaign_id)
        if reservation is None or reservation.closed:
            raise CampaignNotApproved(
                _(
                    "la campaña {campaign_id} no tiene aquí ninguna reserva de presupuesto abierta",
                    campaign_id=campaign_id,
                )
            )
        return reservation

    def hold(self, campaign_id: str) -> None:
        """Lock the budget of a campaign's data set until the caller's transaction ends."""
        reservation = self._store.reservation(campaign_id)
        if reservation is not None:
            self._store.lock(reservation.dataset)

    def require_room(self, campaign_id: str, round_number: int) -> Reservation:
        """Check that a new round may be spent now.

        Raises:
            CampaignNotApproved: the campaign has no open reservation.
            RoundRefused: the round is outside the reservation or before one already spent.
            BudgetExceeded: the limit would not hold.
        """
        reservation = self.require_open(campaign_id)
        limit = self._limit()
        if not 1 <= round_number <= reservation.rounds or len(reservation.spent) >= reservation.rounds:
            raise RoundRefused(
                _(
                    "la ronda {round_number!s} queda fuera de las aprobadas, que son {rounds}",
                    round_number=round_number,
                    rounds=reservation.rounds,
                )
            )
        if round_number <= max(reservation.spent, default=0):
            raise RoundRefused(
                _("la ronda {round_number!s} llega después de otra posterior", round_number=round_number)
            )
        reservations = self._store.reservations()
        # All reserved rounds together cost at least the spent ones with this round. Their epsilon is cached, equal
        # in every round; the exact figure is needed only after the limit was lowered.
        if not _committed(limit, reservations) <= limit.epsilon:
            others = [item for item in reservations if item.campaign_id != campaign_id]
            after = replace(reservation, spent=reservation.spent | {round_number})
            _require_room(limit, _spent(limit, [*others, after]))
        return reservation

    def record(self, spend: Spend) -> bytes:
        """Spend a round with its reply, and return the bytes to send after the commit.

        If another worker stored a reply first, its bytes are returned instead of those passed.

        Raises:
            CampaignNotApproved, RoundRefused, BudgetExceeded: as `require_room` and `stored_reply`.
        """
        reservation = self._store.reservation(spend.campaign_id)
        if reservation is not None:
            # Before looking for the stored reply, or two workers could both miss it.
            self._store.lock(PEOPLE)
        stored = self.stored_reply(spend.campaign_id, spend.round, spend.request_sha256)
        if stored is not None:
            return stored
        reservation = self.require_room(spend.campaign_id, spend.round)
        self._store.put_spend(reservation.dataset, spend)
        return spend.reply

    def stored_unmasking(self, campaign_id: str, round_number: int, request_sha256: str) -> bytes | None:
        """Return the stored reply to the unmasking of a round, or None.

        Raises:
            RoundRefused: this entity contributed nothing to the round, or replied for other survivors before.
        """
        if self._store.spend(campaign_id, round_number) is None:
            raise RoundRefused(
                _(
                    "la ronda {round_number!s} no tiene ninguna contribución de esta entidad que desenmascarar",
                    round_number=round_number,
                )
            )
        known = self._store.unmasking(campaign_id, round_number)
        if known is None:
            return None
        if known.request_sha256 != request_sha256:
            raise RoundRefused(
                _(
                    "la ronda {round_number!s} ya se desenmascaró para otra lista de entidades supervivientes",
                    round_number=round_number,
                ),
                remedy=_(
                    "avise a quien administra el coordinador: una ronda tiene una sola lista de entidades "
                    "supervivientes"
                ),
            )
        return known.reply

    def record_unmasking(self, campaign_id: str, round_number: int, answer: RecordedUnmasking) -> bytes:
        """Store this entity's one reply to the unmasking of a round, and return the bytes to send after the commit.

        Raises:
            RoundRefused: as `stored_unmasking`.
        """
        reservation = self._store.reservation(campaign_id)
        if reservation is not None:
            self._store.lock(PEOPLE)
        stored = self.stored_unmasking(campaign_id, round_number, answer.request_sha256)
        if stored is not None:
            return stored
        self._store.put_unmasking(campaign_id, round_number, answer)
        return answer.reply

    def close(self, campaign_id: str, now: datetime) -> None:
        """Free the rounds a campaign did not use. Closing twice, or one that never reserved, changes nothing."""
        reservation = self._store.reservation(campaign_id)
        if reservation is not None and not reservation.closed:
            self._store.lock(PEOPLE)
            self._store.close(campaign_id, now)

    def charge_all(self, now: datetime) -> None:
        """Close every reservation and count all its rounds as spent: the most that can have left.

        For a budget that is known to be an old copy. Also reservations that are closed in it are charged: the copy may
        have closed them after it was restored, and freed what it had forgotten.
        """
        if self._store.lock(PEOPLE) is not None:
            self._store.charge_all(now)

    def _limit(self) -> BudgetLimit:
        limit = self._store.lock(PEOPLE)
        if limit is None:
            raise BudgetUnknown(
                _("las personas de esta entidad no tienen límite de privacidad"),
                remedy=_("fije uno con: redpact-node training budget"),
            )
        return limit


def _spent(limit: BudgetLimit, reservations: Iterable[Reservation]) -> float:
    known = tuple(reservations)
    return _composed(limit, lambda part: [rounds for item in known for rounds in item.used(part)])


def _committed(limit: BudgetLimit, reservations: Iterable[Reservation]) -> float:
    known = tuple(reservations)
    return _composed(limit, lambda part: [rounds for item in known for rounds in item.committed(part)])


def _alone(
    reservations: Iterable[Reservation],
    rounds_of: Callable[[Reservation, Part], tuple[GaussianRounds, ...]],
    part: Part,
) -> list[GaussianRounds]:
    return [rounds for item in reservations for rounds in item.alone(rounds_of(item, part), part)]


def _composed(limit: BudgetLimit, rounds_of: Callable[[Part], list[GaussianRounds]]) -> float:
    try:
        return max(epsilon_of(rounds_of(part), limit.delta) for part in Part)
    except PrivacyTermsInvalid as error:
        raise BudgetDamaged(
            _("no se puede calcular el presupuesto de privacidad: {error}", error=error.message)
        ) from error


def _require_room(limit: BudgetLimit, epsilon: float) -> None:
    if not epsilon <= limit.epsilon:  # also when it is not a number: fail closed
        raise BudgetExceeded(
            _(
                "el presupuesto llegaría a épsilon {epsilon:.3f} por persona; el límite es {limit_epsilon:g}",
                epsilon=epsilon,
                limit_epsilon=limit.epsilon,
            ),
            remedy=_("rechace la campaña, o pida a la persona delegada de protección de datos que aumente el límite"),
        )
