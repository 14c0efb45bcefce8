"""`python -m headwater.embedded.warehouse`: the embedded warehouse alone."""

import sys

from headwater.embedded.warehouse import serve
from headwater.errors import CannotStart

if __name__ == "__main__":
    try:
        serve()
    except CannotStart as error:
        sys.exit(str(error))
