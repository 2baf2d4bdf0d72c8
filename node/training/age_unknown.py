"""The count of people that a model leaves out because their age is not known."""

from presentation.messages import Translator


def age_unknown(people: int, say: Translator) -> str:
    """Return the number of people left out because nobody can tell whether their age is the cohort's."""
    return say.plural(
        "Queda fuera {n} persona: no se sabe si tiene la edad del modelo. Precise su fecha de nacimiento si la conoce.",
        "Quedan fuera {n} personas: no se sabe si tienen la edad del modelo. Precise su fecha de nacimiento si la "
        "conoce.",
        people,
    )
