"""``python -m appliance.box boot|network|console``: see one_shots.py. Exit codes: 0 well, 1 not."""

import argparse
import sys

from appliance.box.one_shots import add_commands
from appliance.errors import CounterbellError


def main() -> int:
    """Entry point of the services."""
    parser = argparse.ArgumentParser(prog="counterbell box")
    add_commands(parser.add_subparsers(required=True, metavar="COMMAND"))
    options = parser.parse_args()
    try:
        return int(options.run(options))
    except (CounterbellError, OSError) as error:
        sys.stderr.write(f"counterbell: {' '.join(str(error).split())}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
