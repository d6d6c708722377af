"""How Griffe reads the package's docstrings for the site: a name's text is text, not a type.

A docstring says ``k : neighbours of each direction``, for the signature has the type. Sphinx's roles
(``:func:`nearest```), which Markdown does not know, become code.
"""

import re
from typing import Any

import griffe

_ROLE = re.compile(r":(?:func|class|meth|mod|data|attr|exc):`~?([^`]+)`")
_SECTION = re.compile(r"^(Parameters|Attributes)\n-{3,}\n(.*?)(?=\n\n|\Z)", re.M | re.S)
_NAMED = re.compile(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*) : (.*)$", re.M)


def told(text: str) -> str:
    """A docstring as the parser for NumPy's style and Markdown take it.

    Examples
    --------
    >>> print(told("Of :func:`near`.\\n\\nParameters\\n----------\\nk : how many\\n    at most"))
    Of `near`.
    <BLANKLINE>
    Parameters
    ----------
    k
        how many
        at most
    """
    text = _ROLE.sub(r"`\1`", text)
    return _SECTION.sub(lambda section: _NAMED.sub(r"\1\n    \2", section[0]), text)


class Docstrings(griffe.Extension):  # type: ignore[misc]
    """Rewrites each docstring when it is found."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called by Griffe for each module, class, function and attribute."""
        if obj.docstring is not None:
            obj.docstring.value = told(obj.docstring.value)
