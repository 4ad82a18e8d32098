"""`python -m services.logistics [serve|migrate]`."""

from chassis.main import main
from services.logistics.settings import Settings

if __name__ == "__main__":
    main(Settings, package="services.logistics")
