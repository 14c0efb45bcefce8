"""`python -m headwater.embedded.warehouse`: the embedded warehouse alone."""

import sys

from headwater.embedded.errors import CannotStart
from headwater.embedded.warehouse import serve

if __name__ == "__main__":
    try:
        serve()
    except CannotStart as error:
        sys.exit(str(error))
