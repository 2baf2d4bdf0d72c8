"""The assurance policy that an entity set, in a relational database, inside the caller's session."""

from typing import Protocol

from sqlalchemy.orm import Session

from consent_ledger.log.tables import ConsentPolicyRow
from policies.assurance import POLICY_CODE, AssurancePolicy, default_policy


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
        return default_policy() if row is None else AssurancePolicy.read(row.document)

    def entry_index(self) -> int | None:
        """Return the ledger entry that put the policy in force; None while none was written."""
        row = self._row()
        return None if row is None else row.entry_index

    def _row(self) -> ConsentPolicyRow | None:
        row = self._session.get(ConsentPolicyRow, POLICY_CODE, populate_existing=True)
        if self._guard:
            self._guard.check(row.document if row else None, row.entry_index if row else None)
        return row

    def write(self, policy: AssurancePolicy, entry_index: int) -> None:
        """Put a policy in force."""
        self._session.merge(ConsentPolicyRow(policy=POLICY_CODE, document=policy.document, entry_index=entry_index))
        self._session.flush()
        if self._guard:
            self._guard.note(policy.document, entry_index)
