from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0005_rename_field")]
    operations = [
        migrations.AlterField("item", "sku", models.CharField(max_length=20, null=True, unique=True)),
    ]
