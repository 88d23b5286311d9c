"""`python -m laqta` is the command line."""

from laqta.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
