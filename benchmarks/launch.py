"""Start one process, wait for it, and write what it took: a process of its own.

    python -I -S launch.py RESULT COMMAND ...

The system counts into the memory of a new process what the one that starts it
held. So this one is small: nothing but the standard library's smallest parts.
"""

import os
import sys
import time

result, *command = sys.argv[1:]
start, clock = time.time(), time.perf_counter()
child = os.posix_spawnp(command[0], command, os.environ)
_, status, usage = os.wait4(child, 0)
seconds = time.perf_counter() - clock
code = os.waitstatus_to_exitcode(status)
cpu = usage.ru_utime + usage.ru_stime
with open(result, "w") as file:
    print(start, seconds, usage.ru_maxrss / 1024, cpu, code, file=file)
