"""The life of a decision: given once, an approval withdrawn at most once, nothing taken back."""

from itertools import product

import pytest

from federated.campaign.decision import Verdict, is_new_decision
from federated.errors import CampaignDecided

NEWS = {(None, Verdict.APPROVED), (None, Verdict.REFUSED), (Verdict.APPROVED, Verdict.WITHDRAWN)}


@pytest.mark.invariant(6)
@pytest.mark.parametrize(("known", "new"), list(product((None, *Verdict), Verdict)))
def test_what_may_follow_what(known: Verdict | None, new: Verdict) -> None:
    if (known, new) in NEWS:
        assert is_new_decision(known, new)
    elif known is new:
        assert not is_new_decision(known, new)
    else:
        with pytest.raises(CampaignDecided):
            is_new_decision(known, new)
