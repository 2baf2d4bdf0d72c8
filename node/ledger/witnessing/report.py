"""The result of a round of witnessing, for people and for ``--json``."""

from collections.abc import Mapping
from typing import Any

from consent_ledger.witnessing.assignment import WITNESS_FAULTS, unusable_witnesses
from node.context import NodeContext
from node.ledger.witnessing.rounds import WitnessResult, run_round
from presentation.messages import Translator, joined, speaking
from presentation.terminal import paragraph
from trust.parties import COORDINATOR_ID


def round_report(context: NodeContext, lang: str) -> tuple[dict[str, Any], str]:
    """Run a round and return its result as JSON values and as text.

    Raises:
        RedpactError: directory or database are unusable.
    """
    done, say = run_round(context), speaking(lang)
    if done is None:
        return {"size": None, "quorum": True, "witnesses": []}, say("La red no tiene testigos.")
    rows = [
        {"witness": each.witness.id, "cosigned": each.line is not None, "fault": each.error.code if each.error else ""}
        for each in done.outcomes
    ]
    directory = context.directory.newest()
    left_out = unusable_witnesses(directory) if directory else {}
    names = {party.id: party.name for party in directory.entities} if directory else {}
    lines = [_line(each, names, say) for each in done.outcomes]
    lines += [
        say("✗ {witness}: no se usa ({why})", witness=names.get(name, name), why=WITNESS_FAULTS[why])
        for name, why in left_out.items()
    ]
    if done.quorum:
        lines.append(say("Hay cofirmas suficientes del registro."))
    else:
        lines.append(say("Faltan cofirmas del registro; «serve» lo seguirá intentando."))
    shown = "\n".join(paragraph(line, hanging=2) for line in lines)
    document = {"size": done.size, "quorum": done.quorum, "witnesses": rows}
    return document | ({"left_out": dict(left_out)} if left_out else {}), shown


def _line(outcome: WitnessResult, names: Mapping[str, str], say: Translator) -> str:
    witness = outcome.witness.id
    name = say("Coordinador") if witness == COORDINATOR_ID else names.get(witness, witness)
    if outcome.error is None:
        return f"✓ {name}"
    why = joined([outcome.error.sentence, outcome.error.message])
    return say("✗ {witness}: {why}", witness=name, why=why)
