"""The entity's own ledger and its consents, inside the caller's unit of work."""

from typing import TYPE_CHECKING, Protocol

from sqlalchemy.orm import Session

from consent_ledger.consents.register import ConsentRegister
from consent_ledger.consents.sql_consents import SqlConsentStore
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.log.sql_store import SqlLedgerStore
from node.context import NodeContext

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
    return ConsentLedger(SqlLedgerStore(session), context.keys.note_signer(context.settings.ledger_origin))


def own_consents(context: NodeContext, session: Session) -> ReadableConsents:
    """Return the consents of this entity, to be read inside `session`."""
    return consent_register(context, session)


def consent_register(context: NodeContext, session: Session) -> ConsentRegister:
    """Return the register of consents of this entity; only `node.consents.held` may change it."""
    register = own_ledger(context, session), SqlConsentStore(session)
    return ConsentRegister(*register, controller=context.settings.entity)
