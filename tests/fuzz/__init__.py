"""Every kind of file that is read, damaged in every way: a clean error, in bounded time and memory.

python -m tests.fuzz -n 30000                 # all kinds; a table, and 1 if any case failed
python -m tests.fuzz --only survey -n 500     # the kinds whose name has this
python -m tests.fuzz --only survey --case 17  # one case, with its traceback
"""
