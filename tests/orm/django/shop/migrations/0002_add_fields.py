from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("item", "stock", models.IntegerField(default=0)),
        migrations.AddField("item", "on_sale", models.BooleanField(default=False)),
    ]
