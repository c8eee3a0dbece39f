"""`python -m reports …` is `handgrad …`."""

import sys

from reports.cli import main

sys.exit(main())
