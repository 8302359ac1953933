"""Tests of the stage clock."""

import time

from plmscope.run.hooks import StageClock


class TestStageClock:
    def test_time_goes_to_the_stage_at_hand(self):
        clock = StageClock()
        clock.enter("embedding")
        time.sleep(0.02)
        clock.enter("sae_training")
        clock.enter(None)
        assert clock.seconds["embedding"] >= 0.02
        assert clock.seconds["sae_training"] < clock.seconds["embedding"]

    def test_entering_the_same_stage_again_does_not_restart_it(self):
        clock = StageClock()
        clock.enter("embedding")
        time.sleep(0.02)
        clock.enter("embedding")
        clock.enter(None)
        assert clock.seconds["embedding"] >= 0.02
