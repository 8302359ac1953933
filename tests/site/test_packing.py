"""Data as scripts."""

import base64
import gzip
import json
import re

from plmscope.site.packing import write_packed


def unpacked(path):
    """What a part holds."""
    packed = re.fullmatch(r'plmscope\.receive\("([^"]*)","([^"]*)"\);\n', path.read_text())
    return packed[1], json.loads(gzip.decompress(base64.b64decode(packed[2])))


def test_a_part_hands_its_content_to_the_page(tmp_path):
    content = {"1": '<b>\u2028 "quoted" </script>', "2": [1.5, None]}
    write_packed(tmp_path, "features/3", content)
    assert unpacked(tmp_path / "data/features/3.js") == ("features/3", content)


def test_the_same_content_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_packed(tmp_path, name, {"x": [1, 2, 3]})
    first, second = ((tmp_path / f"data/{name}.js").read_text() for name in ("a", "b"))
    assert first.replace('"a"', '"b"', 1) == second
