"""``python -m appliance.cli``: the command line without its installed script."""

import sys

from appliance.cli import main

sys.exit(main())
