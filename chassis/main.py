"""The two things that `python -m services.<name>` can do: serve, and migrate its database."""

import sys
from importlib import import_module

from chassis.settings import ServiceSettings


def main(settings_type: type[ServiceSettings], *, package: str) -> None:
    """Serve the application, or with the argument `migrate` bring its database to the newest revision.

    Each verb imports what it needs and no more: migrations need no web framework and no route, and a desk's first start
    runs five of them.

    Args:
        settings_type: What the process reads from its environment.
        package: Where it is: `<package>.app` makes the application, `migrations` lies beside.
    """
    verb = sys.argv[1] if len(sys.argv) > 1 else "serve"
    settings = settings_type()  # type: ignore[call-arg]  # pyright cannot see that the environment fills it
    if verb == "migrate":
        from chassis.migrations import migrate  # noqa: PLC0415 - see above

        migrate(settings.database_url.get_secret_value(), package=package)
    elif verb == "serve":
        from chassis.serving import serve  # noqa: PLC0415 - see above

        serve(import_module(f"{package}.app").create_app(settings), settings)
    else:
        sys.exit(f"unknown verb {verb!r}: serve or migrate")
