"""Assurance policies of tests."""

from typing import Final

from policies.assurance import AcceptedAssurances, Assurance, AssurancePolicy, OriginLimits, default_policy

_ANY_WORD: Final = tuple(Assurance)
TRUSTING: Final = AssurancePolicy(
    accepted=AcceptedAssurances(P1=_ANY_WORD, P2=_ANY_WORD, P3=default_policy().accepted.P3),
    limits=OriginLimits(consents_a_day=100_000, alarm_at=100_000),
)
"""For tests of how consents travel: P1 and P2 are opened by the word of other entities."""
