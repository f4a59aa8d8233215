from django.db import migrations
from django.db.models import F


def mark(apps, _):
    apps.get_model("shop", "Product").objects.filter(stock__lt=5).update(on_sale=True, stock=F("stock") + 5)


class Migration(migrations.Migration):
    dependencies = [("shop", "0011_delete_model")]
    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
