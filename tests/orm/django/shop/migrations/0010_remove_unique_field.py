from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0009_rename_model")]
    operations = [
        migrations.RemoveField("product", "sku"),
    ]
