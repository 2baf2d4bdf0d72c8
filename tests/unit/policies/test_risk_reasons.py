import pytest

from policies.errors import UnknownTerm
from policies.risk_reasons import load_risk_reasons, risk_reason


def test_every_reason_is_in_two_languages_and_found_by_its_code() -> None:
    for code, reason in load_risk_reasons().items():
        assert reason.es != reason.en
        assert risk_reason(code) == reason


def test_an_unknown_reason_is_a_typed_error() -> None:
    with pytest.raises(UnknownTerm):
        risk_reason("boredom")
