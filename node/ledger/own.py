"""The entity's own ledger and its register of consents, inside the caller's unit of work."""

from sqlalchemy.orm import Session

from consent_ledger.consents.register import ConsentRegister
from consent_ledger.consents.sql_consents import SqlConsentStore
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.log.sql_store import SqlLedgerStore
from node.context import NodeContext


def own_ledger(context: NodeContext, session: Session) -> ConsentLedger:
    """Return the entity's ledger, working inside `session`."""
    return ConsentLedger(SqlLedgerStore(session), context.keys.note_signer(context.settings.ledger_origin))


def own_consents(context: NodeContext, session: Session) -> ConsentRegister:
    """Return the register of consents of this entity, working inside `session`."""
    register = own_ledger(context, session), SqlConsentStore(session)
    return ConsentRegister(*register, controller=context.settings.entity)
