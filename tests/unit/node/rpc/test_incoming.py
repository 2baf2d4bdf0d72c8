import pytest

from node.context import NodeContext
from node.rpc.incoming import Incoming
from policies.errors import RedpactError
from records_exchange.message import MESSAGE_TYPE
from records_exchange.request import REQUEST_TYPE
from tests.support.parts import answering_of, keys_of, receiver_of
from trust.errors import MalformedDocument
from trust.signing import seal


def test_what_comes_goes_to_whoever_takes_its_type(context: NodeContext) -> None:
    signing, incoming = keys_of("ngo").signing, Incoming(answering_of(context), receiver_of(context))
    for payload_type, code in ((REQUEST_TYPE, "request_malformed"), (MESSAGE_TYPE, "message_malformed")):
        with pytest.raises(RedpactError) as caught:
            incoming.take(seal(payload_type, b"{}", signing), "ngo")
        assert caught.value.code == code


@pytest.mark.invariant(8)
@pytest.mark.parametrize("payload_type", ["", "application/x", REQUEST_TYPE.upper(), "x" * 10_000])
def test_any_other_type_is_refused(context: NodeContext, payload_type: str) -> None:
    envelope = seal(payload_type, b"{}", keys_of("ngo").signing)
    with pytest.raises(MalformedDocument):
        Incoming(answering_of(context), receiver_of(context)).take(envelope, "ngo")
