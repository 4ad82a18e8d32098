"""`python -m services.registry [serve|migrate]`."""

from chassis.main import main
from services.registry.settings import Settings

if __name__ == "__main__":
    main(Settings, package="services.registry")
