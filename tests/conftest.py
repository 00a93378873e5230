"""What holds for all tests, before anything heavy is imported."""

from __future__ import annotations

import gc
import os

# Looking for garbage among the objects that imports make, hundreds of thousands, was a
# tenth of the time that tests take.
gc.set_threshold(50_000, 20, 50)

# Several processes share the cores. Threads of linear algebra would wait for each
# other, busily: a check with a dense 300 x 300 matrix took twenty times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
# PyTensor notes where each node of a graph was made, a tenth of the time to build one.
os.environ.setdefault("PYTENSOR_FLAGS", "traceback__limit=0")
# Numba compiles each graph that nutpie samples, for seconds; the samples are few.
os.environ.setdefault("NUMBA_OPT", "0")
