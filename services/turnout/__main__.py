"""`python -m services.turnout [serve|migrate]`."""

from chassis.main import main
from services.turnout.app import MIGRATIONS, create_app
from services.turnout.settings import Settings

if __name__ == "__main__":
    main(Settings, create_app=create_app, migrations=MIGRATIONS)
