"""Settings, keys, certificates, clock and units of work, the ground under every part of the coordinator."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

from service.database_context import DatabaseContext

if TYPE_CHECKING:
    from coordinator.authority import Authority
    from coordinator.keys import CoordinatorKeys
    from coordinator.settings import CoordinatorSettings
    from service.clock import Clock
    from service.tls import CurrentCertificate


class CoordinatorContext(DatabaseContext):
    """The base of every use case of the coordinator. Read or opened on first use; safe across threads.

    Attributes:
        home: the folder with the settings, keys and files of the coordinator.
        clock: tells the time (UTC).
    """

    def __init__(self, home: Path, clock: "Clock") -> None:
        self.home = home
        self.clock = clock

    @cached_property
    def settings(self) -> "CoordinatorSettings":
        """The validated content of ``HOME/coordinator.toml``."""
        from coordinator.settings import CoordinatorSettings  # noqa: PLC0415 - a command pays only for what it uses

        return CoordinatorSettings.load(self.home)

    @cached_property
    def keys(self) -> "CoordinatorKeys":
        """The keys that sign directories, manifests and releases, and cosign ledgers."""
        from coordinator.keys import CoordinatorKeys  # noqa: PLC0415 - as above

        return CoordinatorKeys.load(self.home)

    @cached_property
    def authority(self) -> "Authority":
        """The network's certificate authority."""
        from coordinator.authority import Authority  # noqa: PLC0415 - as above

        return Authority.load(self.home, network=self.settings.network)

    @cached_property
    def certificate(self) -> "CurrentCertificate":
        """The coordinator's own TLS certificate, following its files."""
        from coordinator.keys import coordinator_certificate  # noqa: PLC0415 - as above

        return coordinator_certificate(self.home)

    @override
    def database_url(self) -> str:
        return self.settings.database_url(self.home)
