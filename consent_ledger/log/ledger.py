"""The consent ledger: an append-only RFC 6962 log that signs a checkpoint with every append.

Everything happens inside the caller's transaction: entries, bodies, tiles and the new checkpoint become durable
together when it commits, or none of them does. No entry may be reported before that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from consent_ledger.errors import EntryInvalid, EntryUnknown, LedgerDamaged, ProofError
from consent_ledger.log.bodies import ErasureBody
from consent_ledger.log.entry import EntryType, NewEntry, encode_time, seal_entry
from consent_ledger.log.store import Head, LedgerStore, Tile
from consent_ledger.proofs import merkle
from consent_ledger.proofs.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from consent_ledger.proofs.merkle import HASH_BYTES, leaf_hash
from consent_ledger.proofs.note import Note, NoteSigner, parse_note
from consent_ledger.proofs.tiles import TILE_BYTES, TILE_HEIGHT, TILE_WIDTH, TileHashes, grow
from presentation.messages import _


@dataclass(frozen=True, slots=True)
class Appended:
    """An entry as written. Valid evidence only once the transaction has committed."""

    index: int
    entry_id: str
    leaf: bytes
    leaf_hash: bytes
    checkpoint: bytes
    """The signed checkpoint that covers it: the same for all entries of one append."""


@dataclass(frozen=True, slots=True)
class Proved:
    """An entry as written, with proofs under the checkpoint that covers it."""

    appended: Appended
    inclusion: tuple[bytes, ...]
    """The audit path of the entry (RFC 6962 2.1.1)."""
    extends: Mapping[int, tuple[bytes, ...]]
    """By size, the proof that the log of that size was extended (RFC 6962 2.1.2)."""


class ConsentLedger:
    """One entity's ledger over a store."""

    def __init__(self, store: LedgerStore, signer: NoteSigner) -> None:
        self._store = store
        self._signer = signer

    @property
    def origin(self) -> str:
        """The name of the log: the first line of its checkpoints."""
        return self._signer.name

    @property
    def vkey(self) -> str:
        """The verifier key of its checkpoints."""
        return self._signer.vkey

    @property
    def store(self) -> LedgerStore:
        """The store of the log."""
        return self._store

    def lock(self) -> None:
        """Keep every other writer out until the transaction ends.

        Call it before a decision that depends on the ledger and is then appended to it.
        """
        self._store.lock_head()

    def append(self, entries: Sequence[NewEntry], now: datetime) -> list[Appended]:
        """Write entries, in order, and sign the checkpoint that covers them.

        Raises:
            EntryInvalid: no entries, or one whose body is too large.
            LedgerDamaged: the stored ledger is not this one, or contradicts itself.
        """
        return self._write(self._own(self._store.lock_head()), entries, now)[0]

    def append_proved(self, entry: NewEntry, now: datetime, *, seen: Sequence[int] = ()) -> Proved:
        """Write one entry and return it with its proofs in the checkpoint just signed.

        The audit path of the last leaf is the frontier as it was before it, smallest subtree first (RFC 6962 2.1.1), so
        that this proof costs no reading. Nor does the proof that the log of just before was extended.

        Args:
            entry: to be written.
            now: the time of the entry.
            seen: sizes that the log is proved to extend; sizes that it never had are left out.

        Raises:
            EntryInvalid: the body is too large.
            LedgerDamaged: the stored ledger is not this one, or contradicts itself.
        """
        head = self._own(self._store.lock_head())
        (appended,), frontier = self._write(head, [entry], now)
        before = head.frontier if head else ()
        hashes = self._right_edge(appended.index + 1, frontier)
        hashes.know(appended.index, before)
        hashes.know_leaf(appended.index, appended.leaf_hash)
        extends = {
            size: tuple(merkle.consistency_proof(size, appended.index + 1, hashes))
            for size in seen
            if size <= appended.index
        }
        return Proved(appended, tuple(reversed(before)), extends)

    def _write(
        self, head: Head | None, entries: Sequence[NewEntry], now: datetime
    ) -> tuple[list[Appended], Sequence[bytes]]:
        """Write entries; return them, and the frontier of the log that ends with them."""
        if not entries:
            raise EntryInvalid(_("no hay ninguna anotación que añadir"))
        size, frontier = (head.size, list(head.frontier)) if head else (0, [])
        moment = encode_time(now)
        sealed = [seal_entry(entry, moment) for entry in entries]
        hashes = [leaf_hash(entry.leaf) for entry in sealed]
        tiles = _tiles_after(self._store, size, grow(frontier, size, hashes))
        end = size + len(sealed)
        note = sign_checkpoint(Checkpoint(self.origin, end, merkle.fold(frontier)), self._signer)
        self._store.append(Head(self.origin, end, tuple(frontier), note, now), sealed, tiles)
        appended = [
            Appended(index, entry.entry_id, entry.leaf, hashed, note)
            for index, (entry, hashed) in enumerate(zip(sealed, hashes, strict=True), size)
        ]
        return appended, frontier

    def erase_bodies(self, indexes: Sequence[int], basis: str, now: datetime, *, rule: str | None = None) -> Appended:
        """Destroy the bodies and salts of entries, and write that it was done under `basis`.

        The leaves stay, so that every proof stays valid; without the salt a commitment tells nothing.

        Args:
            indexes: of the entries.
            basis: of the erasure, an article of the law.
            now: the present time, UTC.
            rule: of the retention schedule that the erasure follows; None when it was asked for.

        Raises:
            EntryUnknown: an index beyond the end.
            EntryInvalid: no index, or more than 5,000.
        """
        self.lock()
        size = self.size()
        chosen = sorted(set(indexes))
        if not chosen or len(chosen) > 5000:  # noqa: PLR2004 - the bound of ErasureBody
            raise EntryInvalid(_("un borrado abarca de 1 a 5.000 anotaciones"))
        if chosen[0] < 0 or chosen[-1] >= size:
            raise EntryUnknown(
                _("el registro tiene {size} anotaciones; no existe la {chosen!s}", size=size, chosen=chosen[-1])
            )
        self._store.erase_bodies(chosen)
        body = ErasureBody(indexes=tuple(chosen), basis=basis, rule=rule)
        (appended,) = self.append([NewEntry(EntryType.ERASURE, body)], now)
        return appended

    def hand_over(self, successor: NoteSigner) -> None:
        """Have the next key of this ledger sign the newest checkpoint beside the key in use."""
        head = self._own(self._store.lock_head())
        if head is None:
            return
        note = parse_note(head.checkpoint)
        both = Note(note.text, (*note.signatures, *parse_note(successor.sign(note.text)).signatures))
        self._store.append(replace(head, checkpoint=both.to_bytes()), (), ())

    def size(self) -> int:
        """Return the number of entries."""
        head = self._own(self._store.head())
        return head.size if head else 0

    def checkpoint(self) -> bytes:
        """Return the newest signed checkpoint.

        A log that was never written has one too, of size 0, signed on the spot: there is only one empty tree.
        """
        head = self._own(self._store.head())
        if head is None:
            return sign_checkpoint(Checkpoint(self.origin, 0, merkle.EMPTY_ROOT), self._signer)
        return head.checkpoint

    def last_time(self) -> datetime | None:
        """Return the time of the newest entry."""
        head = self._own(self._store.head())
        return head.time if head else None

    def leaf(self, index: int) -> bytes:
        """Return the leaf of an entry.

        Raises:
            EntryUnknown: an index beyond the end.
        """
        for leaf in self._store.leaves(index, index + 1):
            return leaf
        raise EntryUnknown(_("no existe la anotación {index!s}", index=index))

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """Return the proof that entry `index` is in the log of `size` entries, of all entries when None.

        Raises:
            ProofError: the log of that size has no such entry.
        """
        hashes = self._quick_subtrees()
        return merkle.inclusion_proof(index, _bounded(size, hashes.size), hashes)

    def consistency_proof(self, size1: int, size2: int | None = None) -> list[bytes]:
        """Return the proof that the log of `size2` entries, of all when None, extends the one of `size1`.

        Raises:
            ProofError: not ``0 <= size1 <= size2 <= size()``.
        """
        hashes = self._quick_subtrees()
        return merkle.consistency_proof(size1, _bounded(size2, hashes.size), hashes)

    def verify_head(self) -> Checkpoint:
        """Check that the newest checkpoint is ours and that the stored hashes lead to it.

        Raises:
            LedgerDamaged: it is not.
            SignatureInvalid: the checkpoint is not signed by this ledger's key.
        """
        checkpoint = open_checkpoint(self.checkpoint(), self._signer.verifier)
        head = self._own(self._store.head())
        root = merkle.fold(head.frontier) if head else merkle.EMPTY_ROOT
        derived = self.subtrees()(0, checkpoint.size)
        if checkpoint.size != self.size() or checkpoint.root != root or derived != root:
            raise LedgerDamaged(
                _("el último punto de control no corresponde a las anotaciones guardadas"),
                remedy=_("restaure la última copia de seguridad"),
            )
        return checkpoint

    def subtrees(self) -> TileHashes:
        """Return the subtree hashes of the log as it is now, all of them from its tiles and leaves."""
        return TileHashes(self.size(), self._read_tile)

    def _quick_subtrees(self) -> TileHashes:
        """Return the subtree hashes, with those of the log's right edge taken from the head."""
        head = self._own(self._store.head())
        return self._right_edge(head.size, head.frontier) if head else self._right_edge(0, ())

    def _right_edge(self, size: int, frontier: Sequence[bytes]) -> TileHashes:
        hashes = TileHashes(size, self._read_tile, self._read_leaf_hashes)
        hashes.know(size, frontier)
        return hashes

    def _read_leaf_hashes(self, start: int, end: int) -> list[bytes]:
        return [leaf_hash(leaf) for leaf in self._store.leaves(start, end)]

    def _read_tile(self, level: int, index: int, width: int) -> bytes:
        return read_tile(self._store, level, index, width)

    def _own(self, head: Head | None) -> Head | None:
        if head is not None and head.origin != self.origin:
            raise LedgerDamaged(
                _(
                    "el registro guardado es de {origin!r}, no de {own_origin!r}",
                    origin=head.origin,
                    own_origin=self.origin,
                ),
                remedy=_("compruebe la red y la entidad en la configuración"),
            )
        return head


def _bounded(size: int | None, end: int) -> int:
    if size is not None and size > end:
        raise ProofError(_("el registro tiene {end!s} anotaciones, no {size}", end=end, size=size))
    return end if size is None else size


def read_tile(store: LedgerStore, level: int, index: int, width: int) -> bytes:
    """Return the first `width` hashes of a tile; the unfinished one of level 0 is derived from its leaves.

    Raises:
        LedgerDamaged: the store does not have them.
    """
    data = store.tile(level, index)
    if data is None and level == 0:
        first = index * TILE_WIDTH
        data = b"".join(leaf_hash(leaf) for leaf in store.leaves(first, first + width))
    if data is None or len(data) < width * HASH_BYTES:
        raise LedgerDamaged(
            _("el bloque {level!s}/{index!s} falta o está incompleto", level=level, index=index),
            remedy=_("restaure la última copia de seguridad"),
        )
    return data[: width * HASH_BYTES]


def _tiles_after(store: LedgerStore, size: int, added: dict[int, list[bytes]]) -> list[Tile]:
    """Return the tiles that `added` hashes, by level, complete or change in a log that had `size` entries."""
    return [
        tile
        for level, nodes in added.items()
        if nodes
        for tile in _changed_tiles(store, level, size >> (level * TILE_HEIGHT), nodes)
    ]


def _changed_tiles(store: LedgerStore, level: int, start: int, nodes: list[bytes]) -> list[Tile]:
    index, offset = divmod(start, TILE_WIDTH)
    full = (offset + len(nodes)) // TILE_WIDTH
    if level == 0 and not full:
        return []  # the unfinished tile of level 0 is derived from the leaves: an append stays small
    known = read_tile(store, level, index, offset) if offset else b""
    data = known + b"".join(nodes)
    tiles = [Tile(level, index + i // TILE_BYTES, data[i : i + TILE_BYTES]) for i in range(0, len(data), TILE_BYTES)]
    return tiles[:full] if level == 0 else tiles
