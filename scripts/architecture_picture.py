"""Draw the rooms of the house and the imports between them, measured from the code.

python scripts/architecture_picture.py --output docs/images/rooms.svg

A room is a package of `src/plmscope`; in it stand its folders. Rooms that import others stand above
them, and an arrow leads from a room to each that it imports directly, as `ast` reads it.
"""

import argparse
import ast
from collections import defaultdict
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).parent.parent / "src/plmscope"
FLOORS = [
    ["run"],
    ["pipelines", "datasets"],
    ["dashboard"],
    ["features"],
    ["concepts"],
    ["training"],
    ["saes"],
    ["activations"],
    ["plms"],
    ["proteins"],
    ["disk"],
]
"""From the top: an import goes only downwards; the import contract holds it."""
WIDTH, HEIGHT, GAP, MARGIN, TEXT = 1000, 52, 26, 20, 14
BLUE, GREY = "#0b5394", "#9aa5b1"


def main() -> None:
    """Parse the arguments and write the picture."""
    parser = argparse.ArgumentParser(description="Draw the rooms and their imports as SVG.")
    parser.add_argument("--output", type=Path, required=True)
    output = parser.parse_args().output
    output.write_text(draw())
    print(f"wrote {output}")


def draw() -> str:
    """The picture as SVG."""
    places = dict(_places())
    height = MARGIN * 2 + len(FLOORS) * (HEIGHT + GAP) - GAP
    arrows = [
        _arrow(places[source], places[target], len(files))
        for (source, target), files in sorted(imports().items())
        if source in places and target in places
    ]
    rooms = [_room(name, place) for name, place in places.items()]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
            ' font-family="sans-serif" role="img" aria-label="Rooms and imports">',
            f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
            *arrows,
            *rooms,
            "</svg>\n",
        ]
    )


def imports() -> dict[tuple[str, str], set[str]]:
    """The files of each room that import each other room."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for file in sorted(ROOT.rglob("*.py")):
        source = file.relative_to(ROOT).parts[0]
        for node in ast.walk(ast.parse(file.read_text())):
            for target in _imported(node):
                if target != source:
                    found[source, target].add(str(file))
    return found


def _imported(node: ast.AST) -> list[str]:
    """The rooms that a statement imports."""
    if isinstance(node, ast.ImportFrom) and node.module == "plmscope":
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("plmscope."):
        return [str(node.module).split(".")[1]]
    return []


def _places() -> list[tuple[str, tuple[float, float, float]]]:
    """Left edge, top edge and width of each room."""
    places: list[tuple[str, tuple[float, float, float]]] = []
    for floor, names in enumerate(FLOORS):
        width = (WIDTH * 0.62 - GAP * (len(names) - 1)) / len(names)
        for number, name in enumerate(names):
            left = WIDTH * 0.19 + number * (width + GAP)
            places.append((name, (left, MARGIN + floor * (HEIGHT + GAP), width)))
    return places


def _room(name: str, place: tuple[float, float, float]) -> str:
    left, top, width = place
    folders = sorted(path.parent.name for path in (ROOT / name).glob("*/__init__.py"))
    within = ", ".join(folders)
    while len(within) * 6.2 > width - 20:  # about the width of a letter
        within = within.rpartition(",")[0] + " …" if "," in within else ""
    baseline = top + (HEIGHT / 2 - 4 if within else HEIGHT / 2 + 5)
    return (
        f'<rect x="{left:.0f}" y="{top}" width="{width:.0f}" height="{HEIGHT}" rx="6"'
        f' fill="#eef4fb" stroke="{BLUE}"/>'
        f'<text x="{left + width / 2:.0f}" y="{baseline:.0f}" font-size="{TEXT + 2}"'
        f' text-anchor="middle" font-weight="bold" fill="{BLUE}">{escape(name)}</text>'
        f'<text x="{left + width / 2:.0f}" y="{baseline + 19:.0f}" font-size="{TEXT - 2}"'
        f' text-anchor="middle" fill="#333">{escape(within)}</text>'
    )


def _arrow(
    source: tuple[float, float, float], target: tuple[float, float, float], n_files: int
) -> str:
    """A line from a room to one below it; past rooms in between it goes by the side."""
    floors = round((target[1] - source[1]) / (HEIGHT + GAP))
    thickness = min(1 + n_files / 8, 4)
    style = f'fill="none" stroke="{GREY}" stroke-width="{thickness:.1f}"'
    if floors < 2:
        x1, x2 = (place[0] + place[2] / 2 for place in (source, target))
        y1, y2 = source[1] + HEIGHT, target[1]
        if floors < 1:
            return ""
        return f'<path d="M{x1:.0f} {y1} L{x2:.0f} {y2 - 7}" {style}/>{_head(x2, y2, "down")}'
    # By the side on which the room is; from a room across the whole house, by that of the target.
    middle = source[0] + source[2] / 2
    if round(middle) == WIDTH / 2:
        middle = target[0] + target[2] / 2
    goes_left = middle <= WIDTH / 2
    side = source[0] if goes_left else source[0] + source[2]
    end = target[0] if goes_left else target[0] + target[2]
    out = (-1 if goes_left else 1) * (18 + 14 * floors)
    y1, y2 = source[1] + HEIGHT * 0.7, target[1] + HEIGHT * 0.3
    edge = min(side, end) + out if goes_left else max(side, end) + out
    tip = end - 7 if goes_left else end + 7
    head = _head(end, y2, "right" if goes_left else "left")
    return (
        f'<path d="M{side:.0f} {y1:.0f} C{edge:.0f} {y1:.0f} {edge:.0f} {y2:.0f}'
        f' {tip:.0f} {y2:.0f}" {style}/>{head}'
    )


def _head(x: float, y: float, towards: str) -> str:
    corners = {
        "down": [(x, y), (x - 5, y - 8), (x + 5, y - 8)],
        "right": [(x, y), (x - 8, y - 5), (x - 8, y + 5)],
        "left": [(x, y), (x + 8, y - 5), (x + 8, y + 5)],
    }[towards]
    points = " ".join(f"{a:.0f},{b:.0f}" for a, b in corners)
    return f'<polygon points="{points}" fill="{GREY}"/>'


if __name__ == "__main__":
    main()
