"""A check of ``doctor``: the entities where consents were given are heard."""

from node.consents.propagation.freshness import is_silent
from node.context import NodeContext
from node.ledger.own import own_consents
from policies.errors import RedpactError
from presentation.messages import _
from service.findings import Finding, Level


def check_origins(context: NodeContext) -> Finding:
    """Check that every origin of a live consent was heard within the freshness bound."""
    now, bound = context.clock.now(), context.settings.silence_bound
    try:
        with context.snapshot() as session:
            live = [view for view in own_consents(context, session).list() if view.record.origin and view.is_live(now)]
            silent = sorted(
                {
                    view.record.origin.entity
                    for view in live
                    if view.record.origin
                    and is_silent(session, view.record.origin.entity, view.told_at, now=now, bound=bound)
                }
            )
    except RedpactError as error:
        return Finding.of_error("origins", error)
    if not silent:
        text = _("Consentimientos dados en otras entidades: {live_count}", live_count=len(live))
        return Finding("origins", Level.OK, text)
    names = ", ".join(silent)
    text = _(
        "No se comparte con los consentimientos dados en {names}: no hay noticias desde hace demasiado tiempo",
        names=names,
    )
    return Finding(
        "origins",
        Level.WARNING,
        text,
        _("compruebe la conexión; se volverá a compartir cuando esas entidades den noticias"),
    )
