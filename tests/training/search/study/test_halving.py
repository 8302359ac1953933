from plmscope.training.search.study.halving import rungs, survivors


class TestRungs:
    def test_are_powers_of_the_factor(self):
        assert rungs(9000, 3) == (1000, 3000)

    def test_are_none_without_a_factor(self):
        assert rungs(9000, None) == ()


class TestSurvivors:
    def test_are_the_best_of_the_group(self):
        assert survivors({0: 0.4, 1: 0.1, 2: 0.3, 3: 0.2}, [0, 1, 2, 3], 2) == {1, 3}

    def test_compete_with_earlier_trials(self):
        earlier = {0: 0.1, 1: 0.2}
        assert survivors(earlier | {2: 0.15, 3: 0.3}, [2, 3], 2) == {2}
        assert survivors(earlier | {2: 0.5, 3: 0.3}, [2, 3], 2) == set()

    def test_of_equals_the_first_goes_on(self):
        assert survivors({5: 0.2, 4: 0.2}, [4, 5], 2) == {4}

    def test_one_alone_goes_on(self):
        assert survivors({0: 9.0}, [0], 4) == {0}

    def test_nobody_asks(self):
        assert survivors({}, [], 2) == set()
