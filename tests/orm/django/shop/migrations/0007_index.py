from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0006_make_unique")]
    operations = [
        migrations.AddIndex("item", models.Index(fields=["price"], name="by_price")),
        migrations.AlterUniqueTogether("item", {("name", "maker")}),
    ]
