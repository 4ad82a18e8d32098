"""`python -m services.registry [serve|migrate]`."""

from chassis.main import main
from services.registry.app import MIGRATIONS, create_app
from services.registry.settings import Settings

if __name__ == "__main__":
    main(Settings, create_app=create_app, migrations=MIGRATIONS)
