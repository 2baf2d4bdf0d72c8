"""Reads the bodies of an export, a million of them in seconds. Check 6 of an audit."""

import os
from pathlib import Path
from typing import Any, Final

from consent_ledger.audit.report import Check
from consent_ledger.errors import ExportUnusable
from consent_ledger.exports.ledger_export import BODIES_FOLDER
from consent_ledger.log.bodies import parse_body, read_body
from consent_ledger.log.entry import MAX_BODY_BYTES, SALT_BYTES, Body, Leaf, commitment_of, commits_to
from presentation.faults import os_fault
from presentation.messages import _
from trust import canonical
from trust.errors import MalformedDocument, TrustError

_MAX_FILE: Final = 2 * MAX_BODY_BYTES + 1000
_USUAL: Final = 8192
"""Read at first: nearly every body is smaller, and a larger buffer costs more than reading does."""
_READING: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
_BEFORE: Final = b'{"body":'
_BETWEEN: Final = b',"salt":"'
_AFTER: Final = b'"}\n'
_SALT_AT: Final = -(2 * SALT_BYTES + len(_AFTER))
_BODY_END: Final = _SALT_AT - len(_BETWEEN)


class BodyFolder:
    """The folder ``bodies`` of an export. A file is believed only when its leaf commits to it."""

    def __init__(self, directory: Path, check: Check) -> None:
        self._prefix = f"{directory / BODIES_FOLDER}{os.sep}"
        self._check = check

    def read(self, index: int, leaf: Leaf) -> Body | None:
        """Return the body that the leaf commits to; None for an erased one, None and a finding for another one."""
        try:
            data = self._bytes(index)
            if data is None:
                return None
            self._check.examined += 1
            return committed_body(leaf, data)
        except TrustError as error:
            self._check.fail("body", _("No se acepta el contenido: {reason}", reason=error.message), index=index)
            return None

    def _bytes(self, index: int) -> bytes | None:
        try:
            descriptor = os.open(f"{self._prefix}{index}.json", _READING)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unreadable(index, error) from error
        try:
            data = os.read(descriptor, _USUAL)
            if len(data) == _USUAL:
                data += os.read(descriptor, _MAX_FILE)
        except OSError as error:
            raise _unreadable(index, error) from error
        finally:
            os.close(descriptor)
        return data


def committed_body(leaf: Leaf, data: bytes) -> Body:
    """Return the body in a file.

    Raises:
        MalformedDocument: it is not a body with its salt, or not the one that the leaf commits to.
    """
    exported = _as_exported(leaf, data)
    if exported is not None:
        body = read_body(leaf.type, exported)
        if body is not None:
            return body
    document = None if exported is None else canonical.decode_plain(exported)
    if document is None:
        document, salt = _in_any_spelling(data)
        if not commits_to(leaf.commitment, salt, document):
            raise MalformedDocument(_("el contenido no es el que fija la anotación"))
    return parse_body(leaf.type, document)


def _as_exported(leaf: Leaf, data: bytes) -> bytes | None:
    """Return the body in a file as our own export writes it: the committed bytes are in it as they are."""
    salt, body = data[_SALT_AT : -len(_AFTER)], data[len(_BEFORE) : _BODY_END]
    if data != b"".join((_BEFORE, body, _BETWEEN, salt, _AFTER)):
        return None
    try:
        return body if commitment_of(bytes.fromhex(salt.decode("ascii")), body) == leaf.commitment else None
    except ValueError:
        return None


def _in_any_spelling(data: bytes) -> tuple[dict[str, Any], bytes]:
    document = canonical.decode(data, max_bytes=_MAX_FILE)
    body, salt = document.get("body"), document.get("salt")
    if not isinstance(body, dict) or not isinstance(salt, str):
        raise MalformedDocument(_("no es un contenido con su sal"))
    try:
        return body, bytes.fromhex(salt)
    except ValueError as error:
        raise MalformedDocument(_("la sal no está en hexadecimal")) from error


def _unreadable(index: int, error: OSError) -> ExportUnusable:
    return ExportUnusable(
        _(
            "no se puede leer {bodies_folder}/{index!s}.json: {reason}",
            bodies_folder=BODIES_FOLDER,
            index=index,
            reason=os_fault(error),
        ),
        remedy=_("pida una exportación nueva"),
    )
