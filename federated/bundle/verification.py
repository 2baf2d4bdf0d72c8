"""Verify a bundle, trusting only the owner of one key. The numbers are those of `verification_report.QUESTIONS`.

(1) the list of hashes is signed by the pinned key; (2) the folder holds exactly what it lists; (3) manifest and release
are signed by that key and belong together; (4) the purpose is support only; (5) the transcript starts at the manifest
and ends where the release says; (6) its rounds are the manifest's; (7) every round had enough invited entities; (8) the
noise is split over no more entities than a sum has; (9) epsilon, computed again, is not above the claim and
``epsilon.json`` states the same; (10) the model, made again, is the one released; (11) the figures are the signed ones;
(12) it has not expired.
Not checked here: whether the entities named did contribute (their own ledgers record it), and the noise they added.
"""

import hashlib
import math
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from consent_ledger.errors import ExportUnusable
from consent_ledger.exports.folders import read_file, require_plain_folder
from federated.bundle.campaign_facts import SUPPORT_ONLY, BundleFacts, CampaignReader
from federated.bundle.contents import (
    EPSILON_FILE,
    KEY_FILE,
    MANIFEST_FILE,
    MAX_FILES,
    MAX_SUMS_BYTES,
    METRICS_FILE,
    RELEASE_FILE,
    REQUIRED,
    SIGNED_SUMS_FILE,
    SUMS_FILE,
    SUMS_TYPE,
    TRANSCRIPT_FILE,
    parse_sums,
)
from federated.bundle.epsilon_proof import epsilon_of_stages, epsilon_proof
from federated.bundle.errors import BundleUnusable
from federated.bundle.verification_report import BundleCheck, BundleReport
from federated.coordination.transcript import MAX_TRANSCRIPT_BYTES, Transcript
from policies.errors import RedpactError
from presentation.messages import _
from trust import canonical, signing
from trust.errors import SignatureInvalid

_TOLERANCE: Final = 1e-9
"""Relative difference of recomputed numbers: the last bits of an exponential differ between machines."""
_ACCOUNTANTS: Final = 1e-4
"""The same for epsilons: versions of the accountant's libraries agree only to so many digits."""


def verify_bundle(
    folder: Path, reader: CampaignReader, *, coordinator_key: bytes | None = None, now: datetime | None = None
) -> BundleReport:
    """Check a bundle's folder.

    Args:
        folder: a bundle, unpacked.
        reader: opens the documents and recomputes the model.
        coordinator_key: 32 raw bytes, from the network's directory or a node's settings; None takes the one in the
            folder, which proves only that the bundle is consistent.
        now: for the expiry; None skips that check.

    Raises:
        BundleUnusable: not a bundle's folder.
        ExportUnusable: it holds links, pipes or devices.
    """
    return _Verification(folder, reader, coordinator_key, now).run()


class _Verification:
    def __init__(
        self, folder: Path, reader: CampaignReader, coordinator_key: bytes | None, now: datetime | None
    ) -> None:
        self._folder, self._reader, self._now = folder, reader, now
        self._own_key = coordinator_key is None
        missing = [name for name in (SUMS_FILE, SIGNED_SUMS_FILE, *REQUIRED) if not (folder / name).is_file()]
        if len(missing) > len(REQUIRED) // 2:
            raise BundleUnusable(
                _("{folder} no es un paquete de modelo publicado", folder=folder),
                remedy=_("descomprima el fichero ZIP e indique su carpeta"),
            )
        require_plain_folder(folder)
        self._key = _key_of(folder) if coordinator_key is None else coordinator_key
        self._checks: list[BundleCheck] = []

    def run(self) -> BundleReport:
        self._sums_signed()
        self._files()
        facts = self._documents()
        epsilon = None
        if facts is not None:
            self._purpose(facts)
            transcript = self._transcript(facts)
            if transcript is not None:
                self._rounds(facts, transcript)
                self._cohort(facts, transcript)
            self._noise(facts)
            epsilon = self._epsilon(facts)
            if transcript is not None:
                self._model(facts, transcript)
            self._metrics(facts)
            self._expiry(facts)
        return BundleReport(
            checks=tuple(self._checks),
            campaign_id=facts.campaign_id if facts else None,
            epsilon=epsilon,
            expires=facts.expires if facts else None,
            own_key=self._own_key,
        )

    def _check(self, number: int, examined: int = 1) -> BundleCheck:
        check = BundleCheck(number, examined)
        self._checks.append(check)
        return check

    def _read(self, name: str, max_bytes: int = canonical.MAX_DOCUMENT_BYTES) -> bytes:
        return read_file(self._folder / name, max_bytes)

    def _sums_signed(self) -> None:
        # (1) signed, over the exact bytes of the list, in the envelope's canonical form
        check = self._check(1)
        try:
            data, sums = self._read(SIGNED_SUMS_FILE), self._read(SUMS_FILE, MAX_SUMS_BYTES)
            envelope = signing.Envelope.from_json(data)
            signed = signing.open_envelope(envelope, payload_type=SUMS_TYPE, public_key=self._key)
        except RedpactError as error:
            check.fail("sums_not_signed", _("La firma no vale ({code}): {error}", code=error.code, error=error.message))
            return
        if signed != sums or envelope.to_json() != data or envelope.key_id != signing.key_id(self._key):
            check.fail("sums_changed", _("La lista no es la firmada"))

    def _files(self) -> None:
        # (2) nothing missing, nothing else, nothing changed
        check = self._check(2, 0)
        try:
            sums = parse_sums(self._read(SUMS_FILE, MAX_SUMS_BYTES))
        except RedpactError as error:
            check.fail("sums_malformed", _("La lista de huellas está dañada: {error}", error=error.message))
            return
        found = {path.relative_to(self._folder).as_posix() for path in self._folder.rglob("*") if not path.is_dir()}
        for name in sorted({*sums, *REQUIRED} - found):
            check.fail("file_missing", _("Falta {name}", name=name))
        for name in sorted(found - {*sums, SUMS_FILE, SIGNED_SUMS_FILE})[:MAX_FILES]:
            check.fail("file_added", _("{name!r} no está en la lista", name=name))
        left = _MAX_BUNDLE_BYTES
        for name in sorted(found & set(sums)):
            check.examined += 1
            size, digest = _sha256(self._folder / name, left)
            left -= size
            if digest != sums[name]:
                check.fail("file_changed", _("{name} ha cambiado", name=name))

    def _documents(self) -> BundleFacts | None:
        # (3) both signed by the pinned key, and the release bound to this manifest
        check = self._check(3)
        try:
            manifest, release = (self._envelope(name) for name in (MANIFEST_FILE, RELEASE_FILE))
            return self._reader.open(manifest, release, self._key)
        except RedpactError as error:
            check.fail("documents_invalid", _("No son válidos ({code}): {error}", code=error.code, error=error.message))
            return None

    def _envelope(self, name: str) -> signing.Envelope:
        data = self._read(name)
        envelope = signing.Envelope.from_json(data)
        if envelope.to_json() != data or envelope.key_id != signing.key_id(self._key):
            raise SignatureInvalid(_("{name} no está en su forma canónica, o nombra otra clave", name=name))
        return envelope

    def _purpose(self, facts: BundleFacts) -> None:
        # (4) support only
        check = self._check(4)
        if facts.purpose != SUPPORT_ONLY:
            check.fail("purpose_other", _("La finalidad es {purpose!r}", purpose=facts.purpose))

    def _transcript(self, facts: BundleFacts) -> Transcript | None:
        # (5) the chain from the manifest to the head that the release names
        check = self._check(5)
        try:
            data = self._read(TRANSCRIPT_FILE, MAX_TRANSCRIPT_BYTES)
            transcript = Transcript.from_jsonl(data, facts.manifest_sha256)
        except RedpactError as error:
            check.fail("transcript_invalid", _("El registro de rondas está dañado: {error}", error=error.message))
            return None
        check.examined = len(transcript.records)
        if transcript.head != facts.transcript_sha256:
            check.fail("transcript_other", _("No es el registro de rondas que cita el modelo"))
        return transcript

    def _rounds(self, facts: BundleFacts, transcript: Transcript) -> None:
        # (6) as many rounds of each stage as agreed, stage after stage
        check = self._check(6, len(transcript.records))
        agreed = [stage.name for stage in facts.stages for _round in range(stage.rounds)]
        held = [record.stage for record in transcript.records]
        if held != agreed:
            check.fail(
                "rounds_other",
                _(
                    "Rondas que hubo: {held}; rondas que acuerda el manifiesto, por etapas: {agreed}",
                    held=len(held),
                    agreed=len(agreed),
                ),
            )

    def _cohort(self, facts: BundleFacts, transcript: Transcript) -> None:
        # (7) only invited entities, and enough of them
        check, invited = self._check(7, len(transcript.records)), set(facts.invited)
        for record in transcript.records:
            few, uninvited = len(record.contributors) < facts.minimum_cohort, set(record.contributors) - invited
            if few or uninvited:
                check.fail(
                    "cohort_wrong",
                    _(
                        "Ronda {round}: entidades que contribuyeron, {count}; no invitadas, {uninvited}",
                        round=record.round,
                        count=len(record.contributors),
                        uninvited=len(uninvited),
                    ),
                )

    def _noise(self, facts: BundleFacts) -> None:
        # (8) the smallest sum allowed, without the colluding entities, still carries all the noise of the claim
        check = self._check(8)
        if facts.noise_shares > facts.minimum_cohort - facts.colluders:
            check.fail("noise_short", _("Con la cohorte mínima faltaría ruido"))

    def _epsilon(self, facts: BundleFacts) -> float | None:
        # (9) computed by this program's own accountant
        check = self._check(9, len(facts.stages))
        try:
            stated = canonical.decode(self._read(EPSILON_FILE))
            spent, proof = epsilon_of_stages(facts.stages, facts.delta), epsilon_proof(facts)
        except RedpactError as error:
            check.fail(
                "epsilon_unreadable", _("No se puede calcular ({code}): {error}", code=error.code, error=error.message)
            )
            return None
        if spent > facts.epsilon * (1.0 + _TOLERANCE):
            check.fail(
                "epsilon_understated",
                _("El épsilon es {spent:.4f}; se declara {claimed:.4f}", spent=spent, claimed=facts.epsilon),
            )
        if not same_document(stated, proof, tolerance=_ACCOUNTANTS):
            check.fail("proof_other", _("epsilon.json no es la prueba recalculada"))
        return spent if math.isfinite(spent) else None

    def _model(self, facts: BundleFacts, transcript: Transcript) -> None:
        # (10) from the public sums alone
        check = self._check(10)
        try:
            again = self._reader.replay(self._envelope(MANIFEST_FILE), self._envelope(RELEASE_FILE), transcript)
        except RedpactError as error:
            check.fail(
                "replay_failed", _("No se puede rehacer ({code}): {error}", code=error.code, error=error.message)
            )
            return
        if not same_document(again, facts.model):
            check.fail("model_other", _("Las rondas dan otro modelo"))

    def _metrics(self, facts: BundleFacts) -> None:
        # (11) as signed in the release
        check = self._check(11)
        try:
            stated = canonical.decode(self._read(METRICS_FILE))
        except RedpactError as error:
            check.fail("metrics_unreadable", _("Las medidas están dañadas: {error}", error=error.message))
            return
        if not same_document(stated, facts.metrics):
            check.fail("metrics_other", _("No son las medidas firmadas"))

    def _expiry(self, facts: BundleFacts) -> None:
        # (12) on the day asked about
        check = self._check(12, 0 if self._now is None else 1)
        if self._now is not None and facts.expires is not None and self._now >= facts.expires:
            check.fail("expired", _("Caducó el {expires}", expires=facts.expires))


def same_document(one: Any, other: Any, *, tolerance: float = _TOLERANCE) -> bool:
    """Return whether two JSON documents are equal, with a relative tolerance for numbers."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(
            same_document(one[name], other[name], tolerance=tolerance) for name in one
        )
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(
            same_document(mine, theirs, tolerance=tolerance) for mine, theirs in zip(one, other, strict=True)
        )
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=tolerance, abs_tol=1e-12)
    return bool(one == other)


_MAX_BUNDLE_BYTES: Final = 1 << 28
"""Far above a whole bundle; sparse files can claim to be endless."""


def _key_of(folder: Path) -> bytes:
    try:
        key = bytes.fromhex(read_file(folder / KEY_FILE, 100).decode("ascii", errors="replace").strip())
    except (ValueError, ExportUnusable) as error:
        raise BundleUnusable(
            _("no se puede leer la clave del propio paquete"), remedy=_("indique la clave del coordinador con --key")
        ) from error
    return key


def _sha256(path: Path, most: int) -> tuple[int, str]:
    """Return the bytes of a file that were read, and its digest; no digest of one with more than `most`."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > most:
                return 0, ""
            return size, hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return 0, ""
