"""The few elements that every SVG drawing shares."""

from collections.abc import Iterable
from html import escape

INK, FAINT_INK, RULE = "#26323d", "#5b6770", "#dde3e8"


def svg(body: Iterable[str], width: float, height: float, name: str) -> str:
    """A drawing that shrinks with the page but does not grow beyond its width.

    Args:
        body: Its elements.
        width: In pixels.
        height: In pixels.
        name: What it shows, for who cannot see it.
    """
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width:.0f} {height:.0f}' "
        f"width='100%' style='max-width:{width:.0f}px' role='img' aria-label='{escape(name)}'>"
        f"{''.join(body)}</svg>"
    )


def svg_text(x: float, y: float, text: str, anchor: str, colour: str = FAINT_INK) -> str:
    """A small label.

    Args:
        x: Where it is anchored.
        y: Its baseline.
        text: What it says.
        anchor: "start", "middle" or "end".
        colour: Of the letters.
    """
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' font-family='system-ui, sans-serif' font-size='11' "
        f"fill='{colour}' text-anchor='{anchor}'>{escape(text)}</text>"
    )
