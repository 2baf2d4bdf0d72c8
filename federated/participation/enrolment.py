"""This entity's enrolment in a campaign: its mask key, and the cohort whose keys it checked once.

The coordinator carries the keys but cannot replace them: each is signed with the entity's signing key, which the node
knows from the network's directory. A campaign has one cohort; a different one is refused later.

Secrets (the mask key, and those of the duplicate check) are sealed under the node's key and erased at the end of the
campaign: afterwards not even this disk and all the traffic together can unmask the contributions.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from federated.campaign.manifest import CampaignManifest
from federated.errors import CohortTooSmall, RoundRefused, TrainingMessageMalformed
from federated.secagg.client import Masker
from federated.secagg.cohort import Cohort, form_cohort
from federated.secagg.keys import KeyStatement, new_private_key, open_key_statement, public_key, seal_key_statement
from presentation.messages import _, plural
from trust.errors import TrustError
from trust.signing import Envelope, Signer


class Secret(StrEnum):
    """The secrets that are stored sealed during a campaign."""

    MASK_KEY = "mask_key"
    GROUP_KEY = "group_key"  # of the duplicate check
    PERSON_BINS = "person_bins"  # bin of the duplicate check by person
    WEIGHTS = "weights"  # weight by person


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The stored public part of an enrolment.

    Attributes:
        statement: this entity's signed public mask key (DSSE JSON), as sent.
        cohort: the statements of the cohort (JSON list of DSSE JSON texts) as accepted; None before.
    """

    campaign_id: str
    statement: bytes
    cohort: bytes | None = None


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
        key_of: returns the signing key of an entity from the pinned, signed directory; raises for one that is
            not active.
    """

    entity: str
    signer: Signer
    key_of: Callable[[str], bytes]


class Enrolments:
    """The rules above over an `EnrolmentStore`."""

    def __init__(self, store: EnrolmentStore, identity: EntityIdentity, sealer: SecretSealer) -> None:
        self._store = store
        self._identity = identity
        self._sealer = sealer

    @property
    def entity(self) -> str:
        """This entity."""
        return self._identity.entity

    def statement(self, campaign_id: str, manifest_sha256: str) -> bytes:
        """Return this entity's signed mask key for a campaign, generated at the first call."""
        known = self._store.get(campaign_id)
        if known is not None:
            return known.statement
        private = new_private_key()
        content = KeyStatement(
            campaign_id=campaign_id,
            manifest_sha256=manifest_sha256,
            entity=self.entity,
            channel_key=public_key(private).hex(),
        )
        statement = seal_key_statement(content, self._identity.signer).to_json()
        self._store.put(Enrolment(campaign_id, statement))
        self.keep(campaign_id, Secret.MASK_KEY, private)
        return statement

    def accept(self, manifest: CampaignManifest, manifest_sha256: str, statements: Sequence[bytes]) -> Cohort:
        """Check the keys of all entities and store them as the campaign's one cohort.

        In order: (1) this entity joined, and its own key is among them; (2) each is signed by an invited entity with
        the key of the directory, for this campaign; (3) they are at least the minimum cohort; (4) no other cohort was
        accepted before.

        Raises:
            TrainingMessageMalformed, KeyStatementInvalid: (1), (2). CohortTooSmall: (3). RoundRefused: (4).
        """
        # (1) joined, and listed
        known = self._store.get(manifest.campaign_id)
        if known is None or known.statement not in statements:
            raise TrainingMessageMalformed(_("en la cohorte falta la clave de esta entidad"))
        # (2) signed by invited entities, (3) enough of them
        cohort = self.checked(manifest, manifest_sha256, statements)
        # (4) once
        listed = json.dumps([statement.decode() for statement in statements]).encode()
        if known.cohort is not None and known.cohort != listed:
            raise RoundRefused(
                _("la campaña ya tiene otra cohorte"), remedy=_("avise a quien administra el coordinador")
            )
        self._store.put(Enrolment(manifest.campaign_id, known.statement, listed))
        return cohort

    def checked(self, manifest: CampaignManifest, manifest_sha256: str, statements: Sequence[bytes]) -> Cohort:
        """Return the cohort of these statements, checked as in (2) and (3) of `accept`; nothing is stored.

        Raises:
            TrainingMessageMalformed, KeyStatementInvalid: (2). CohortTooSmall: (3).
        """
        cohort = self._formed(manifest, manifest_sha256, statements)
        if len(cohort.keys) < manifest.minimum_cohort:
            raise CohortTooSmall(
                plural(
                    "la cohorte tiene {n} entidad; hacen falta al menos {minimum_cohort}",
                    "la cohorte tiene {n} entidades; hacen falta al menos {minimum_cohort}",
                    len(cohort.keys),
                    minimum_cohort=manifest.minimum_cohort,
                )
            )
        return cohort

    def cohort(self, manifest: CampaignManifest, manifest_sha256: str) -> Cohort:
        """Return the accepted cohort.

        Raises:
            RoundRefused: none was accepted.
        """
        known = self._store.get(manifest.campaign_id)
        if known is None or known.cohort is None:
            raise RoundRefused(_("esta entidad aún no ha aceptado una cohorte para la campaña"))
        return self._formed(manifest, manifest_sha256, [text.encode() for text in json.loads(known.cohort)])

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

    def _formed(self, manifest: CampaignManifest, manifest_sha256: str, statements: Sequence[bytes]) -> Cohort:
        keys: dict[str, bytes] = {}
        for statement in statements:
            entity, key = self._opened(manifest, manifest_sha256, statement)
            if entity in keys:
                raise TrainingMessageMalformed(_("{entity} aparece dos veces en la cohorte", entity=entity))
            keys[entity] = key
        return form_cohort(manifest.campaign_id, manifest_sha256, keys)

    def _opened(self, manifest: CampaignManifest, manifest_sha256: str, statement: bytes) -> tuple[str, bytes]:
        try:
            envelope = Envelope.from_json(statement)
            entity = KeyStatement.model_validate_json(
                envelope.payload
            ).entity  # a claim; the signature is verified below
            if entity not in manifest.invited:
                raise TrainingMessageMalformed(_("{entity} está en la cohorte, pero no fue invitada", entity=entity))
            opened = open_key_statement(
                envelope,
                entity=entity,
                entity_key=self._identity.key_of(entity),
                campaign_id=manifest.campaign_id,
                manifest_sha256=manifest_sha256,
            )
        except TrustError as error:
            raise TrainingMessageMalformed(
                _("una clave de máscara de la cohorte no es de fiar: {error}", error=error.message)
            ) from error
        except ValueError as error:
            raise TrainingMessageMalformed(_("no se puede leer una clave de máscara de la cohorte")) from error
        return entity, bytes.fromhex(opened.channel_key)


def _label(campaign_id: str, secret: Secret) -> str:
    return f"training {secret.value} {campaign_id}"
