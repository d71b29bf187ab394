"""`python -m simgan_lib` is the command `simgan`."""

import sys

from .cli import main

sys.exit(main())
