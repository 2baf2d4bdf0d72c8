"""The assurance policy that an entity set, in a relational database, inside the caller's session."""

from sqlalchemy.orm import Session

from consent_ledger.log.tables import ConsentPolicyRow
from policies.assurance import POLICY_CODE, AssurancePolicy, default_policy


class SqlConsentPolicy:
    """Reads and writes the policy; its ledger entry is written by the caller in the same transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self) -> AssurancePolicy:
        """Return the policy in force.

        Raises:
            AssurancePolicyInvalid: the stored one is damaged.
        """
        row = self._session.get(ConsentPolicyRow, POLICY_CODE, populate_existing=True)
        return default_policy() if row is None else AssurancePolicy.read(row.document)

    def entry_index(self) -> int | None:
        """Return the ledger entry that put the policy in force; None while none was written."""
        row = self._session.get(ConsentPolicyRow, POLICY_CODE, populate_existing=True)
        return None if row is None else row.entry_index

    def write(self, policy: AssurancePolicy, entry_index: int) -> None:
        """Put a policy in force."""
        self._session.merge(ConsentPolicyRow(policy=POLICY_CODE, document=policy.document, entry_index=entry_index))
        self._session.flush()
