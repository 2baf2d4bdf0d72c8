"""The relay of calls between entities without an open port. In memory, and blind.

An entity attaches and takes the calls that are for it; a caller waits until its call is answered or its time is up.
Nothing is written to disk or to the log, nothing outlives the process, and the bytes are sealed between the two
entities, so that neither has to trust the relay.
"""

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from coordinator.relay.errors import (
    RelayBusy,
    RelayCallUnknown,
    RelayNotAttached,
    RelayTooLarge,
    RelayUnanswered,
)
from coordinator.relay.quotas import Allowance, RelayLimits
from presentation.messages import _
from records_exchange.sealing import MAX_SEALED_BYTES

GRACE_SECONDS: Final = 3.0
"""Time after the end of a stream for which its entity still counts as attached: the next stream is on its way."""


@dataclass(frozen=True, slots=True, eq=False)
class PendingCall:
    """A call that waits for its answer."""

    call_id: str
    caller: str
    recipient: str
    sealed: bytes
    answers: list[bytes] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


class _RecipientQueue:
    """The calls that wait for one entity, and the stream that takes them: the newest, as an older one may be dead."""

    def __init__(self, lock: threading.Lock) -> None:
        self.changed = threading.Condition(lock)
        self.waiting: deque[PendingCall] = deque()
        self.attachment: Attachment | None = None
        self.left_at = 0.0


class Attachment:
    """One stream of an attached entity."""

    def __init__(self, queue: _RecipientQueue, monotonic: Callable[[], float]) -> None:
        self._queue = queue
        self._monotonic = monotonic
        self._closed = False

    @property
    def closed(self) -> bool:
        """True once the stream should end: the entity opened a newer one or went away, or the relay is closing."""
        return self._closed

    def take(self, timeout_seconds: float) -> PendingCall | None:
        """Return the next call for the entity, or None when none came in time or the stream should end."""
        queue = self._queue
        with queue.changed:
            queue.changed.wait_for(lambda: self._closed or queue.waiting, timeout_seconds)
            return queue.waiting.popleft() if queue.waiting and not self._closed else None

    def close(self) -> None:
        """End the stream. Safe to call twice."""
        with self._queue.changed:
            self.close_locked()

    def close_locked(self) -> None:
        """End the stream, for a caller that holds the lock."""
        self._closed = True
        if self._queue.attachment is self:
            self._queue.attachment = None
            self._queue.left_at = self._monotonic()
        self._queue.changed.notify_all()


class CallRelay:
    """Forwards sealed calls. Safe to use from many threads."""

    def __init__(self, limits: RelayLimits, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._queues: dict[str, _RecipientQueue] = {}
        self._calls: dict[str, PendingCall] = {}
        self._call_allowances: dict[str, Allowance] = {}
        self._byte_allowances: dict[str, Allowance] = {}
        self._closed = False

    def attach(self, entity: str) -> Attachment:
        """Let an entity take its calls. An earlier stream of the same entity ends.

        Raises:
            RelayBusy: no more entities can be attached, or the relay is closing.
        """
        with self._lock:
            queue = self._queues.setdefault(entity, _RecipientQueue(self._lock))
            others = sum(1 for each in self._queues.values() if each is not queue and each.attachment)
            if self._closed or others >= self._limits.attached:
                raise RelayBusy(
                    _("no pueden conectarse más entidades al repetidor"),
                    remedy=_("aumente `workers` en la configuración del coordinador"),
                )
            if queue.attachment is not None:
                queue.attachment.close_locked()
            queue.attachment = Attachment(queue, self._monotonic)
            return queue.attachment

    def attached(self) -> tuple[str, ...]:
        """Return the ids of the attached entities, sorted."""
        with self._lock:
            return tuple(sorted(entity for entity, queue in self._queues.items() if queue.attachment))

    def forward(self, caller: str, recipient: str, sealed: bytes, timeout_seconds: float) -> bytes:
        """Forward a call and return the sealed answer.

        Args:
            caller: entity id, as its certificate says it.
            recipient: entity id.
            sealed: the call.
            timeout_seconds: longest wait of the caller.

        Raises:
            RelayTooLarge: more bytes than a call may have.
            RelayBusy: a limit is reached.
            RelayNotAttached: the recipient is not attached.
            RelayUnanswered: it did not answer in time, or could not open the call.
        """
        _require_small(sealed)
        with self._lock:
            self._admit(caller, recipient, len(sealed))
            queue = self._queue_of(recipient)
            call = PendingCall(secrets.token_hex(16), caller, recipient, sealed)
            self._calls[call.call_id] = call
            queue.waiting.append(call)
            queue.changed.notify()
        call.over.wait(timeout_seconds)
        with self._lock:
            del self._calls[call.call_id]
            if call in queue.waiting:
                queue.waiting.remove(call)
        if not call.answers or not call.answers[0]:
            raise RelayUnanswered(_("{recipient} no contestó", recipient=recipient), remedy=_("inténtelo más tarde"))
        return call.answers[0]

    def answer(self, entity: str, call_id: str, sealed: bytes) -> None:
        """Hand an entity's answer to the caller that waits for it; an empty one says that there will be none.

        Raises:
            RelayTooLarge: more bytes than an answer may have.
            RelayBusy: the entity sent more this minute than it may.
            RelayCallUnknown: no such call of this entity waits for an answer.
        """
        _require_small(sealed)
        with self._lock:
            self._charge(self._byte_allowances, entity, self._limits.bytes_per_minute, len(sealed))
            call = self._calls.get(call_id)
            if call is None or call.recipient != entity or call.over.is_set():
                raise RelayCallUnknown(
                    _("ninguna llamada espera esta respuesta"),
                    remedy=_("no hay que hacer nada: la respuesta llegó tarde"),
                )
            call.answers.append(sealed)
            call.over.set()

    def close(self) -> None:
        """Release every waiting thread, for good."""
        with self._lock:
            self._closed = True
            for call in self._calls.values():
                call.over.set()
            for queue in self._queues.values():
                if queue.attachment is not None:
                    queue.attachment.close_locked()

    def _admit(self, caller: str, recipient: str, size: int) -> None:
        limits, under_way = self._limits, self._calls.values()
        self._charge(self._call_allowances, caller, limits.calls_per_minute, 1)
        self._charge(self._byte_allowances, caller, limits.bytes_per_minute, size)
        if self._closed or len(under_way) >= limits.calls:
            raise RelayBusy(
                _("el repetidor no admite más llamadas en este momento"),
                remedy=_("inténtelo de nuevo dentro de un momento"),
            )
        if sum(call.caller == caller for call in under_way) >= limits.calls_from:
            raise RelayBusy(
                _("{caller} ya tiene en curso el máximo de llamadas permitido", caller=caller),
                remedy=_("inténtelo de nuevo dentro de un momento"),
            )
        if sum(call.recipient == recipient for call in under_way) >= limits.calls_to:
            raise RelayBusy(
                _("{recipient} ya tiene por contestar el máximo de llamadas permitido", recipient=recipient),
                remedy=_("inténtelo de nuevo dentro de un momento"),
            )

    def _charge(self, allowances: dict[str, Allowance], entity: str, per_minute: int, amount: int) -> None:
        if not allowances.setdefault(entity, Allowance(per_minute)).take(amount, self._monotonic()):
            raise RelayBusy(
                _("{entity} ha agotado lo que puede enviar en un minuto", entity=entity),
                remedy=_("inténtelo de nuevo dentro de un minuto"),
            )

    def _queue_of(self, recipient: str) -> _RecipientQueue:
        queue = self._queues.get(recipient)
        if queue is None or (queue.attachment is None and self._monotonic() - queue.left_at >= GRACE_SECONDS):
            raise RelayNotAttached(
                _("{recipient} no está conectada al repetidor", recipient=recipient), remedy=_("inténtelo más tarde")
            )
        return queue


def _require_small(sealed: bytes) -> None:
    if len(sealed) > MAX_SEALED_BYTES:
        raise RelayTooLarge(
            _("la llamada ocupa {sealed_count} bytes, más de lo permitido", sealed_count=len(sealed)),
            remedy=_("actualice RedPACT"),
        )
