from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0004_alter_type")]
    operations = [
        migrations.RenameField("item", "note", "remark"),
    ]
