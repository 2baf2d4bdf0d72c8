import pytest

from records_exchange.guessing import ALL, AlarmKind, AlarmRule, Usage, alarms, all_alarms

RULE = AlarmRule(questions=50, miss_percent=90)


@pytest.mark.parametrize(
    ("usage", "found"),
    [
        (Usage("a", questions=49, misses=49), ()),
        (Usage("a", questions=50, misses=45), (AlarmKind.MISSES,)),
        (Usage("a", questions=50, misses=44), ()),
        (Usage("a", questions=1000, misses=899), ()),
        (Usage("a", questions=0, misses=0, refused=1), (AlarmKind.VOLUME,)),
        (Usage("a", questions=60, misses=60, refused=1), (AlarmKind.MISSES, AlarmKind.VOLUME)),
        (Usage("a", evaluations=10_000), ()),
    ],
)
def test_many_misses_of_many_questions_and_asking_beyond_the_quota_alarm(
    usage: Usage, found: tuple[AlarmKind, ...]
) -> None:
    assert alarms(usage, RULE) == found


@pytest.mark.parametrize(("each", "found"), [(1000, []), (1001, [(ALL, AlarmKind.TOTAL)])])
def test_entities_that_ask_much_together_and_little_each_alarm(each: int, found: list[tuple[str, AlarmKind]]) -> None:
    usages = [Usage(f"sybil-{number}", evaluations=each) for number in range(5)]
    alarmed = all_alarms(usages, AlarmRule(evaluations=10_000))
    assert [(usage.entity, kind) for usage, kind in alarmed] == found
