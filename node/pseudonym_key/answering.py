"""Answers of this entity's key to requests of other entities: `records_exchange.key_holding` with this node's parts."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from node.context import NodeContext
from node.pseudonym_key.tables import PseudonymKeyRow
from node.settings import NodeSettings
from presentation.messages import _
from records_exchange import oprf
from records_exchange.errors import LocatorEpochUnknown, LocatorKeyDamaged
from records_exchange.guessing import AlarmRule
from records_exchange.key_holding.counted_requests import CountedRequests
from records_exchange.key_holding.evaluations import Evaluations
from records_exchange.key_holding.key_files import KeyFiles
from records_exchange.key_holding.quotas import Quota


class OwnEvaluationKeys:
    """The keys of this entity, by the epochs of the directory that name them."""

    def __init__(self, context: NodeContext, files: KeyFiles) -> None:
        self._context = context
        self._files = files

    def public_key(self, session: Session, epoch: int, now: datetime) -> str:  # noqa: ARG002 - the directory knows it
        """Return this entity's key of an epoch that is answered now.

        Raises:
            DirectoryExpired, DirectoryContradicted: nobody vouches for the directory of this node.
            LocatorEpochUnknown: the directory has no such epoch, or it names no key of this entity.
        """
        directory = self._context.directory.current(now)
        live = directory.locator.live(now) if directory.locator else ()
        found = next((each.key_of(self._context.settings.entity) for each in live if each.number == epoch), None)
        if found is None:
            raise LocatorEpochUnknown(
                _("esta entidad no guarda ninguna clave de la época {number:d}", number=epoch),
                remedy=_("descargue de nuevo el directorio"),
            )
        return found.public_key

    def pair(self, epoch: int, public_key: str) -> oprf.KeyPair:
        """Return the private key that belongs to it.

        Raises:
            LocatorKeyDamaged: this entity has no such key, or its file is missing.
        """
        query = select(PseudonymKeyRow.sequence).where(
            PseudonymKeyRow.public_key == public_key, PseudonymKeyRow.destroyed_at.is_(None)
        )
        with self._context.snapshot() as session:
            sequence = session.scalars(query).first()
        if sequence is None:
            raise LocatorKeyDamaged(
                _("esta entidad no tiene la clave que se publica de ella para la época {number:d}", number=epoch),
                remedy=_("compruébelo con: redpact-node pseudonym-key status"),
            )
        return self._files.require(sequence, public_key)


def evaluations(context: NodeContext, files: KeyFiles) -> Evaluations:
    """Return what answers requests to evaluate points with this entity's key."""
    now = context.clock.now
    quota = quota_of(context.settings)
    return Evaluations(
        active_party=lambda caller: context.directory.current(now()).active_party(caller),
        keys=OwnEvaluationKeys(context, files),
        requests=CountedRequests(lambda: context.commits, lambda _kind: quota, now),
    )


def quota_of(settings: NodeSettings) -> Quota:
    """Return the quota of pseudonyms of one entity."""
    return Quota(
        settings.locator_evaluations_hour, settings.locator_evaluations_day, settings.locator_evaluations_total_day
    )


def alarm_rule(settings: NodeSettings) -> AlarmRule:
    """Return the rule for alarms; a key holder hears no questions, so that only the volume counts."""
    return AlarmRule(evaluations=settings.locator_evaluations_total_day)
