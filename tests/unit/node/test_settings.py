import pytest

from node.settings import NodeSettings
from service.errors import SettingsInvalid

VALUES = {"network": "red.example", "entity": "leon", "coordinator_address": "c:1", "coordinator_key": "ab" * 32}


def test_a_node_may_listen_nowhere() -> None:
    settings = NodeSettings.validated(VALUES | {"listen": ""})
    assert (settings.addresses, settings.public_witness_url, settings.relay) == ((), "", True)


def test_an_address_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(SettingsInvalid):
        NodeSettings.validated(VALUES | {"listen": "", "addresses": ("leon.example:7443",)})
