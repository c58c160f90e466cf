"""`python -m migrantpanel` is the same as `migrantpanel`."""

from migrantpanel.cli import main

if __name__ == "__main__":
    main()
