from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_add_fields")]
    operations = [
        migrations.AddField("item", "code", models.CharField(max_length=20, null=True, unique=True)),
    ]
