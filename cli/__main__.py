"""`python -m cli`, and the command `desk`."""

from cli.app import app


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
