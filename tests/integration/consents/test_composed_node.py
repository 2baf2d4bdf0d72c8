"""What only the composed node shows: its use cases share one event of consents, and one wake-up of the publisher."""

from tests.support.town import Town
from tests.support.waiting import NoWait


def test_a_withdrawal_wakes_the_publisher_of_the_locator(town: Town) -> None:
    town["origin"].consents.withdraw(town.give())
    assert town["origin"].publisher_wakeup.wait(60, NoWait())
