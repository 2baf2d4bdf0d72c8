"""The servers and background tasks of a running node. A new one is a line in `servicers` or `tasks`."""

from functools import partial
from importlib import import_module
from typing import Final, Protocol, cast

import structlog

from consent_ledger.witnessing.witness import MAX_REQUEST_BYTES
from node.anchors.comparing import compare_heads
from node.consents.expiry import expire_consents
from node.consents.propagation.background import keep_propagating
from node.inbox.background import sweep_inbox
from node.ledger.witnessing.background import witness_ledger
from node.locator.background import publish_consents
from node.messages.background import deliver_notifications, deliver_withdrawals
from node.messages.relay import attend_relay
from node.migrations import MIGRATIONS
from node.pseudonym_key.answering import evaluations
from node.pseudonym_key.background import keep_pseudonym_key
from node.recoveries.endpoint import VetoEndpoint
from node.recoveries.vetoing import keep_spreading
from node.rights.import_background import settle_imports
from node.rights.import_undo import ImportUndoing
from node.rpc.ledger import ledger_servicer
from node.rpc.messages import messages_servicer
from node.rpc.records import records_servicer
from node.training.service_loops import decide_by_policies, watch_recalls, work_on_campaigns
from node.wiring import Node
from policies.errors import RedpactError
from records_exchange.key_holding.rpc import pseudonym_key_servicer
from service import migrate
from service.errors import AddressInUse
from service.grpc_server import Register, start_server
from service.http_server import start_http
from service.refused_calls import keep_refused_calls
from service.running import ServerHandle, Service, Task

PAGES: Final = "portal.serving"
"""The module that serves the pages for the entity's staff."""

_log = structlog.get_logger(__name__)


def servicers(node: Node) -> list[Register]:
    """Return the functions that add the servicers to the server for other entities."""
    network = node.context.settings.network
    return [
        records_servicer(node.incoming, network, node.directory_heads),
        messages_servicer(node.incoming, network, node.directory_heads),
        ledger_servicer(node.context),
        pseudonym_key_servicer(evaluations(node.context, node.key_holding.files).evaluate, network),
    ]


def tasks(node: Node) -> list[Task]:
    """Return the background work of the node."""
    context = node.context
    return [
        Task("directory", node.directory_follower.poll),
        Task("watch", node.directory_follower.watch),
        Task("heads", node.directory_heads.watch),
        Task("compared", partial(compare_heads, context, node.directory_heads)),
        Task("vetoes", partial(keep_spreading, context, node.coordinator_channel, node.directory_alarm)),
        Task("certificate", node.certificate_renewal.keep),
        Task("imports", partial(settle_imports, ImportUndoing(context, node.erasures.erasers))),
        Task("expiry", partial(expire_consents, node.consents)),
        Task("withdrawals", partial(deliver_withdrawals, node.outbox)),
        Task("outbox", partial(deliver_notifications, node.outbox)),
        Task("connections", node.connection_limits.keep),
        Task("refused", partial(keep_refused_calls, context.home, (node.limits, node.relayed_calls.limits))),
        Task("travelling", partial(keep_propagating, context, node.consent_changes, node.outbox)),
        Task("attention", partial(sweep_inbox, node.inbox_sweep)),
        Task("witnesses", partial(witness_ledger, context)),
        Task("locator", partial(publish_consents, context, node.locator_client(), node.publisher_wakeup)),
        Task("pseudonym-key", partial(keep_pseudonym_key, context, node.key_holding)),
        *relay_tasks(node),
        *training_tasks(node),
    ]


def relay_tasks(node: Node) -> list[Task]:
    """Return the task that answers calls by relay, unless the settings switch it off."""
    return [Task("relay", partial(attend_relay, node.relayed_calls))] if node.context.settings.relay else []


def training_tasks(node: Node) -> list[Task]:
    """Return the tasks of training campaigns; without the extra ``federated`` they can only refuse and deliver."""
    context, client = node.context, node.training_client()
    return [
        Task("training", partial(work_on_campaigns, context, client, node.directory_follower.refresh)),
        Task("policies", partial(decide_by_policies, context, client)),
        Task("recalls", partial(watch_recalls, context, client)),
    ]


def start(node: Node, *, portal: str = "") -> Service:
    """Start the node's servers and its background tasks.

    Args:
        node: the node.
        portal: ``host:port`` of the pages for the entity's staff; empty for none. When they cannot be served the node
            runs without them.

    Raises:
        RedpactError: a part is missing or unusable; nothing was left running.
    """
    settings = node.context.settings
    migrate.require_current(node.context.engine, MIGRATIONS)
    background = tasks(node)
    credentials = node.certificate.server_credentials()
    servers: list[ServerHandle] = []
    if settings.listen:
        guard = node.call_guard()
        servers.append(
            start_server(settings.listen, credentials, servicers(node), workers=settings.workers, guard=guard)
        )
    if settings.witness_listen:
        try:
            servers.append(_start_witness(node, settings.witness_listen))
        except AddressInUse:
            for server in servers:
                server.stop(0)
            raise
    if portal and (pages := start_portal(node, portal)):
        servers.append(pages)
    return Service(servers, background, release=[node.channels.close], close=node.close)


def start_portal(node: Node, listen: str) -> ServerHandle | None:
    """Serve the pages of the entity's staff; None, and a line in the log, when that fails.

    The pages stand above the node, which imports nothing of them: they are looked up by name.
    """
    try:
        return cast("_Pages", import_module(PAGES)).start(node, listen)
    except RedpactError as error:
        _log.warning("pages_not_served", listen=listen, code=error.code, message=error.message)
    except Exception:  # noqa: BLE001  # a defect of the pages must not keep the node from answering other entities
        _log.exception("pages_not_served", listen=listen)
    return None


def pages_address(running: Service) -> str:
    """Return where the pages are served; empty when they are not."""
    addresses = (getattr(server, "address", "") for server in running.servers)  # no other server has one
    return next((str(address) for address in addresses if address), "")


class _Pages(Protocol):
    """The module that serves the pages."""

    def start(self, node: Node, listen: str) -> ServerHandle:
        """Serve the pages of a node."""
        ...


def _start_witness(node: Node, listen: str) -> ServerHandle:
    endpoint = VetoEndpoint(node.context, node.witness_endpoint.handle)
    return start_http(listen, endpoint.handle, max_body_bytes=MAX_REQUEST_BYTES)
