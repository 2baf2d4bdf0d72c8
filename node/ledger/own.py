"""The entity's own ledger and its consents, inside the caller's unit of work."""

from typing import TYPE_CHECKING, Protocol

from sqlalchemy.orm import Session

from consent_ledger.consents.register import ConsentRegister
from consent_ledger.consents.sql_consents import SqlConsentStore
from consent_ledger.consents.sql_policy import SqlConsentPolicy
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.log.sql_store import SqlLedgerStore
from node.context import NodeContext
from node.ledger.consent_seals import ConsentSeals
from node.seals.ledger_binding import LedgerBinding
from node.seals.seals import seals_in
from node.seals.settings import PolicySeal

if TYPE_CHECKING:
    from consent_ledger.consents.model import ConsentView


class ReadableConsents(Protocol):
    """The register of consents without its changes, which go through `node.consents.held`."""

    def find(self, consent_id: str) -> "ConsentView | None":
        """See `ConsentRegister.find`."""
        ...

    def get(self, consent_id: str) -> "ConsentView":
        """See `ConsentRegister.get`."""
        ...

    def list(self, person_ref: str | None = None) -> "tuple[ConsentView, ...]":
        """See `ConsentRegister.list`."""
        ...


def own_ledger(context: NodeContext, session: Session) -> ConsentLedger:
    """Return the entity's ledger, working inside `session`."""
    store = SqlLedgerStore(session, LedgerBinding(session, context.keys.cipher))
    return ConsentLedger(store, context.keys.note_signer(context.settings.ledger_origin))


def own_consents(context: NodeContext, session: Session) -> ReadableConsents:
    """Return the consents of this entity, to be read inside `session`."""
    return consent_register(context, session)


def consent_register(context: NodeContext, session: Session) -> ConsentRegister:
    """Return the register of consents of this entity; only `node.consents.held` may change it."""
    guard = ConsentSeals(seals_in(session, context.keys.cipher))
    ledger, store = own_ledger(context, session), SqlConsentStore(session, guard)
    return ConsentRegister(ledger, store, context.settings.entity, own_policy(context, session).read)


def own_policy(context: NodeContext, session: Session) -> SqlConsentPolicy:
    """Return the store of the assurance policy of this entity, working inside `session`."""
    return SqlConsentPolicy(session, PolicySeal(seals_in(session, context.keys.cipher)))
