"""Words for the security figure of a cohort's committee, for the model card and the coordinator's status."""

from federated.secagg.committee import CommitteeSecurity
from presentation.messages import Message, _, plural


def security_words(found: CommitteeSecurity) -> Message:
    """Return how many entities must collude with the coordinator before it could open the sum of a part."""
    if found.bits is None:
        return plural(
            "solo sumas de la cohorte mínima o más, mientras no se confabule con ella más de {n} entidad de "
            "{entities}.",
            "solo sumas de la cohorte mínima o más, mientras no se confabulen con ella más de {n} entidades de "
            "{entities}.",
            found.certain,
            entities=found.entities,
        )
    return _(
        "solo sumas de la cohorte mínima o más, mientras no se confabulen con ella más de {certain} entidades de "
        "{entities}; con hasta {likely}, la probabilidad de que pueda más es menor de 1 entre 2^{bits}.",
        certain=found.certain,
        entities=found.entities,
        likely=found.likely,
        bits=found.bits - 1,
    )
