"""`python -m services.turnout [serve|migrate]`."""

from chassis.main import main
from services.turnout.settings import Settings

if __name__ == "__main__":
    main(Settings, package="services.turnout")
