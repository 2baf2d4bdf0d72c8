"""Errors of witnessing. `WitnessingError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class WitnessingError(RedpactError):
    """Root of the errors of `node.ledger.witnessing`."""

    code = "witnessing_error"


class LedgerContradicted(WitnessingError):
    """A witness has seen a larger or another version of our ledger than the stored one."""

    code = "ledger_contradicted"
    kind = ErrorKind.DAMAGED
    sentence = _(
        "Un testigo conoce otra versión del registro de esta entidad, o una más larga. Puede haberse "
        "restaurado una copia antigua. Guarde la carpeta «evidence» y avise a la persona delegada de "
        "protección de datos."
    )


class LedgerUnwitnessed(WitnessingError):
    """Too few witnesses say that the stored ledger is the newest."""

    code = "ledger_unwitnessed"
    kind = ErrorKind.UNREACHABLE
    sentence = _(
        "No hay bastantes testigos que confirmen que el registro de esta entidad es el más reciente, y no una copia "
        "antigua restaurada: no se entrena, porque podría gastarse dos veces el mismo presupuesto de privacidad."
    )


class PeerLedgerForked(WitnessingError):
    """A holder whose ledger contradicts an earlier checkpoint of it."""

    code = "peer_ledger_forked"
    sentence = _(
        "El registro de la otra entidad contradice lo que mostró antes: su respuesta no se muestra. Se "
        "ha guardado la prueba en la carpeta «evidence». Avise a la persona delegada de protección de "
        "datos."
    )


class PeerLedgerUnproven(WitnessingError):
    """A holder that does not prove that its ledger extends an earlier checkpoint."""

    code = "peer_ledger_unproven"
    sentence = _(
        "La otra entidad no prueba que su registro solo haya crecido desde la última vez: su respuesta "
        "no se muestra. Repita la consulta; si sigue igual, avise a la persona delegada de protección de "
        "datos."
    )


class NothingSeen(WitnessingError):
    """A ledger without a checkpoint seen by this node."""

    code = "nothing_seen"
    kind = ErrorKind.USAGE
    sentence = _("Este nodo no ha visto todavía el registro de esa entidad. Pregunte a otra entidad o al coordinador.")
