"""What is loaded for which model: torch takes seconds and much memory, and most campaigns do not need it."""

import subprocess
import sys

PROGRAM = """
import sys
import numpy as np
import federated.models
from federated.privacy.stages import StageKind
from tests.support.cohort import additive_manifest, people_of

answer = federated.models.local_sum_for(additive_manifest())
print(answer(np.zeros(0), StageKind.EDGES, people_of(1).training).sum() > 0)
print([name for name in ("torch", "opacus", "opendp") if name in sys.modules])
"""


def test_a_campaign_with_the_additive_model_never_loads_torch() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["True", "[]"]
