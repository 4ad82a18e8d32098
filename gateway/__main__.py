"""`python -m gateway [serve|migrate]`."""

from chassis.main import main
from gateway.settings import Settings

if __name__ == "__main__":
    main(Settings, package="gateway")
