"""The signed statements on the cohort of a campaign, opened with the signing keys of the directory.

The coordinator carries the statements but cannot replace one: each is signed with the key of its entity, which a node
takes from the logged directory that its anchors cosigned, where a key changes only by the entity's own statement.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from federated.campaign.manifest import CampaignManifest
from federated.errors import CohortTooSmall, TrainingMessageMalformed
from federated.secagg.agreement import COHORT_AGREEMENT_TYPE, CohortAgreement, require_same
from federated.secagg.cohort import Cohort, form_cohort
from federated.secagg.keys import (
    KEY_COMMITMENT_TYPE,
    KEY_STATEMENT_TYPE,
    EntityStatement,
    KeyCommitment,
    KeyStatement,
    check_public_key,
    open_statement,
    statement_sha256,
)
from presentation.messages import _, listing, plural
from trust import canonical
from trust.errors import TrustError
from trust.signing import Envelope

_Statement = TypeVar("_Statement", bound=EntityStatement)

Kind = tuple[type[_Statement], str]
"""Model and payload type of a statement."""

COMMITMENT: Final[Kind[KeyCommitment]] = (KeyCommitment, KEY_COMMITMENT_TYPE)
STATEMENT: Final[Kind[KeyStatement]] = (KeyStatement, KEY_STATEMENT_TYPE)
AGREEMENT: Final[Kind[CohortAgreement]] = (CohortAgreement, COHORT_AGREEMENT_TYPE)


@dataclass(frozen=True, slots=True, eq=False)
class RevealedCohort:
    """A cohort, and each entity's commitment to its share of the group key."""

    cohort: Cohort
    group_commitments: Mapping[str, str]


class CohortReader:
    """Opens the statements of one campaign's entities; stores nothing and decides nothing about this entity."""

    def __init__(self, manifest: CampaignManifest, manifest_sha256: str, key_of: Callable[[str], bytes]) -> None:
        self._manifest = manifest
        self._manifest_sha256 = manifest_sha256
        self._key_of = key_of

    def opened(self, statement: bytes, kind: Kind[_Statement]) -> _Statement:
        """Verify one statement and return its content.

        Raises:
            TrainingMessageMalformed, KeyStatementInvalid: not signed by an invited entity for this campaign.
        """
        try:
            envelope = Envelope.from_json(statement)
            claimed = kind[0].model_validate(
                canonical.decode(envelope.payload)
            )  # a claim; the signature is verified below
            if claimed.entity not in self._manifest.invited:
                raise TrainingMessageMalformed(
                    _("{entity} está en la cohorte, pero no fue invitada", entity=claimed.entity)
                )
            expected = EntityStatement(
                campaign_id=self._manifest.campaign_id,
                manifest_sha256=self._manifest_sha256,
                entity=claimed.entity,
            )
            return open_statement(envelope, kind, self._key_of(claimed.entity), expected)
        except TrustError as error:
            raise TrainingMessageMalformed(
                _("una clave de máscara de la cohorte no es de fiar: {error}", error=error.message)
            ) from error
        except ValueError as error:
            raise TrainingMessageMalformed(_("no se puede leer una clave de máscara de la cohorte")) from error

    def commitments(self, commitments: Sequence[bytes]) -> Mapping[str, str]:
        """Return the hash of the key statement to which each entity committed.

        Raises:
            TrainingMessageMalformed, KeyStatementInvalid: not signed by invited entities, or two of one.
            CohortTooSmall: fewer than the manifest's minimum.
        """
        found = self._all(commitments, COMMITMENT)
        self._require_minimum(len(found))
        return {entity: each.statement_sha256 for entity, each in found.items()}

    def revealed(self, statements: Sequence[bytes], committed: Mapping[str, str]) -> RevealedCohort:
        """Return the cohort of the revealed key statements.

        Args:
            statements: signed, of all entities of the cohort.
            committed: result of `commitments`; who committed and reveals nothing is not in the cohort.

        Raises:
            TrainingMessageMalformed, KeyStatementInvalid: not signed by entities that committed to exactly these.
            CohortTooSmall: fewer than the manifest's minimum.
        """
        found = self._all(statements, STATEMENT)
        revealed = zip(found, statements, strict=True)  # in the order given
        other = sorted(entity for entity, each in revealed if committed.get(entity) != statement_sha256(each))
        if other:
            raise TrainingMessageMalformed(
                _("estas claves no son las que sus entidades fijaron antes: {entities}", entities=listing(other))
            )
        for entity, each in found.items():
            check_public_key(entity, bytes.fromhex(each.channel_key))
        self._require_minimum(len(found))
        keys = {entity: bytes.fromhex(each.channel_key) for entity, each in found.items()}
        cohort = form_cohort(self._manifest.campaign_id, self._manifest_sha256, keys)
        return RevealedCohort(cohort, {entity: each.group_commitment for entity, each in found.items()})

    def require_agreed(self, agreements: Sequence[bytes], own: CohortAgreement, cohort: Cohort) -> None:
        """Check that every entity of the cohort signed what this one signed.

        Raises:
            TrainingMessageMalformed, KeyStatementInvalid: not signed by entities of the cohort, or one is missing.
            CohortDisputed: an entity was shown something else.
        """
        found = self._all(agreements, AGREEMENT)
        missing = sorted(set(cohort.keys) - set(found))
        if missing or set(found) - set(cohort.keys):
            raise TrainingMessageMalformed(
                _(
                    "las declaraciones sobre la cohorte no son las de sus entidades; faltan: {missing}",
                    missing=listing(missing) or _("ninguna"),
                )
            )
        for each in found.values():
            require_same(own, each)

    def _all(self, statements: Sequence[bytes], kind: Kind[_Statement]) -> dict[str, _Statement]:
        found: dict[str, _Statement] = {}
        for statement in statements:
            opened = self.opened(statement, kind)
            if opened.entity in found:
                raise TrainingMessageMalformed(_("{entity} aparece dos veces en la cohorte", entity=opened.entity))
            found[opened.entity] = opened
        return found

    def _require_minimum(self, entities: int) -> None:
        if entities < self._manifest.minimum_cohort:
            raise CohortTooSmall(
                plural(
                    "la cohorte tiene {n} entidad; hacen falta al menos {minimum_cohort}",
                    "la cohorte tiene {n} entidades; hacen falta al menos {minimum_cohort}",
                    entities,
                    minimum_cohort=self._manifest.minimum_cohort,
                )
            )
