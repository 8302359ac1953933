"""Pages say what is there: links lead somewhere, faults named in tests are on the page."""

import re

import pytest

PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "data/README.md", "docs"]


@pytest.fixture(scope="module")
def pages(project):
    """The text of each page, by path."""
    found = [
        page
        for place in map(project.joinpath, PAGES)
        for page in (sorted(place.glob("*.md")) if place.is_dir() else [place])
    ]
    return {page: page.read_text() for page in found}


def links_of(text):
    return re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text) + re.findall(r'src="([^"]+)"', text)


class TestLinks:
    def test_lead_to_files_that_are_there(self, pages):
        broken = {
            f"{page.name}: {link}"
            for page, text in pages.items()
            for link in links_of(text)
            if "://" not in link and not (page.parent / link).exists()
        }
        assert broken == set()

    def test_there_are_some(self, pages):
        assert sum(len(links_of(text)) for text in pages.values()) > 20


class TestFaults:
    @pytest.fixture
    def listed(self, pages):
        """The numbers on the page, and the tests that keep each out."""
        page = next(text for path, text in pages.items() if path.name == "faults.md")
        rows = re.findall(r"^\| (\d+) \|.*\| (.*) \|$", page, re.MULTILINE)
        return {int(number): links_of(tests) for number, tests in rows}

    def test_all_are_listed_and_have_tests(self, listed):
        assert list(listed) == list(range(1, 25))
        assert all(listed.values())

    def test_those_that_tests_name_are_on_the_page_with_that_test(self, project, listed):
        named = {
            (int(number), f"../{path.relative_to(project).as_posix()}")
            for path in (project / "tests").rglob("test_*.py")
            for number in re.findall(r"[Ff]ault (\d+)", path.read_text())
            if path.name != "test_docs.py"
        }
        assert {(number, test) for number, tests in listed.items() for test in tests} == named


class TestBroken:
    def test_each_fault_has_a_test_that_there_is(self, pages):
        path = next(path for path in pages if path.name == "broken.md")
        rows = re.findall(r"^\| .* \| \[(test_\w+)\]\((.*)\) \|$", pages[path], re.MULTILINE)
        assert len(rows) > 50
        assert len(rows) == pages[path].count("](../tests")
        for name, file in rows:
            assert f"def {name}(" in (path.parent / file).read_text(), name
