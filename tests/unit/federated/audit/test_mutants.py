"""Invariant 7: whatever breaks the promise makes an audit fail that the code as it is passes."""

import pytest

from tests.support.white_box_audits import AUDITS, honest
from tests.support.white_box_mutants import MUTANTS, Mutant

CASES = [pytest.param(mutant, name, id=f"{mutant.name}: {name}") for mutant in MUTANTS for name in mutant.audits]


@pytest.mark.invariant(7)
@pytest.mark.parametrize(("mutant", "name"), CASES)
def test_the_audit_is_passed_and_the_mutant_fails_it(
    mutant: Mutant, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = AUDITS[name]
    assert honest(name) <= audit.claimed()
    mutant.broken(monkeypatch)
    assert audit.measured() > audit.claimed()
