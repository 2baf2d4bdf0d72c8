"""The node's enrolments in SQL."""

from dataclasses import asdict

from sqlalchemy import delete
from sqlalchemy.orm import Session

from federated.participation.enrolment import Enrolment, Secret
from federated.storage.tables import EnrolmentRow, EnrolmentSecretRow


class SqlEnrolmentStore:
    """An `EnrolmentStore` over the caller's session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, campaign_id: str) -> Enrolment | None:
        """Return the enrolment in a campaign, or None."""
        row = self._session.get(EnrolmentRow, campaign_id)
        if row is None:
            return None
        return Enrolment(row.campaign_id, row.statement, row.commitments, row.cohort, row.agreement, row.agreements)

    def put(self, enrolment: Enrolment) -> None:
        """Store or replace the enrolment in a campaign."""
        self._session.merge(EnrolmentRow(**asdict(enrolment)))
        self._session.flush()

    def secret(self, campaign_id: str, secret: Secret) -> bytes | None:
        """Return a sealed secret, or None."""
        row = self._session.get(EnrolmentSecretRow, (campaign_id, secret.value))
        return row.sealed if row is not None else None

    def put_secret(self, campaign_id: str, secret: Secret, sealed: bytes) -> None:
        """Store or replace a sealed secret."""
        self._session.merge(EnrolmentSecretRow(campaign_id=campaign_id, secret=secret.value, sealed=sealed))
        self._session.flush()

    def erase_secrets(self, campaign_id: str) -> None:
        """Erase every secret of a campaign."""
        self._session.execute(delete(EnrolmentSecretRow).where(EnrolmentSecretRow.campaign_id == campaign_id))
