"""This entity's enrolment in a campaign: its mask key, and the cohort that it and all others agreed on, once.

In order: (1) the entity draws its key and its share of the group key, and signs a commitment to both; (2) shown the
commitments of all, it reveals its key; (3) shown the keys of all, it checks them against the commitments and signs what
it was shown; (4) it masks nothing before it holds the signatures of all others over the same.

At (2) and (3) enough of the anchors that its data-protection officer pinned must be among the entities. A campaign has
one cohort; a different one is refused later.

Secrets (the mask key, and those of the duplicate check) are sealed under the node's key and erased at the end of the
campaign: afterwards not even this disk and all the traffic together can unmask the contributions.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Protocol

from federated.campaign.manifest import CampaignManifest
from federated.duplicates.group_key import draw_share, joint_key, open_share, seal_share, share_commitment
from federated.errors import DuplicateCheckInvalid, RoundRefused, TrainingMessageMalformed
from federated.participation.required_entities import NOBODY_REQUIRED, RequiredEntities
from federated.secagg.agreement import COHORT_AGREEMENT_TYPE, CohortAgreement
from federated.secagg.client import Masker
from federated.secagg.cohort import Cohort
from federated.secagg.cohort_reading import CohortReader, RevealedCohort
from federated.secagg.keys import (
    KEY_COMMITMENT_TYPE,
    KeyCommitment,
    KeyStatement,
    new_private_key,
    public_key,
    seal_key_statement,
    seal_statement,
    statement_sha256,
)
from presentation.messages import _
from trust.signing import Envelope, Signer


class Secret(StrEnum):
    """The secrets that are stored sealed during a campaign."""

    MASK_KEY = "mask_key"
    GROUP_SHARE = "group_share"  # this entity's part of the group key
    GROUP_KEY = "group_key"  # of the duplicate check
    ENTITY_TAGS = "tag_sheet"  # tags by person
    WEIGHTS = "weights"  # weight by person


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The stored public part of an enrolment.

    Attributes:
        statement: this entity's signed public mask key (DSSE JSON), as revealed.
        commitments: those of all that joined (JSON list of DSSE JSON texts), as shown; None before.
        cohort: the statements of the cohort (as above) as accepted; None before.
        agreement: what this entity signed about the cohort (DSSE JSON); None before.
        agreements: those of the whole cohort (as above); None before.
    """

    campaign_id: str
    statement: bytes
    commitments: bytes | None = None
    cohort: bytes | None = None
    agreement: bytes | None = None
    agreements: bytes | None = None


class EnrolmentStore(Protocol):
    """Storage of enrolments. Every method works inside the caller's transaction."""

    def get(self, campaign_id: str) -> Enrolment | None:
        """Return the enrolment in a campaign, or None."""
        ...

    def put(self, enrolment: Enrolment) -> None:
        """Store or replace the enrolment in a campaign."""
        ...

    def secret(self, campaign_id: str, secret: Secret) -> bytes | None:
        """Return a sealed secret, or None."""
        ...

    def put_secret(self, campaign_id: str, secret: Secret, sealed: bytes) -> None:
        """Store or replace a sealed secret."""
        ...

    def erase_secrets(self, campaign_id: str) -> None:
        """Erase every secret of a campaign."""
        ...


class SecretSealer(Protocol):
    """Seals data that only this node may read."""

    def seal(self, label: str, data: bytes) -> bytes:
        """Return `data` sealed under the node's key and bound to `label`."""
        ...

    def open(self, label: str, sealed: bytes) -> bytes:
        """Return data sealed under this label."""
        ...


@dataclass(frozen=True, slots=True)
class EntityIdentity:
    """The node's entity and signing key, and the signing keys of the others.

    Attributes:
        key_of: returns the signing key of an entity from the pinned, logged directory; raises for one that is
            not active.
        required: the entities without which this one contributes to no sum.
    """

    entity: str
    signer: Signer
    key_of: Callable[[str], bytes]
    required: RequiredEntities = NOBODY_REQUIRED


ReaderOf = Callable[[CampaignManifest, str], CohortReader]
"""Returns the reader of a campaign's statements, of a manifest and its hash."""

_OTHER: Final = _("avise a quien administra el coordinador")


class Enrolments:
    """The rules above over an `EnrolmentStore`."""

    def __init__(
        self,
        store: EnrolmentStore,
        identity: EntityIdentity,
        sealer: SecretSealer,
        reader_of: ReaderOf | None = None,
    ) -> None:
        """Bind the enrolments of one entity.

        Args:
            store: of this entity.
            identity: of this entity, with the keys of the others.
            sealer: of this entity.
            reader_of: shared by the entities of one process, so that each statement is verified once; None makes a
                reader for each check, as nodes do.
        """
        self._store = store
        self._identity = identity
        self._sealer = sealer
        self._reader = reader_of or (lambda manifest, digest: CohortReader(manifest, digest, identity.key_of))

    @property
    def entity(self) -> str:
        """This entity."""
        return self._identity.entity

    @property
    def required(self) -> RequiredEntities:
        """The entities without which this one contributes to no sum."""
        return self._identity.required

    def commitment(self, campaign_id: str, manifest_sha256: str) -> bytes:
        """Return this entity's signed commitment to its mask key for a campaign, generated at the first call."""
        known = self._store.get(campaign_id) or self._drawn(campaign_id, manifest_sha256)
        content = KeyCommitment(
            campaign_id=campaign_id,
            manifest_sha256=manifest_sha256,
            entity=self.entity,
            statement_sha256=statement_sha256(known.statement),
        )
        return seal_statement(content, KEY_COMMITMENT_TYPE, self._identity.signer).to_json()

    def reveal(self, manifest: CampaignManifest, manifest_sha256: str, commitments: Sequence[bytes]) -> bytes:
        """Check the commitments of all, store them, and return this entity's signed mask key.

        In order: (1) this entity joined, and its own commitment is among them; (2) each is signed by an invited entity
        with the key of the directory, for this campaign, and they are at least the minimum cohort; (3) enough of the
        required entities are there; (4) no others were shown before.

        Raises:
            TrainingMessageMalformed, KeyStatementInvalid: (1), (2). CohortTooSmall: (2).
            RequiredEntityMissing: (3). RoundRefused: (4).
        """
        known = self._joined(manifest.campaign_id)
        committed = self._reader(manifest, manifest_sha256).commitments(commitments)
        if committed.get(self.entity) != statement_sha256(known.statement):
            raise TrainingMessageMalformed(_("en la cohorte falta la clave de esta entidad"))
        self.required.check(committed)
        listed = _listed(commitments)
        if known.commitments is not None and known.commitments != listed:
            raise RoundRefused(_("la campaña ya tiene otra lista de entidades que participan"), remedy=_OTHER)
        self._store.put(replace(known, commitments=listed))
        return known.statement

    def accept(
        self, manifest: CampaignManifest, manifest_sha256: str, statements: Sequence[bytes], request_sha256: str
    ) -> Cohort:
        """Check the keys of all entities, store them as the campaign's one cohort, and sign what was shown.

        In order: (1) this entity revealed its key, which is among them; (2) each is signed as in `reveal`, and is the
        one that its entity committed to; (3) enough of the required entities are there; (4) no other cohort was
        accepted before.

        Args:
            manifest: of the campaign.
            manifest_sha256: of its signed bytes.
            statements: signed, of the whole cohort.
            request_sha256: of the exact request that showed them, the same for every entity.

        Raises:
            TrainingMessageMalformed, KeyStatementInvalid: (1), (2). CohortTooSmall: (2).
            RequiredEntityMissing: (3). RoundRefused: (1), (4).
        """
        known = self._joined(manifest.campaign_id)
        if known.statement not in statements:
            raise TrainingMessageMalformed(_("en la cohorte falta la clave de esta entidad"))
        cohort = self._revealed(manifest, manifest_sha256, known, statements).cohort
        self.required.check(cohort.keys)
        content = CohortAgreement(
            campaign_id=manifest.campaign_id,
            manifest_sha256=manifest_sha256,
            entity=self.entity,
            cohort_sha256=cohort.sha256.hex(),
            request_sha256=request_sha256,
        )
        listed = _listed(statements)
        changed = known.cohort is not None and known.cohort != listed
        if changed or (known.agreement is not None and _agreed(known.agreement) != content):
            raise RoundRefused(_("la campaña ya tiene otra cohorte"), remedy=_OTHER)
        if known.agreement is None:
            agreement = seal_statement(content, COHORT_AGREEMENT_TYPE, self._identity.signer).to_json()
            self._store.put(replace(known, cohort=listed, agreement=agreement))
        return cohort

    def agreement(self, campaign_id: str) -> bytes:
        """Return what this entity signed about the accepted cohort.

        Raises:
            RoundRefused: none was accepted.
        """
        known = self._store.get(campaign_id)
        if known is None or known.agreement is None:
            raise _no_cohort()
        return known.agreement

    def sealed_shares(self, manifest: CampaignManifest, cohort: Cohort) -> dict[str, bytes]:
        """Return this entity's share of the group key sealed for each other one; nothing outside the committee.

        Raises:
            RoundRefused: the campaign is over here and its secrets erased.
        """
        if not manifest.counts_entities or not cohort.is_member(self.entity):
            return {}
        share, secret = self._share(manifest.campaign_id), self.masker(cohort).pair_secret
        names = {"campaign": manifest.campaign_id, "sender": self.entity}
        return {
            other: seal_share(share, lambda _own, peer: secret(peer), **names, recipient=other)
            for other in cohort.keys
            if other != self.entity
        }

    def agree(
        self,
        manifest: CampaignManifest,
        manifest_sha256: str,
        agreements: Sequence[bytes],
        shares: Mapping[str, bytes],
    ) -> Cohort:
        """Check that all entities agreed on the accepted cohort, and derive the group key where people are counted.

        Args:
            manifest: of the campaign.
            manifest_sha256: of its signed bytes.
            agreements: signed, of every entity of the cohort.
            shares: those of the group key, sealed for this entity, by sender.

        Raises:
            RoundRefused: no cohort was accepted. CohortDisputed: an entity was shown something else.
            TrainingMessageMalformed, KeyStatementInvalid: an agreement is missing or not signed by its entity.
            DuplicateCheckInvalid: a share is missing or not the one committed to.
        """
        known = self._store.get(manifest.campaign_id)
        if known is None or known.cohort is None or known.agreement is None:
            raise _no_cohort()
        revealed = self._revealed(manifest, manifest_sha256, known, _texts(known.cohort))
        own = _agreed(known.agreement)
        self._reader(manifest, manifest_sha256).require_agreed(agreements, own, revealed.cohort)
        if manifest.counts_entities:
            self.keep(manifest.campaign_id, Secret.GROUP_KEY, self._group_key(revealed, shares))
        self._store.put(replace(known, agreements=_listed(agreements)))
        return revealed.cohort

    def cohort(self, manifest: CampaignManifest, manifest_sha256: str) -> Cohort:
        """Return the cohort that all agreed on.

        Raises:
            RoundRefused: there is none.
        """
        known = self._store.get(manifest.campaign_id)
        if known is None or known.cohort is None or known.agreements is None:
            raise _no_cohort()
        return self._revealed(manifest, manifest_sha256, known, _texts(known.cohort)).cohort

    def masker(self, cohort: Cohort) -> Masker:
        """Return the masker of this entity.

        Raises:
            RoundRefused: the campaign is over here and its key erased.
        """
        private = self.kept(cohort.campaign_id, Secret.MASK_KEY)
        if private is None:
            raise RoundRefused(_("la clave de máscara de la campaña se ha borrado: la campaña ha terminado aquí"))
        return Masker(cohort, self.entity, private)

    def keep(self, campaign_id: str, secret: Secret, data: bytes) -> None:
        """Seal and store a secret."""
        self._store.put_secret(campaign_id, secret, self._sealer.seal(_label(campaign_id, secret), data))

    def kept(self, campaign_id: str, secret: Secret) -> bytes | None:
        """Return a stored secret, or None when it was never stored or is erased."""
        sealed = self._store.secret(campaign_id, secret)
        return self._sealer.open(_label(campaign_id, secret), sealed) if sealed is not None else None

    def erase(self, campaign_id: str) -> None:
        """Erase every secret of a campaign that is over."""
        self._store.erase_secrets(campaign_id)

    def _joined(self, campaign_id: str) -> Enrolment:
        known = self._store.get(campaign_id)
        if known is None:
            raise TrainingMessageMalformed(_("en la cohorte falta la clave de esta entidad"))
        return known

    def _drawn(self, campaign_id: str, manifest_sha256: str) -> Enrolment:
        private, share = new_private_key(), draw_share()
        content = KeyStatement(
            campaign_id=campaign_id,
            manifest_sha256=manifest_sha256,
            entity=self.entity,
            channel_key=public_key(private).hex(),
            group_commitment=share_commitment(share, campaign=campaign_id, entity=self.entity),
        )
        known = Enrolment(campaign_id, seal_key_statement(content, self._identity.signer).to_json())
        self._store.put(known)
        self.keep(campaign_id, Secret.MASK_KEY, private)
        self.keep(campaign_id, Secret.GROUP_SHARE, share)
        return known

    def _revealed(
        self, manifest: CampaignManifest, manifest_sha256: str, known: Enrolment, statements: Sequence[bytes]
    ) -> RevealedCohort:
        if known.commitments is None:
            raise RoundRefused(_("esta entidad aún no ha mostrado su clave en la campaña"))
        reader = self._reader(manifest, manifest_sha256)
        return reader.revealed(statements, reader.commitments(_texts(known.commitments)))

    def _share(self, campaign_id: str) -> bytes:
        share = self.kept(campaign_id, Secret.GROUP_SHARE)
        if share is None:
            raise RoundRefused(_("la clave de máscara de la campaña se ha borrado: la campaña ha terminado aquí"))
        return share

    def _group_key(self, revealed: RevealedCohort, shares: Mapping[str, bytes]) -> bytes:
        cohort, campaign = revealed.cohort, revealed.cohort.campaign_id
        secret = self.masker(cohort).pair_secret
        opened = {self.entity: self._share(campaign)} if cohort.is_member(self.entity) else {}
        for sender in (member for member in cohort.committee if member != self.entity):
            names = {"campaign": campaign, "sender": sender, "recipient": self.entity}
            share = open_share(shares.get(sender, b""), lambda _own, peer: secret(peer), **names)
            if share_commitment(share, campaign=campaign, entity=sender) != revealed.group_commitments[sender]:
                raise DuplicateCheckInvalid(
                    _("la parte de la clave de grupo de {sender} no es la que fijó antes", sender=sender)
                )
            opened[sender] = share
        return joint_key(cohort.sha256, opened, campaign=campaign)


def _label(campaign_id: str, secret: Secret) -> str:
    return f"training {secret.value} {campaign_id}"


def _listed(statements: Sequence[bytes]) -> bytes:
    return json.dumps([statement.decode() for statement in statements]).encode()


def _texts(listed: bytes) -> list[bytes]:
    return [text.encode() for text in json.loads(listed)]


def _agreed(agreement: bytes) -> CohortAgreement:
    # Stored by this entity itself.
    return CohortAgreement.model_validate_json(Envelope.from_json(agreement).payload)


def _no_cohort() -> RoundRefused:
    return RoundRefused(_("las entidades de la campaña aún no se han puesto de acuerdo sobre la cohorte"))
