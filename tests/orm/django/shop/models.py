"""The shop as it is after the last migration."""

from django.db import models


class Maker(models.Model):
    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=40, unique=True)


class Tag(models.Model):
    id = models.BigAutoField(primary_key=True)
    word = models.CharField(max_length=20, unique=True)


class Product(models.Model):
    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=40)
    code = models.CharField(max_length=20, null=True, unique=True)
    price = models.DecimalField(max_digits=10, decimal_places=2)
    stock = models.IntegerField(default=0)
    on_sale = models.BooleanField(default=False)
    added = models.DateTimeField(auto_now_add=True)
    remark = models.TextField()
    maker = models.ForeignKey(Maker, null=True, on_delete=models.CASCADE)
    tags = models.ManyToManyField(Tag)

    class Meta:
        unique_together = [("name", "maker")]
        indexes = [models.Index(fields=["price"], name="by_price")]
