from presentation.issuing_states import issuing_states


def test_states_and_icaos_others_are_known_and_private_codes_are_not() -> None:
    states = issuing_states()
    assert {"ESP", "FRA", "MAR", "UKR", "ROU", "VEN", "XXA", "XXB", "RKS", "GBN"} <= states
    assert not {"AAA", "QMM", "XYZ", "ZZZ", "FRE", "SPA", "ES"} & states
    assert 230 < len(states) < 350
