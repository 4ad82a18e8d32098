"""`python -m services.incidents [serve|migrate]`."""

from chassis.main import main
from services.incidents.app import MIGRATIONS, create_app
from services.incidents.settings import Settings

if __name__ == "__main__":
    main(Settings, create_app=create_app, migrations=MIGRATIONS)
