import threading
import time

import pytest
import torch

from plmscope.threads import map_in_threads


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
class TestMapInThreads:
    def test_works_on_as_many_at_a_time_as_torch_has_threads(self):
        both = threading.Barrier(2, timeout=20)  # breaks where one waits for the other to end

        def meet(number: int) -> int:
            both.wait()
            return number

        assert sorted(map_in_threads(meet, range(4))) == [0, 1, 2, 3]

    def test_gives_the_results_in_the_order_of_the_items(self):
        second_is_done = threading.Event()

        def do(number: int) -> int:
            if number == 0:
                assert second_is_done.wait(20)
            second_is_done.set()
            return number * number

        assert list(map_in_threads(do, range(5))) == [0, 1, 4, 9, 16]

    def test_hands_on_what_an_item_raised_and_leaves_out_the_rest(self):
        begun = []

        def do(number: int) -> None:
            begun.append(number)
            if number == 0:
                raise ValueError("item 0")
            time.sleep(0.02)  # longer than it takes to hand over all items

        with pytest.raises(ValueError, match="item 0"):
            list(map_in_threads(do, range(200)))
        assert len(begun) < 200
