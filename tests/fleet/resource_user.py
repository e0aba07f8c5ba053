"""A program for the tests of `caraus.core.bounded_process`: it takes what it can get."""

import os
import sys
import time

from caraus.core.bounded_process import limit_resources


def main() -> None:
    limit_resources(cpu_seconds=1, megabytes=512)
    resource = sys.stdin.buffer.read()
    while resource == b"cpu":
        pass
    if resource == b"memory":
        sys.stdout.buffer.write(b" " * 2_000_000_000)
    if resource == b"sleep":
        time.sleep(60)
    print(dict(os.environ))


if __name__ == "__main__":
    main()
