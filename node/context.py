"""The context of a node's use cases: settings, keys, clock, directory and units of work."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

from service.database_context import DatabaseContext

if TYPE_CHECKING:
    from consent_ledger.directories.anchors import AnchorPolicy
    from node.directory_cache import DirectoryCache
    from node.keys import NodeKeys
    from node.settings import NodeSettings
    from service.clock import Clock
    from trust.parties import Party


class NodeContext(DatabaseContext):
    """One entity's settings, keys, directory, clock and database, read or opened on first use; safe across threads.

    Attributes:
        home: the folder with the settings, keys and files of the node.
        clock: the present (UTC).
    """

    def __init__(self, home: Path, clock: "Clock") -> None:
        self.home = home
        self.clock = clock
        self._given_keys: NodeKeys | None = None
        self._read_keys: tuple[int, NodeKeys] | None = None

    @cached_property
    def settings(self) -> "NodeSettings":
        """The validated content of ``HOME/node.toml``."""
        from node.settings import NodeSettings  # noqa: PLC0415 - a command loads only what it uses

        return NodeSettings.load(self.home)

    @property
    def keys(self) -> "NodeKeys":
        """The entity's private keys, read again when one was replaced, by whichever process."""
        if self._given_keys is not None:
            return self._given_keys
        from node.keys import NodeKeys  # noqa: PLC0415 - as above

        try:
            stamp = self._keys_folder.stat().st_mtime_ns  # a renamed file changes its folder
        except OSError:
            stamp = 0  # loading says what is missing
        read = self._read_keys
        if read is None or read[0] != stamp:
            read = self._read_keys = (stamp, NodeKeys.load(self.home))
        return read[1]

    @keys.setter
    def keys(self, given: "NodeKeys") -> None:
        self._given_keys = given

    @cached_property
    def _keys_folder(self) -> Path:
        from node.keys import FOLDER  # noqa: PLC0415 - as above

        return self.home / FOLDER  # a fetch asks for the keys nine times: joining the path each time is felt

    @cached_property
    def directory(self) -> "DirectoryCache":
        """The signed directory of the network, as this node last verified it."""
        from node.directory_cache import DirectoryCache  # noqa: PLC0415 - as above

        settings = self.settings
        return DirectoryCache(
            self.home,
            network=settings.network,
            coordinator_key=bytes.fromhex(settings.coordinator_key),
            anchors=self._pinned_anchors,
            entity=settings.entity,
            own_keys=self._false_keys,
        )

    def _pinned_anchors(self) -> "AnchorPolicy":
        from node.pinned_anchors import pinned_anchors  # noqa: PLC0415 - as above

        with self.snapshot() as session:
            return pinned_anchors(session, self.keys.cipher)

    def _false_keys(self, listed: "Party") -> dict[str, str]:
        from node.next_keys import waiting_keys  # noqa: PLC0415 - as above
        from node.own_entry import false_keys  # noqa: PLC0415 - as above

        return false_keys(listed, self.settings, self.keys, waiting_keys(self.home))

    @override
    def database_url(self) -> str:
        return self.settings.database_url(self.home)

    def entity_names(self) -> dict[str, str]:
        """Return the names of the entities of the newest directory by their ids."""
        directory = self.directory.newest()
        return {party.id: party.name for party in directory.entities} if directory else {}
