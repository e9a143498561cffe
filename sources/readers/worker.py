"""A reading process: `python -m sources.readers.worker`, jobs on standard input, outcomes on standard output.

The first line is the personal-data key in hexadecimal and the folder of the parts; every further line is a
landed file, answered by one line with its outcome. A process of its own, not a fork or a spawn of the
caller's: a fork of a process with threads can hang, and a spawn would import the caller's whole program again.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from sources.privacy import digester
from sources.readers.one_file import ReadingBrokeError, read_file
from sources.staging import dumps, loads_landed


def main() -> int:
    """Serve jobs until standard input ends; 1 if reading broke, which is told on standard error."""
    start = json.loads(sys.stdin.readline())
    digest, out_dir = digester(bytes.fromhex(start["key"])), Path(start["out_dir"])
    for line in sys.stdin:
        try:
            outcomes = [read_file(each, out_dir, digest) for each in loads_landed(line)]
        except ReadingBrokeError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        sys.stdout.write(dumps(outcomes) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
