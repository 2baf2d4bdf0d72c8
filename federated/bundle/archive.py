"""Write a bundle as a folder, complete or not at all, and as a reproducible ZIP file."""

import zipfile
from pathlib import Path
from typing import Final

from consent_ledger.exports.folders import new_folder
from federated.bundle.contents import SIGNED_SUMS_FILE, SUMS_FILE, SUMS_TYPE, BundleContents, sums_of
from federated.bundle.errors import BundleUnusable
from presentation.faults import os_fault
from presentation.messages import _
from trust import signing

_ZIP_DATE: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest that the format has: the same bundle gives the same bytes whenever it is packed."""


def write_bundle(folder: Path, contents: BundleContents, signer: signing.Signer) -> None:
    """Write a bundle to a new folder, with its list of hashes signed by the coordinator.

    Raises:
        BundleUnusable: a page has an impossible name.
        ExportUnusable: the folder is not empty, or cannot be written.
    """
    files = contents.files(signer.public_key)
    sums = sums_of(files)
    files |= {SUMS_FILE: sums, SIGNED_SUMS_FILE: signing.seal(SUMS_TYPE, sums, signer).to_json()}
    with new_folder(folder) as draft:
        for name, data in files.items():
            target = draft / name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(data)


def pack_bundle(folder: Path, target: Path) -> None:
    """Write a bundle's folder as one ZIP file, the same bytes for the same bundle.

    Raises:
        BundleUnusable: the folder cannot be read or the file not written.
    """
    try:
        with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(each for each in folder.rglob("*") if each.is_file()):
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _ZIP_DATE)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes())
    except OSError as error:
        raise BundleUnusable(
            _("no se puede escribir {target}: {reason}", target=target, reason=os_fault(error)),
            remedy=_("elija otro fichero"),
        ) from error
