"""The assurance policy that an entity set, in a relational database, inside the caller's session."""

from functools import lru_cache
from typing import Final, Protocol, cast

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from consent_ledger.log.tables import ConsentPolicyRow
from policies.assurance import POLICY_CODE, AssurancePolicy, default_policy
from service.sql_driver import DriverStatement, connection_of

# A driver statement (decision 0022): requests about consents given elsewhere, and every refusal, read the policy.
_POLICIES: Final = cast("Table", ConsentPolicyRow.__table__)
_COLUMNS: Final = (_POLICIES.c.document, _POLICIES.c.entry_index)
_READ: Final = DriverStatement(select(*_COLUMNS).where(_POLICIES.c.policy == bindparam("code")), ["code"], _COLUMNS)
_parsed: Final = lru_cache(maxsize=4)(AssurancePolicy.read)
"""By content: the same text is the same policy, and none can be changed."""


class PolicyGuard(Protocol):
    """Keeps a policy that others put into the table from being taken for the entity's."""

    def check(self, document: str | None, entry_index: int | None) -> None:
        """Check the stored policy; None when there is none.

        Raises:
            RedpactError: it is not the one that this entity put in force last.
        """
        ...

    def note(self, document: str, entry_index: int) -> None:
        """Note a policy that was put in force."""
        ...


class SqlConsentPolicy:
    """Reads and writes the policy; its ledger entry is written by the caller in the same transaction."""

    def __init__(self, session: Session, guard: PolicyGuard | None = None) -> None:
        self._session = session
        self._guard = guard

    def read(self) -> AssurancePolicy:
        """Return the policy in force.

        Raises:
            AssurancePolicyInvalid: the stored one is damaged.
        """
        row = self._row()
        return default_policy() if row is None else _parsed(row[0])

    def entry_index(self) -> int | None:
        """Return the ledger entry that put the policy in force; None while none was written."""
        row = self._row()
        return None if row is None else row[1]

    def _row(self) -> tuple[str, int] | None:
        found = _READ.one(connection_of(self._session), POLICY_CODE)
        document, entry_index = found or (None, None)
        if self._guard:
            self._guard.check(document, entry_index)
        return None if document is None or entry_index is None else (document, entry_index)

    def write(self, policy: AssurancePolicy, entry_index: int) -> None:
        """Put a policy in force."""
        self._session.merge(ConsentPolicyRow(policy=POLICY_CODE, document=policy.document, entry_index=entry_index))
        self._session.flush()
        if self._guard:
            self._guard.note(policy.document, entry_index)
