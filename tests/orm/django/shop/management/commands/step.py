"""A day's work with the models as they are, a migration, and writes with the new models right after it."""

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader

from shop.work import work, write


def models_now():
    loader = MigrationLoader(connection)
    return loader.project_state(list(loader.applied_migrations)).apps


def migrate(migration):
    """As somebody does whom SQLite tells "database is locked": the daemon may just have put its triggers back after
    the migration before, and a transaction that has read by then can write no more. What was migrated stays."""
    tries = 5
    for attempt in range(1, tries + 1):
        try:
            return call_command("migrate", "shop", migration, verbosity=0)
        except OperationalError as refusal:
            if attempt == tries or "locked" not in str(refusal):
                raise


class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("migration")

    def handle(self, *, migration, **_):
        if connection.introspection.table_names():
            work(models_now())
        migrate(migration)
        write(models_now())
