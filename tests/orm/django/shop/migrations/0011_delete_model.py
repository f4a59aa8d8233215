from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0010_remove_unique_field")]
    operations = [
        migrations.DeleteModel("Visit"),
    ]
