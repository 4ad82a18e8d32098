"""`python -m gateway [serve|migrate]`."""

from chassis.main import main
from gateway.app import MIGRATIONS, create_app
from gateway.settings import Settings

if __name__ == "__main__":
    main(Settings, create_app=create_app, migrations=MIGRATIONS)
