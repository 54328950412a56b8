"""`python -m nl2sql`: the command line."""

import sys

from nl2sql.cli import main

sys.exit(main())
