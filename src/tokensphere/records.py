"""Dataclasses as plain values, ready for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar

import numpy as np


def plain(value: Any) -> Any:
    """A value as JSON has it: arrays and sequences as lists, whatever has a dict as that dict.

    Examples
    --------
    >>> plain({"sizes": np.array([3, 1]), "names": ("a", "b"), "share": None})
    {'sizes': [3, 1], 'names': ['a', 'b'], 'share': None}
    """
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if isinstance(value, (list, tuple, range)):
        return [plain(one) for one in value]
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    return value


def record(thing: Any, *names: str, **renamed: str) -> dict[str, Any]:
    """Some attributes of an object as a dict of plain values, in this order.

    Parameters
    ----------
    thing : any object
    names : which attributes; by default all fields of a dataclass but those that its `repr` leaves out
    renamed : for an attribute what the dict calls it, where that is another name

    Examples
    --------
    >>> record(np.zeros((2, 3)), "ndim", "shape", ndim="axes")
    {'axes': 2, 'shape': [2, 3]}
    """
    names = names or tuple(field.name for field in fields(thing) if field.repr)
    return {renamed.get(name, name): plain(getattr(thing, name)) for name in names}


class Record:
    """Base of dataclasses whose dict for JSON has their fields.

    A class says behind its base what the dict calls a field, where that is another name:
    ``class Share(Record, interval="interval_95")``.
    """

    _renamed: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls, **renamed: str) -> None:
        super().__init_subclass__()
        cls._renamed = renamed

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        return record(self, **self._renamed)
