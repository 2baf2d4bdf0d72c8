"""The statements of the seals that every exchange request runs, see decision 0022."""

from typing import Final, cast

from sqlalchemy import Table, bindparam, delete, insert, select, update

from consent_ledger.log.tables import LedgerHeadRow
from node.seals.tables import PAGES, ROOT, SEALS
from service.sql_driver import DriverStatement

_HEAD: Final = cast("Table", LedgerHeadRow.__table__)
_STATE: Final = (ROOT.c.pages, _HEAD.c.origin, _HEAD.c.size, _HEAD.c.time, _HEAD.c.binding)
READ_STATE: Final = DriverStatement(
    select(*_STATE).select_from(ROOT.outerjoin(_HEAD, _HEAD.c.id == ROOT.c.id)).where(ROOT.c.id == bindparam("at_id")),
    ["at_id"],
    _STATE,
)
_SEAL: Final = (SEALS.c.scope, SEALS.c.version, SEALS.c.digests)
ONE_KEY: Final = DriverStatement(select(*_SEAL).where(SEALS.c.key == bindparam("of_key")), ["of_key"], _SEAL)
READ_PAGE: Final = DriverStatement(
    select(PAGES.c.entries).where(PAGES.c.page == bindparam("at_page")), ["at_page"], [PAGES.c.entries]
)
ALL_PAGES: Final = DriverStatement(select(PAGES.c.page, PAGES.c.entries), [], [PAGES.c.page, PAGES.c.entries])
_THIS_PAGE: Final = PAGES.c.page == bindparam("at_page")
UPDATE_PAGE: Final = DriverStatement(update(PAGES).where(_THIS_PAGE), ["entries", "at_page"])
INSERT_PAGE: Final = DriverStatement(insert(PAGES), ["page", "entries"])
_THIS_ROOT: Final = ROOT.c.id == bindparam("at_id")
READ_ROOT: Final = DriverStatement(select(ROOT.c.pages).where(_THIS_ROOT), ["at_id"], [ROOT.c.pages])
UPDATE_ROOT: Final = DriverStatement(update(ROOT).where(_THIS_ROOT), ["pages", "at_id"])
INSERT_ROOT: Final = DriverStatement(insert(ROOT), ["id", "pages"])
DELETE_SEAL: Final = DriverStatement(
    delete(SEALS).where(SEALS.c.key == bindparam("of_key"), SEALS.c.scope == bindparam("of_scope")),
    ["of_key", "of_scope"],
)
INSERT_SEAL: Final = DriverStatement(insert(SEALS), ["key", "scope", "version", "digests"])
