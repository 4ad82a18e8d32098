"""`python -m services.logistics [serve|migrate]`."""

from chassis.main import main
from services.logistics.app import MIGRATIONS, create_app
from services.logistics.settings import Settings

if __name__ == "__main__":
    main(Settings, create_app=create_app, migrations=MIGRATIONS)
