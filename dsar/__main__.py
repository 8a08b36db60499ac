"""`python -m dsar`: the command line, also where its program is not on the path."""

from dsar.cli import main

if __name__ == "__main__":
    main()
