from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0003_add_unique_field")]
    operations = [
        migrations.AlterField("item", "price", models.DecimalField(max_digits=10, decimal_places=2)),
    ]
