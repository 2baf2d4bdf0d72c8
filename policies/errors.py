"""The root of every error that RedPACT raises on purpose, and the errors of this package.

Every package has one root class in its ``errors.py`` that derives from `RedpactError`; the edges (command line, gRPC)
catch `RedpactError` only. Anything else that escapes is a defect.
"""

from collections.abc import Mapping
from enum import Enum
from typing import ClassVar, Final

from presentation.catalogue import LANGUAGES
from presentation.messages import _, current_language, in_language


class ErrorKind(Enum):
    """The kinds of error by the remedy that a caller has; the edges map them to exit codes and gRPC statuses."""

    REFUSED = "refused"  # refused, or the evidence does not verify
    USAGE = "usage"  # the question makes no sense
    UNREACHABLE = "unreachable"  # no answer: try again later
    DAMAGED = "damaged"  # state on this machine is unreadable or inconsistent


class RedpactError(Exception):
    """An error with a stable code, a plain sentence, and the next step.

    Class attributes:
        code: stable machine-readable name, unique over the project.
        kind: which remedy the caller has.
        sentence: the fault and the next step, for a professional.
    """

    code: ClassVar[str] = "error"
    kind: ClassVar[ErrorKind] = ErrorKind.REFUSED
    sentence: ClassVar[str] = _("La operación no se ha podido completar.")

    def __init__(self, message: str, *, remedy: str = "") -> None:
        """Take the particulars and the next step, as messages that can be shown in the reader's language."""
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class PoliciesError(RedpactError):
    """Root of the errors of `policies`."""

    code = "policies_error"


class UnknownTerm(PoliciesError):
    """A purpose, role, field or code that the vocabulary does not hold."""

    code = "unknown_term"
    kind = ErrorKind.USAGE
    sentence = _("El término no existe en el vocabulario. Consulte la lista con «redpact-node vocabulary».")


class ValueNotAllowed(PoliciesError):
    """A field of the catalogue may not hold this value."""

    code = "value_not_allowed"
    kind = ErrorKind.USAGE
    sentence = _("El valor no es válido para ese campo. Consulte los valores con «redpact-node vocabulary fields».")


class PolicyDocumentDamaged(PoliciesError):
    """A bundled policy document cannot be read or does not validate."""

    code = "policy_document_damaged"
    kind = ErrorKind.DAMAGED
    sentence = _("Un documento de políticas instalado está dañado. Reinstale RedPACT.")


EXIT_CODES: Final[Mapping[ErrorKind, int]] = {
    ErrorKind.REFUSED: 1,
    ErrorKind.USAGE: 2,
    ErrorKind.UNREACHABLE: 3,
    ErrorKind.DAMAGED: 4,
}
"""The exit code of a command; 0 is done. Scripts rely on these numbers."""


def code_sentence(code: str) -> str:
    """Return the sentence of an error's code, which a table or a peer's reply holds; unknown ones stand for themselves.

    Only the errors of loaded packages are known, which are those that could have been raised here.
    """
    waiting: list[type[RedpactError]] = [RedpactError]
    while waiting:
        found = waiting.pop()
        if found.code == code:
            return found.sentence
        waiting += found.__subclasses__()
    return code


def error_document(error: RedpactError) -> dict[str, object]:
    """Return the JSON document of an error; message and remedy are in the language of the program."""
    sentences = {language: in_language(error.sentence, language) for language in LANGUAGES}
    document = {"code": error.code, "message": str(error.message), "remedy": str(error.remedy), **sentences}
    return {"error": document, "exit_code": EXIT_CODES[error.kind]}


def error_text(error: RedpactError, lang: str | None = None) -> str:
    """Return an error for people in one language: the sentence, the particulars and the next step.

    Args:
        error: of any package.
        lang: of the reader; that of the program when None.
    """
    lang = lang or current_language()
    lines = [f"✗ {in_language(error.sentence, lang)}", f"  {in_language(error.message, lang)} [{error.code}]"]
    if error.remedy:
        lines.append(f"  → {in_language(error.remedy, lang)}")
    return "\n".join(lines)
