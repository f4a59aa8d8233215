import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade():
    with op.batch_alter_table("item") as item:
        item.alter_column("name", existing_type=sa.String(40), type_=sa.String(60))
        item.alter_column("price", existing_type=sa.Integer, type_=sa.Numeric(10, 2))


def downgrade():
    with op.batch_alter_table("item") as item:
        item.alter_column("name", existing_type=sa.String(60), type_=sa.String(40))
        item.alter_column("price", existing_type=sa.Numeric(10, 2), type_=sa.Integer)
