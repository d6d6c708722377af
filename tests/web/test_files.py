"""What is served of the page: whole, and named before it is needed."""

from __future__ import annotations

import re
from importlib import resources

from tokensphere.web.files import modules_of, page_files

STATIC = resources.files("tokensphere.web") / "static"


def test_the_page_names_what_there_is_and_its_styles_are_those_of_all_views() -> None:
    files = page_files()
    page = files["index.html"][0].decode()
    named = re.findall(r'(?:href|src)="/([^"#]+)"', page)
    assert set(named) <= set(files) and named.count("styles.css") == page.count("stylesheet") == 1
    styles = files["styles.css"][0]
    assert all(content in styles for name, (content, _) in files.items() if name.endswith(".css"))
    source = (STATIC / "index.html").read_text("utf-8")
    kept = [line for line in source.splitlines() if "stylesheet" not in line]
    assert [
        line for line in page.splitlines() if not re.search("stylesheet|modulepreload", line)
    ] == kept


def test_modules_are_named_ahead_as_far_as_they_import_one_another_at_once() -> None:
    contents = {
        "index.html": b'<script type="module" src="/a.js" async></script><script src="/b.js"></script>',
        "a.js": b'import {x,\n  y} from "./c.js";\nimport "./d.js";\nexport {z} from "./e.js";\n',
        "b.js": b'const late = () => import("./f.js");\nexport const text = "./f.js";\n',
        "c.js": b'import {a} from "./a.js";\n// import {x} from "./f.js";\n',
        "d.js": b"", "e.js": b'import {g} from "./g.js";', "f.js": b"", "g.js": b"",
    }  # fmt: skip
    assert modules_of(contents) == ["a.js", "b.js", "c.js", "d.js", "e.js", "g.js"]
