"""Network addresses of settings, invitations and the directory."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field

from presentation.messages import _

MAX_PORT: Final = 65_535


def split_address(text: str) -> tuple[str, int]:
    """Return host and port of ``host:port`` or ``[IPv6]:port``; raise ValueError (pydantic's convention) otherwise."""
    host, separator, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not separator or not bare or (":" in bare and bare == host) or any(c.isspace() for c in text):
        raise ValueError(_("una dirección tiene la forma host:port, o [IPv6]:port"))
    if not port.isascii() or not port.isdigit() or not 0 <= int(port) <= MAX_PORT:
        raise ValueError(_("el puerto es un número de 0 a {most:d}", most=MAX_PORT))
    return bare, int(port)


def _check_address(text: str) -> str:
    split_address(text)
    return text


Address = Annotated[str, Field(max_length=300), AfterValidator(_check_address)]
"""``host:port``, checked."""
