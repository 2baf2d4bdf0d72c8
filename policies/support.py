"""Decide who acts about a person's data: the person alone, with a supporter, or a supporter for them.

The rules are `data/support.yaml`, each with its article. An act that no rule allows is refused.
"""

from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Final, Literal

from pydantic import Field

from policies.birth import Birth, Reached
from policies.codes import load_codes
from policies.documents import Entry, Labelled, read_document
from policies.errors import PolicyDocumentDamaged
from presentation.messages import _

AGE_OF_CONSENT_YEARS: Final = 14
"""LOPDGDD art. 7: below it, the holder of parental authority consents."""
HEALTH_AGE_YEARS: Final = 16
"""Ley 41/2002 art. 9.4."""
FULL_AGE_YEARS: Final = 18
EMANCIPATION_YEARS: Final = 16
"""CC 241, 245: nobody is emancipated before it."""


class Stage(StrEnum):
    """The stages of life in which the law lets a person decide more."""

    UNDER_14 = "under_14"
    FROM_14 = "from_14"
    FROM_16 = "from_16"
    FULL_AGE = "full_age"


class Mode(StrEnum):
    """The part of a supporter in an act."""

    REPRESENTS = "represents"
    """Their signature stands for the person's."""
    ASSISTS = "assists"
    """The person signs, and they sign with them."""


MINORS: Final = frozenset({Stage.UNDER_14, Stage.FROM_14, Stage.FROM_16})


class SupportRule(Labelled):
    """One way to act for a person or beside them; see the comments of ``data/support.yaml``."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")
    relation: str
    stages: frozenset[Stage] = Field(min_length=1)
    measures: frozenset[str] = frozenset()
    mode: Mode
    heard_from: int | None = Field(default=None, ge=0, le=18)
    reference: Literal["none", "required", "judicial"]
    health_only: bool = False
    article: str = Field(min_length=1, max_length=300)
    proposal: bool

    def needs_hearing(self, person: Birth, today: date) -> bool:
        """Return whether the person has to be heard before: also where nobody can tell their age."""
        return self.heard_from is not None and person.reached(self.heard_from, today) is not Reached.NO


class SupportRules(Entry):
    """The rules of one version, and the measures with which a person of age does not act alone."""

    version: str
    rules: tuple[SupportRule, ...]
    needed: frozenset[str]

    @property
    def by_id(self) -> Mapping[str, SupportRule]:
        """The rules by their id."""
        return {rule.id: rule for rule in self.rules}

    def relations_of(self, stage: Stage) -> frozenset[str]:
        """Return the relations that act for somebody at a stage of life, or beside them."""
        return frozenset(rule.relation for rule in self.rules if stage in rule.stages)

    def applying(
        self, relation: str, stage: Stage, measures: Collection[str] | None, *, authorised: bool = False
    ) -> SupportRule | None:
        """Return the rule by which a relation acts; None when it does not.

        Args:
            relation: code of ``guardian_relation``.
            stage: of the person.
            measures: support measures on record; None where the record is another entity's, and any of them counts.
            authorised: whether a judge's authorisation is on record, which some rules need.
        """
        for rule in self.rules:
            fits = not rule.measures or measures is None or bool(rule.measures & set(measures))
            allowed = rule.reference != "judicial" or authorised
            if rule.relation == relation and stage in rule.stages and fits and allowed:
                return rule
        return None


def stage_of(person: Birth, today: date) -> Stage:
    """Return the stage of a person's life; of an age that nobody can tell, the youngest stage that it can be."""
    reached = Stage.UNDER_14
    for years, stage in (
        (AGE_OF_CONSENT_YEARS, Stage.FROM_14),
        (HEALTH_AGE_YEARS, Stage.FROM_16),
        (FULL_AGE_YEARS, Stage.FULL_AGE),
    ):
        if person.reached(years, today) is Reached.YES:
            reached = stage
    return reached


def acts_alone(stage: Stage, *, health: bool, needed: Collection[str] = ()) -> bool:
    """Return whether a person acts alone.

    Args:
        stage: of the person.
        health: whether the act covers health data, for which the law asks 16 years.
        needed: support measures in force whose scope covers the act.
    """
    if stage is Stage.UNDER_14 or (health and stage is Stage.FROM_14):
        return False
    return not load_support_rules().needed & set(needed)


@cache
def load_support_rules() -> SupportRules:
    """Return the bundled rules, read once.

    Raises:
        PolicyDocumentDamaged: the document is unreadable, or names a relation or a measure that does not exist.
    """
    found, codes = read_document("data/support.yaml", SupportRules), load_codes()
    relations, measures = codes.list("guardian_relation").by_code, codes.list("support_measure").by_code
    named = {rule.relation for rule in found.rules} - set(relations)
    named |= {each for rule in found.rules for each in rule.measures} - set(measures)
    named |= found.needed - set(measures)
    if named or len(found.by_id) != len(found.rules):
        raise PolicyDocumentDamaged(_("support.yaml: código desconocido o regla repetida"))
    return found
