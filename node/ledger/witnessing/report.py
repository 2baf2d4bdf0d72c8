"""What came of a round of witnessing, for people and for ``--json``."""

from typing import Any

from node.context import NodeContext
from node.ledger.witnessing.rounds import Outcome, run_round
from presentation.messages import joined


def round_report(context: NodeContext, lang: str) -> tuple[dict[str, Any], str]:
    """Run a round and return what came of it as JSON values and as text.

    Raises:
        RedpactError: directory or database are unusable.
    """
    done = run_round(context)
    if done is None:
        text = "The network has no witnesses." if lang == "en" else "La red no tiene testigos."
        return {"size": None, "quorum": True, "witnesses": []}, text
    rows = [
        {"witness": each.witness.id, "cosigned": each.line is not None, "fault": each.error.code if each.error else ""}
        for each in done.outcomes
    ]
    verdict = {
        ("en", True): "Enough witnesses cosigned the ledger.",
        ("en", False): "Not enough witnesses cosigned the ledger; serve goes on trying.",
        ("es", True): "Hay cofirmas suficientes del registro.",
        ("es", False): "Faltan cofirmas del registro; «serve» lo seguirá intentando.",
    }
    lines = [_line(each, lang) for each in done.outcomes]
    lines.append(verdict["en" if lang == "en" else "es", done.quorum])
    return {"size": done.size, "quorum": done.quorum, "witnesses": rows}, "\n".join(lines)


def _line(outcome: Outcome, lang: str) -> str:
    if outcome.error is None:
        return f"✓ {outcome.witness.id}"
    said = joined([outcome.error.sentence, outcome.error.message]).in_language(lang)
    return f"✗ {outcome.witness.id}: {said}"
