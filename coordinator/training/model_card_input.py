"""Contents of a model card that are not in the campaign itself.

They are the names of its features, a contact, and evaluations that entities chose to publish. ``training release
--told`` reads the last two from a file, all of it optional::

    {"contact": "ipro@example.org",
     "evaluations": {"leon": <the document of: redpact-node training evaluate ID --json>}}
"""

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from coordinator.training.errors import CampaignInvalid
from federated.campaign.manifest import CampaignManifest, DataSource
from federated.card.facts import AttackFacts
from federated.card.facts_from_release import SuppliedFacts
from federated.evaluation.local_comparison import Comparison
from policies.model_words import PLAIN_WORDS, ModelWords, load_model_words
from policies.strict_reading import read_json
from presentation.faults import first_fault, os_fault, parse_fault
from presentation.messages import _, listing
from trust.parties import EntityId

MAX_BYTES: Final = 1 << 20


class _Attack(BaseModel):
    model_config = ConfigDict(extra="ignore")

    auc: float = Field(ge=0, le=1)
    epsilon_at_least: float = Field(ge=0)
    people: int = Field(ge=0)


class _Evaluation(BaseModel):
    model_config = ConfigDict(extra="ignore")

    campaign: str
    comparison: Comparison | None = None
    attack: _Attack | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    contact: str = Field(default="", max_length=500)
    evaluations: dict[EntityId, _Evaluation] = Field(default_factory=dict)


def model_card_input(manifest: CampaignManifest, file: Path | None) -> SuppliedFacts:
    """Return the contents of a campaign's model card beside manifest and release.

    Of the membership attacks that entities published, the most successful one is shown.

    Raises:
        CampaignInvalid: the file cannot be read, or is about another campaign.
    """
    supplied = _read(file) if file is not None else _File()
    others = [entity for entity, each in supplied.evaluations.items() if each.campaign != manifest.campaign_id]
    if others:
        raise CampaignInvalid(_("las evaluaciones de {entities} son de otra campaña", entities=listing(others)))
    attacks = [each.attack for each in supplied.evaluations.values() if each.attack is not None]
    worst = max(attacks, key=lambda each: (each.epsilon_at_least, each.auc), default=None)
    return SuppliedFacts(
        contact=supplied.contact or f"Gerencia, {manifest.network}",
        words=words_of(manifest),
        attack=AttackFacts(worst.auc, worst.epsilon_at_least, worst.people) if worst is not None else None,
        comparisons=[(name, each.comparison) for name, each in sorted(supplied.evaluations.items()) if each.comparison],
    )


def _read(file: Path) -> _File:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise CampaignInvalid(
            _("no se puede leer {path}: {reason}", path=file, reason=os_fault(error)),
            remedy=_("compruebe la ruta"),
        ) from error
    try:
        return _File.model_validate(read_json(data[:MAX_BYTES]))
    except ValidationError as error:
        raise CampaignInvalid(
            _("{path}: {fault}", path=file, fault=first_fault(error)),
            remedy=_("consulte: training release --help"),
        ) from error
    except (ValueError, RecursionError) as error:
        raise CampaignInvalid(
            _("{path}: no es un documento JSON: {fault}", path=file, fault=parse_fault(error)),
            remedy=_("consulte: training release --help"),
        ) from error


def words_of(manifest: CampaignManifest) -> ModelWords:
    """Return the names of a campaign's fields and codes; the columns of a table have none."""
    return load_model_words() if manifest.source is DataSource.RECORDS else PLAIN_WORDS
