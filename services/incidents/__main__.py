"""`python -m services.incidents [serve|migrate]`."""

from chassis.main import main
from services.incidents.settings import Settings

if __name__ == "__main__":
    main(Settings, package="services.incidents")
