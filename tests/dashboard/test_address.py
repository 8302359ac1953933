"""Addresses of pages."""

import shutil
from pathlib import Path

import pytest

from plmscope.dashboard import DashboardData, build_app, find_runs
from plmscope.dashboard.address import compose, parse
from plmscope.dashboard.server.connection import Connection
from plmscope.dashboard.state import Selection

RUN = "tiny/2/default"


@pytest.fixture
def runs(data_root: Path):
    return find_runs(data_root)


def tabs_of(app):
    return app.children[-1].children[-1].children[0].children[-1]


class TestAddress:
    def test_says_what_is_on_screen_and_comes_back_to_it(self, runs):
        selection = Selection(data=DashboardData(runs[0]), view="find", feature=7, protein="P00001")
        address = compose(selection)
        assert address == f"?run={RUN}&view=find&feature=7&protein=P00001"
        assert parse(address, runs) == (runs[0], "find", 7, "P00001", None, None, "")

    def test_of_nothing_says_nothing(self, runs):
        assert parse("", runs) == (None, None, None, None, None, None, "")

    @pytest.mark.parametrize(
        ("address", "unknown"),
        [
            ("?run=other/9/x", "There is no run other/9/x."),
            ("?view=<b>", "There is no view <b>."),
            ("?feature=-1", "There is no feature -1."),
            ("?feature=99999999999", "There is no feature 99999999999."),
            ("?feature=²", "There is no feature ²."),
        ],
    )
    def test_what_there_is_not_is_named(self, runs, address, unknown):
        place = parse(address, runs)
        assert place.unknown == unknown
        assert (place.run, place.view, place.feature) == (None, None, None)

    def test_a_long_sequence_is_left_out(self, runs):
        selection = Selection(data=DashboardData(runs[0]), protein="M" * 2000)
        assert "protein=" not in compose(selection)


class TestBinding:
    def test_the_page_opens_where_the_address_says(self, data_root: Path):
        connection = Connection(address="?view=controls&feature=9")
        tabs = tabs_of(build_app(data_root, connection))
        assert tabs.titles[tabs.selected_index] == "Controls"
        assert connection.address == f"?run={RUN}&view=controls&feature=9"

    def test_back_and_forward_go_where_they_say(self, data_root: Path):
        connection = Connection()
        app = build_app(data_root, connection)
        tabs = tabs_of(app)
        first = connection.address
        tabs.selected_index = 1
        assert "view=find" in connection.address
        connection.address = first
        assert tabs.titles[tabs.selected_index] == "Feature"

    def test_a_feature_that_there_is_not_is_told(self, data_root: Path):
        app = build_app(data_root, Connection(address="?feature=4000&view=<x>"))
        notice = app.children[-1].children[0].value
        assert "There is no view &lt;x&gt;. There is no feature f/4000." in notice


class TestTwoRuns:
    @pytest.fixture
    def both(self, data_root: Path, tmp_path: Path):
        shutil.copytree(data_root, tmp_path / "data")
        layers = tmp_path / "data/08_reporting/tiny"
        shutil.copytree(layers / "layer_2", layers / "layer_3")
        return tmp_path / "data"

    def test_stand_side_by_side_by_their_address(self, both):
        address = "?run=tiny/2/default&feature=9&beside=tiny/3/default&beside_feature=5"
        connection = Connection(address=address)
        shown = build_app(both, connection).children[-1].children[-1].children
        assert len(shown) == 2
        titles = [tabs.children[-1].children[2].children[0].value for tabs in shown]
        assert ["f/9" in titles[0], "f/5" in titles[1]] == [True, True]
        assert connection.address.endswith("&beside=tiny/3/default&beside_feature=5")

    def test_the_other_one_is_chosen_and_taken_away(self, both):
        connection = Connection()
        desk = build_app(both, connection).children[-1]
        beside = desk.children[1].children[1]
        beside.index = 2
        assert len(desk.children[-1].children) == 2
        assert "&beside=tiny/3/default" in connection.address
        beside.index = 0
        assert len(desk.children[-1].children) == 1
        assert "beside" not in connection.address
