"""Which unit is next: the largest models first, and of those to be fetched only a few at a time."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from heapq import heappop, heappush

from tokensphere.atlas.fetch import is_fetched
from tokensphere.atlas.folder import Asked, Folder, Unit
from tokensphere.atlas.kept import read_facts
from tokensphere.atlas.settings import AtlasSettings
from tokensphere.atlas.unit import Outcome
from tokensphere.errors import TokensphereError

# Of a unit whose worker is lost: of a model none of whose blocks was ever done, and of others, for
# whose blocks all take as much, so that it is the machines that are unreliable.
ATTEMPTS, MORE = 3, 20


class Schedule:
    """What is left to do.

    How large a model is, its facts say: these come first, of models that are here at once, of others
    when there is room for one more. Then the blocks of the largest model are done, so that at the end
    small units are left, which end at the same time (longest processing time first, Graham 1969). What
    is next is found in the logarithm of the number of models.

    Parameters
    ----------
    folder, settings : of the atlas
    asked : the models
    share : the units that are ours; by default all
    open_at_once : models that are fetched before others are done

    Attributes
    ----------
    total, there : units of counts that are ours, but for models that failed, and that are done
    failed : ids of models, and why
    """

    def __init__(
        self,
        folder: Folder,
        settings: AtlasSettings,
        asked: Sequence[Asked],
        *,
        share: set[Unit] | None = None,
        open_at_once: int = 4,
    ) -> None:
        self._open_at_once = open_at_once
        self._left: dict[str, deque[Unit]] = {}
        self._unopened, self._to_fetch = deque[str](), deque[str]()
        self._fetched, self._open = set[str](), set[str]()
        self._size: dict[str, int] = {}
        self._largest: list[tuple[int, int, str]] = []  # a heap of models whose size is known
        self._place = {one.model.id: number for number, one in enumerate(asked)}
        self._out, self._attempts = Counter[str](), Counter[Unit]()  # units out by model
        self._waiting: deque[Unit] = deque()  # that somebody else does
        self.failed: dict[str, str] = {}
        self._directions, self._done = Counter[str](), Counter[str]()  # by model
        self._begun = Counter[str]()  # directions of units that are being done, by model
        self.total = self.there = 0
        for one in asked:
            self._add(folder, settings, one, share)

    def _add(self, folder: Folder, settings: AtlasSettings, one: Asked, share: set[Unit] | None) -> None:
        id = one.model.id
        units = [unit for unit in one.units(settings) if share is None or unit in share]
        done = folder.done(id) if units else set()
        left = deque(unit for unit in units if unit not in done)
        self.total += len(units)
        self.there += len(units) - len(left)
        self._directions[id] = sum(unit.count for unit in units)
        self._done[id] = self._directions[id] - sum(unit.count for unit in left)
        if not left:
            return
        self._left[id] = left
        if is_fetched(one.model):
            self._fetched.add(id)
        try:
            facts = read_facts(folder, settings, id)
        except TokensphereError:
            (self._to_fetch if id in self._fetched else self._unopened).append(id)
        else:
            self._know(id, facts.rows * facts.dimensions)

    def next(self) -> Unit | None:
        """What to do now; None if nothing can be begun before something else is done."""
        if self._unopened:
            return self._give(Unit(self._unopened.popleft()))
        if self._to_fetch and len(self._open) < self._open_at_once:
            self._open.add(self._to_fetch[0])
            return self._give(Unit(self._to_fetch.popleft()))
        while self._largest:
            id = self._largest[0][2]
            if left := self._left.get(id):
                return self._give(left.popleft())
            heappop(self._largest)
        return None

    def ended(self, outcome: Outcome) -> None:
        """A unit went in some way."""
        unit = outcome.unit
        self._back(unit)
        if outcome.state == "taken":
            self._waiting.append(unit)
        elif outcome.state == "failed":
            self.total -= bool(unit.count) and unit.model not in self.failed
            self.fail(unit.model, outcome.reason)
        elif outcome.state in ("done", "there") and unit.model in self._left:
            if unit.count:
                self.there += 1
                self._done[unit.model] += unit.count
            else:
                self._know(unit.model, outcome.size)
        self._close(unit.model)

    def partly(self, unit: Unit, count: int) -> None:
        """So many more directions of a unit are done, but not the unit."""
        self._begun[unit.model] += count

    def lost(self, unit: Unit) -> bool:
        """Its worker is gone; whether it is tried again."""
        self._attempts[unit] += 1
        again = self._attempts[unit] < (MORE if self._done[unit.model] else ATTEMPTS)
        if again:  # else the engine says that it failed
            self._back(unit)
            self._again(unit)
        return again

    def wait(self) -> None:
        """Try again what others had."""
        while self._waiting:
            self._again(self._waiting.popleft())

    def fail(self, model: str, reason: str) -> None:
        """Nothing more is to be done of a model."""
        if model in self.failed:
            return
        self.failed[model] = reason
        left = self._left.pop(model, deque())
        waiting = sum(1 for unit in self._waiting if unit.model == model and unit.count)
        self._waiting = deque(unit for unit in self._waiting if unit.model != model)
        self.total -= len(left) + waiting + self._out[model]
        self._close(model)

    @property
    def waiting(self) -> int:
        """Units that somebody else does."""
        return len(self._waiting)

    @property
    def part(self) -> float:
        """How much of all is done, in [0, 1], by tokens × dimensions × directions.

        Models of a size that is not known count as those that are known do on average.
        """
        sizes = self._size
        mean = sum(sizes.values()) / len(sizes) if sizes else 1.0
        models = [id for id in self._directions if id not in self.failed]
        total = sum(sizes.get(id, mean) * self._directions[id] for id in models)
        done = sum(sizes.get(id, mean) * (self._done[id] + self._begun[id]) for id in models)
        return done / total if total else 1.0

    def _know(self, model: str, size: int) -> None:
        """A model's size is known."""
        self._size[model] = size
        heappush(self._largest, (-size, self._place[model], model))

    def _give(self, unit: Unit) -> Unit:
        self._out[unit.model] += bool(unit.count)
        return unit

    def _back(self, unit: Unit) -> None:
        self._out[unit.model] -= bool(unit.count)
        self._begun[unit.model] = 0

    def _again(self, unit: Unit) -> None:
        if unit.model not in self._left:  # which failed meanwhile
            return
        if not unit.count:
            self._unopened.appendleft(unit.model)
            return
        if not self._left[unit.model]:  # it may have left the heap
            self._know(unit.model, self._size[unit.model])
        self._left[unit.model].appendleft(unit)

    def _close(self, model: str) -> None:
        """Another one may be fetched, if nothing is left of this."""
        if not self._left.get(model) and not self._out[model]:
            self._open.discard(model)


def share_of(asked: Sequence[Asked], settings: AtlasSettings, which: int, of: int) -> set[Unit]:
    """The units of one task of a job array: neighbours, so that it reads few models.

    Parameters
    ----------
    asked : all models, in the same order for every task
    which, of : from 1 on, of how many tasks
    """
    units = [unit for one in asked for unit in one.units(settings)]
    return set(units[len(units) * (which - 1) // of : len(units) * which // of])
