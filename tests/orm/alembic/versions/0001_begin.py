import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "maker",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(40), nullable=False),
    )
    op.create_table(
        "item",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("price", sa.Integer),
        sa.Column("note", sa.Text),
        sa.Column("maker_id", sa.Integer, sa.ForeignKey("maker.id")),
    )


def downgrade():
    op.drop_table("item")
    op.drop_table("maker")
