from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel("Maker", [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=40, unique=True)),
        ]),
        migrations.CreateModel("Item", [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=40)),
            ("sku", models.CharField(max_length=20, null=True)),
            ("price", models.IntegerField()),
            ("added", models.DateTimeField(auto_now_add=True)),
            ("note", models.TextField()),
            ("maker", models.ForeignKey("shop.Maker", null=True, on_delete=models.CASCADE)),
        ]),
        migrations.CreateModel("Visit", [
            ("id", models.BigAutoField(primary_key=True)),
            ("item", models.ForeignKey("shop.Item", on_delete=models.CASCADE)),
        ]),
    ]
