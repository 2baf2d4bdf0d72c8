"""Entities that agree on the cohort of a campaign, carried by an honest coordinator unless a test changes a step."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager

from federated.campaign.manifest import CampaignManifest
from federated.participation.enrolment import Enrolments

Opened = Callable[[], AbstractContextManager[Enrolments]]
"""Opens an entity's enrolments in a unit of work."""


def in_memory(enrolments: Enrolments) -> Opened:
    """Return what opens enrolments that need no unit of work."""

    @contextmanager
    def opened() -> Iterator[Enrolments]:
        yield enrolments

    return opened


def request_sha256(statements: Sequence[bytes]) -> str:
    """Return the hash of the request that would show these statements."""
    return hashlib.sha256(b"\0".join(statements)).hexdigest()


class Forming:
    """The steps before the rounds, one after the other.

    Attributes:
        commitments, statements, agreements: by entity, as far as the steps went.
        shares: those of the group key, by sender and recipient.
    """

    def __init__(self, entities: Mapping[str, Opened], manifest: CampaignManifest, digest: str) -> None:
        self._entities = entities
        self._manifest = manifest
        self._digest = digest
        self.commitments: dict[str, bytes] = {}
        self.statements: dict[str, bytes] = {}
        self.agreements: dict[str, bytes] = {}
        self.shares: dict[str, dict[str, bytes]] = {}

    def join(self) -> "Forming":
        """Let everybody commit to a key."""
        for entity, opened in self._entities.items():
            with opened() as enrolments:
                self.commitments[entity] = enrolments.commitment(self._manifest.campaign_id, self._digest)
        return self

    def reveal(self) -> "Forming":
        """Let everybody reveal its key."""
        for entity, opened in self._entities.items():
            with opened() as enrolments:
                shown = tuple(self.commitments.values())
                self.statements[entity] = enrolments.reveal(self._manifest, self._digest, shown)
        return self

    def accept(self) -> "Forming":
        """Let everybody accept the cohort and sign it."""
        for entity, opened in self._entities.items():
            with opened() as enrolments:
                shown = tuple(self.statements.values())
                cohort = enrolments.accept(self._manifest, self._digest, shown, request_sha256(shown))
                self.agreements[entity] = enrolments.agreement(self._manifest.campaign_id)
                self.shares[entity] = enrolments.sealed_shares(self._manifest, cohort)
        return self

    def agree(self) -> "Forming":
        """Let everybody check what the others signed."""
        for entity, opened in self._entities.items():
            with opened() as enrolments:
                enrolments.agree(self._manifest, self._digest, tuple(self.agreements.values()), self.shares_for(entity))
        return self

    def shares_for(self, recipient: str) -> dict[str, bytes]:
        """Return the shares of the group key that were sealed for an entity."""
        return {sender: sealed[recipient] for sender, sealed in self.shares.items() if recipient in sealed}

    def whole(self) -> "Forming":
        """Go through all steps."""
        return self.join().reveal().accept().agree()
