"""What a shop does all day, with whatever models and fields there are at the time."""

import django
from django.db import IntegrityError, transaction
from django.db.models import F, Max


class Refused(Exception):
    """Raised inside a transaction so that it is rolled back."""


def has_field(model, name):
    return any(field.name == name for field in model._meta.get_fields())


def model_named(apps, *names):
    for name in names:
        try:
            return apps.get_model("shop", name)
        except LookupError:
            continue
    return None


def bulk(items, makers, first):
    maker = makers.create(name=f"maker {first}")
    fields = {"price": first % 90, "maker": maker}
    new = [items.model(name=f"item {first + n}", **fields) for n in range(6)]
    for item in new:
        if has_field(items.model, "code"):
            item.code = f"code {item.name}"
    items.bulk_create(new)
    makers.bulk_create([makers.model(name=maker.name), makers.model(name=f"other {first}")], ignore_conflicts=True)
    if django.VERSION >= (4, 1):
        again = [makers.model(name=maker.name)]
        makers.bulk_create(again, update_conflicts=True, update_fields=["name"], unique_fields=["name"])
    return maker


def single(items, maker, first):
    item, created = items.get_or_create(name=f"single {first}", maker=maker, defaults={"price": 7})
    assert created
    item, created = items.get_or_create(name=f"single {first}", maker=maker, defaults={"price": 8})
    assert not created and item.price == 7
    items.update_or_create(name=f"single {first}", maker=maker, defaults={"price": 9})
    assert items.filter(pk=item.pk).update(price=F("price") + 1) == 1
    assert items.get(pk=item.pk).price == 10


def transactions(items, makers, maker, first):
    try:
        with transaction.atomic():
            items.filter(maker=maker).delete()
            makers.create(name=f"rolled back {first}")
            raise Refused
    except Refused:
        assert items.filter(maker=maker).count() == 7
    with transaction.atomic():
        items.filter(maker=maker, price__lt=50).update(price=F("price") + 20)
        try:
            with transaction.atomic():
                makers.create(name=f"savepoint {first}")
                makers.create(name=maker.name)
        except IntegrityError:
            items.create(name=f"after the savepoint {first}", price=1, maker=maker)


def tagging(items, tags, maker):
    one, two, three = items.filter(maker=maker)[:3]
    red = tags.get_or_create(word="red")[0]
    blue = tags.get_or_create(word="blue")[0]
    one.tags.add(red, blue)
    one.tags.remove(red)
    two.tags.set([red])
    two.tags.set([blue])
    three.tags.add(red)
    three.tags.clear()


def cascade(items, visits, makers, first):
    gone = makers.create(name=f"gone {first}")
    item = items.create(name=f"gone {first}", price=1, maker=gone)
    if visits:
        visits.create(item=item)
    deleted = gone.delete()[1]
    assert deleted["shop.Maker"] == 1


def next_number(makers):
    return 10 * ((makers.aggregate(Max("id"))["id__max"] or 0) + 1)


def write(apps):
    """Only transactions that begin with a write."""
    items = model_named(apps, "Product", "Item").objects
    makers = apps.get_model("shop", "Maker").objects
    maker = bulk(items, makers, next_number(makers))
    assert items.filter(maker=maker).update(price=F("price") + 1) == 6
    item = items.filter(maker=maker).first()
    item.name += " saved"
    item.save()


def work(apps):
    items = model_named(apps, "Product", "Item").objects
    makers = apps.get_model("shop", "Maker").objects
    visits = model_named(apps, "Visit")
    tags = model_named(apps, "Tag")
    first = next_number(makers)
    maker = bulk(items, makers, first)
    single(items, maker, first)
    transactions(items, makers, maker, first)
    cascade(items, visits and visits.objects, makers, first)
    if visits:
        visits.objects.bulk_create([visits(item=item) for item in items.filter(maker=maker)])
    if tags:
        tagging(items, tags.objects, maker)
