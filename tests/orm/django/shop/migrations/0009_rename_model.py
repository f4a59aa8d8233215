from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0008_many_to_many")]
    operations = [
        migrations.RenameModel("Item", "Product"),
    ]
