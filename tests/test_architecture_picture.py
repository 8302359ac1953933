"""scripts/architecture_picture.py: the committed picture is that of the code."""

import importlib.util

import pytest


@pytest.fixture(scope="module")
def picture(project):
    path = project / "scripts/architecture_picture.py"
    spec = importlib.util.spec_from_file_location("architecture_picture", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestArchitecturePicture:
    def test_the_committed_one_is_of_this_code(self, project, picture):
        """Draw it again: python scripts/architecture_picture.py --output docs/images/rooms.svg."""
        assert (project / "docs/images/rooms.svg").read_text() == picture.draw()

    def test_every_import_between_rooms_goes_down(self, picture):
        floor_of = {name: floor for floor, names in enumerate(picture.FLOORS) for name in names}
        for source, target in picture.imports():
            if source in floor_of and target in floor_of:
                assert floor_of[source] < floor_of[target], (source, target)
