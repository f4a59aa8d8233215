from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade():
    with op.batch_alter_table("item") as item:
        item.alter_column("note", new_column_name="remark")


def downgrade():
    with op.batch_alter_table("item") as item:
        item.alter_column("remark", new_column_name="note")
