"""A day's work with the models as they are, a migration, and writes with the new models right after it."""

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from shop.work import work, write


def models_now():
    loader = MigrationLoader(connection)
    return loader.project_state(list(loader.applied_migrations)).apps


class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("migration")

    def handle(self, *, migration, **_):
        if connection.introspection.table_names():
            work(models_now())
        call_command("migrate", "shop", migration, verbosity=0)
        write(models_now())
