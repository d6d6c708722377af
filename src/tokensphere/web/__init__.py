"""A page in the browser: lists, directions, maps and surveys to look at, on this machine alone.

``guard`` lets nobody else in, ``endpoint`` turns requests into calls and results into replies, ``works``
does what takes long, ``session`` holds what all views share; ``lists``, ``directions``, ``maps``,
``surveys`` and ``rate`` are the views, each beside a module of the same name in ``static``. No statistic
is computed in the page.
"""
