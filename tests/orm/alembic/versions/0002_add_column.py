import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    with op.batch_alter_table("item") as item:
        item.add_column(sa.Column("stock", sa.Integer, nullable=False, server_default="0"))


def downgrade():
    with op.batch_alter_table("item") as item:
        item.drop_column("stock")
