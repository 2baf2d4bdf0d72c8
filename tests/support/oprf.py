"""The output of RFC 9497 from key and input, for comparison with a run of the protocol."""

from records_exchange.oprf import SCALAR_BYTES, Mode, blind, evaluate, finalize

_ONE = (1).to_bytes(SCALAR_BYTES, "little")


def evaluate_directly(secret: bytes, data: bytes, *, mode: Mode = Mode.VOPRF) -> bytes:
    """Return the output for an input under a key (RFC 9497 section 3.3.1, Evaluate): a blind of one changes nothing."""
    element = blind(data, _ONE, mode=mode).element
    return finalize(data, _ONE, evaluate(secret, element))
