from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade():
    with op.batch_alter_table("item") as item:
        item.create_unique_constraint("one_name_a_maker", ["name", "maker_id"])


def downgrade():
    with op.batch_alter_table("item") as item:
        item.drop_constraint("one_name_a_maker", type_="unique")
