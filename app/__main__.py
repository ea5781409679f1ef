"""``python -m app``: the same as the ``discern`` command."""

from __future__ import annotations

import multiprocessing
import sys

from app import platform_env

if __name__ == "__main__":
    multiprocessing.freeze_support()
    platform_env.prepare()
    from app.cli import main

    sys.exit(main())
