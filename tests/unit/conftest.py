"""Unit tests touch no network: a test that needs one belongs to tests/integration."""

import pytest
from pytest_socket import disable_socket, enable_socket


@pytest.hookimpl(trylast=True)
def pytest_runtest_setup() -> None:
    """Make opening a socket an error; those of the same machine's files stay, as libraries use them for threads."""
    disable_socket(allow_unix_socket=True)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown() -> None:
    """Give sockets back to the tests of other folders."""
    enable_socket()
