"""Alembic's environment; with SHOP_IGNORES it has the hook that the README proposes."""

import os

from alembic import context
from models import Base
from sqlalchemy import create_engine

hooks = {}
if os.environ.get("SHOP_IGNORES"):
    hooks = dict(
        include_object=lambda object, name, type_, *rest: type_ != "table" or not name.startswith("_sluice_"),
    )

engine = create_engine("sqlite:///" + os.environ["SHOP_FILE"])
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, **hooks)
    with context.begin_transaction():
        context.run_migrations()
