"""Channels to other services, shared between calls and rebuilt when our certificate changes."""

import threading
import time
from typing import Final

import grpc

from service.tls import CurrentCertificate, TlsIdentity, client_credentials

CALL_SECONDS: Final = 10.0
"""Deadline of an ordinary call. Every call has one: without it a dead peer holds the caller forever."""

STREAM_SECONDS: Final = 330.0
"""Deadline of a stream. Its server ends it after five minutes; one that does not, or falls silent, is opened anew."""

MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
"""Bound on a message in either direction; a directory of 5,000 entities is about 3 MiB."""

_RETIRED_SECONDS: Final = 300.0

_OPTIONS: Final[tuple[tuple[str, int], ...]] = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 5_000),
    ("grpc.keepalive_time_ms", 30_000),  # a peer that stopped without closing is noticed within 40 s
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.use_local_subchannel_pool", 1),  # a new certificate must mean a new connection
)


class ChannelPool:
    """Keeps one mutual-TLS channel per (address, server name). Safe to use from several threads."""

    def __init__(self, certificate: CurrentCertificate) -> None:
        self._certificate = certificate
        self._lock = threading.Lock()
        self._identity: TlsIdentity | None = None
        self._channels: dict[tuple[str, str], grpc.Channel] = {}
        self._retired: list[tuple[float, grpc.Channel]] = []

    def channel(self, address: str, server_name: str) -> grpc.Channel:
        """Return a channel to `address` that accepts only a certificate for `server_name`.

        It does not connect yet. Do not close it, and ask again for each call: the pool replaces it after a renewal.

        Raises:
            KeyUnreadable, CertificateUnusable: there is no usable certificate.
        """
        identity = self._certificate.identity()
        with self._lock:
            if identity is not self._identity:
                self._retire()
                self._identity = identity
            key = (address, server_name)
            if key not in self._channels:
                options = (*_OPTIONS, ("grpc.ssl_target_name_override", server_name))
                self._channels[key] = grpc.secure_channel(address, client_credentials(identity), options=options)
            return self._channels[key]

    def close(self) -> None:
        """Close every channel; calls under way are cancelled."""
        with self._lock:
            channels = [*self._channels.values(), *(channel for _, channel in self._retired)]
            self._channels, self._retired = {}, []
        for channel in channels:
            channel.close()

    def _retire(self) -> None:
        # Closing cancels calls under way, so a replaced channel is kept for as long as the longest of them may take.
        now = time.monotonic()
        for since, channel in self._retired:
            if now - since > _RETIRED_SECONDS:
                channel.close()
        self._retired = [item for item in self._retired if now - item[0] <= _RETIRED_SECONDS]
        self._retired += [(now, channel) for channel in self._channels.values()]
        self._channels = {}
