"""The node attached to the relay: receives calls of other entities over its own outgoing stream, and answers them.

A call is opened with this entity's exchange key for the sender that the relay names; a false name does not open it.
Its content then passes the same checks as over mutual TLS, and its signature must prove that same sender.

Threads, turns and reserves are shared out by that name, apart from those of calls that come directly: what the relay
brings again, or makes up in the name of an entity, slows what it brings of that entity, and nothing else.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Final

import structlog

from node.clients import relay
from node.clients.coordinator import CoordinatorChannel
from node.clients.relay import RelayedCall
from node.context import NodeContext
from policies.errors import ErrorKind, RedpactError
from presentation.messages import _
from records_exchange.errors import SealBroken
from records_exchange.request import REQUEST_TYPE
from records_exchange.sealing import OpenedCall, Refusal, Route, open_call, seal_return
from service.errors import TooManyCalls
from service.limits import CallerLimits, CallGroup
from service.status import public_details
from service.turns import AT_ONCE, Turns
from trust.errors import DirectoryExpired
from trust.signing import Envelope

FIRST_WAIT_SECONDS: Final = 0.05
LONGEST_WAIT_SECONDS: Final = 30.0
LASTING_SECONDS: Final = 10.0
RELAYED_AT_ONCE: Final = 2 * AT_ONCE
"""Relayed calls that are worked on at once, whatever number of callers the relay names."""

Take = Callable[[Envelope, str], Envelope]
"""Handles a signed envelope of a caller, whose signature it must carry, and returns the signed answer."""

_log = structlog.get_logger(__name__)


class RelayedCalls:
    """Opens relayed calls, has them handled, and seals the answers. Safe to call from several threads."""

    def __init__(self, context: NodeContext, channel: CoordinatorChannel, limits: CallerLimits, take: Take) -> None:
        """Answer the calls of one node.

        Args:
            context: of the node.
            channel: to the coordinator.
            limits: of callers by relay, and of no others.
            take: handles what a call carries.
        """
        self._context = context
        self._turns, self._relay_turns = Turns(), Turns(RELAYED_AT_ONCE)
        self.limits = limits
        self._take = take
        self.channel = channel
        self.workers = context.settings.workers

    def answer(self, call: RelayedCall) -> bytes:
        """Open a relayed call, handle its content, and return the sealed answer.

        Raises:
            DirectoryExpired, UnknownParty: there is no directory, or it does not list the caller.
            SealBroken: the call does not open with this entity's key and this caller's.
            SealImpossible: the answer cannot be sealed.
        """
        # An expired directory is enough to seal the refusal; the checks of the content require a fresh one.
        directory = self._context.directory.newest()
        if directory is None:
            raise DirectoryExpired(
                _("este nodo aún no tiene directorio"), remedy=_("compruebe la conexión con el coordinador")
            )
        caller = directory.party(call.caller)
        route = Route(self._context.settings.network, caller.id, self._context.settings.entity)
        try:
            with self._turn(caller.id):
                opened = self._opened(call.sealed, route)
                answer = self._taken(opened.envelope, caller.id)
        except TooManyCalls as error:  # no thread or turn for this caller: it is told so
            opened, answer = self._opened(call.sealed, route), _refusal(error)
        return seal_return(answer, route, opened.binding, bytes.fromhex(caller.exchange_key))

    @contextmanager
    def _turn(self, caller: str) -> Iterator[None]:
        with self.limits.place(caller, CallGroup.MESSAGES), self._turns.of(caller), self._relay_turns.of("relay"):
            yield

    def _opened(self, sealed: bytes, route: Route) -> OpenedCall:
        *former, current = (*self._context.keys.former_exchange, self._context.keys.exchange)
        for own in former:
            with suppress(SealBroken):
                return open_call(sealed, route, own)
        try:
            return open_call(sealed, route, current)
        except SealBroken as error:
            self.limits.charge_fault(route.sender, CallGroup.MESSAGES, error)
            raise

    def _taken(self, envelope: Envelope, caller: str) -> Envelope | Refusal:
        reference = secrets.token_hex(4)
        group = CallGroup.FETCHES if envelope.payload_type == REQUEST_TYPE else CallGroup.MESSAGES
        try:
            self.limits.spend(caller, group)  # the server's call guard did not see this call
        except TooManyCalls as error:
            return _refusal(error, reference)
        try:
            return self._take(envelope, caller)
        except RedpactError as error:
            self.limits.charge_fault(caller, group, error)
            return _refusal(error, reference)
        except Exception:  # noqa: BLE001 - the outermost edge: no traceback may reach a peer
            _log.exception("call_failed", reference=reference)
            return Refusal("", ErrorKind.DAMAGED, f"the service has a fault; reference {reference}")


def _refusal(error: RedpactError, reference: str = "") -> Refusal:
    found = reference or secrets.token_hex(4)
    level = 40 if error.kind is ErrorKind.DAMAGED else 20
    _log.log(level, "call_refused", code=error.code, reference=found)
    return Refusal(error.code, error.kind, public_details(error, found))


def attend_relay(calls: RelayedCalls, stopping: threading.Event) -> None:
    """Stay attached to the relay until `stopping` is set.

    Streams end, by age or by a fault, and the next is opened at once. After each stream that served no call and ended
    within ten seconds, the wait doubles, up to half a minute, so as not to load a relay that is down.
    """
    wait, logged = FIRST_WAIT_SECONDS, ""
    with ThreadPoolExecutor(calls.workers, thread_name_prefix="relayed") as pool:
        queue = _Queue(calls, pool)
        while not stopping.is_set():
            opened, served, code = time.monotonic(), queue.served, ""
            try:
                for call in relay.attend(calls.channel()):
                    if call is not None:
                        queue.take(call)
            except RedpactError as error:
                code = error.code
                if code != logged and not stopping.is_set():  # one line for the same fault, however long it lasts
                    _log.warning("relay_not_attached", code=code, message=error.message)
            logged = code
            if queue.served > served or time.monotonic() - opened > LASTING_SECONDS:
                wait = FIRST_WAIT_SECONDS
            stopping.wait(wait * (0.5 + secrets.randbelow(1000) / 2000))
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)


class _Queue:
    """Answers calls, several at once; when all threads are busy the stream waits, and with it the relay."""

    def __init__(self, calls: RelayedCalls, pool: ThreadPoolExecutor) -> None:
        self._calls = calls
        self._pool = pool
        self._free = threading.BoundedSemaphore(calls.workers)
        self.served = 0

    def take(self, call: RelayedCall) -> None:
        self.served += 1
        self._free.acquire()
        self._pool.submit(self._answer, call)

    def _answer(self, call: RelayedCall) -> None:
        try:
            relay.answer(self._calls.channel(), call.call_id, self._sealed_answer(call))
        except RedpactError as error:
            _log.info("relayed_call_lost", code=error.code)
        except Exception:  # noqa: BLE001 - the edge of a thread: a defect in one call must not end the stream
            _log.exception("relayed_call_failed")
        finally:
            self._free.release()

    def _sealed_answer(self, call: RelayedCall) -> bytes:
        try:
            return self._calls.answer(call)
        except RedpactError as error:  # unreadable, or no key to seal an answer to: the caller need not wait
            _log.info("relayed_call_refused", code=error.code)
            return b""
