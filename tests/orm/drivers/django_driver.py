"""What Django's models answer; $SHOP_FILE has the table note(id INTEGER PRIMARY KEY, word TEXT UNIQUE, n)."""

import os

import django
from django.conf import settings

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["SHOP_FILE"]}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from django.db import connection, models  # noqa: E402


class Note(models.Model):
    id = models.BigAutoField(primary_key=True)
    word = models.TextField(unique=True)
    n = models.IntegerField(null=True)

    class Meta:
        app_label = "drivers"
        db_table = "note"


notes = Note.objects
print("create", notes.create(word="django", n=1).pk)
print("bulk", len(notes.bulk_create([Note(word=f"bulk {n}", n=n) for n in range(6)])))
print("update", notes.filter(n__gt=2).update(n=models.F("n") + 10))
print("get or create", notes.get_or_create(word="django")[1], notes.get_or_create(word="new")[1])
print("update or create", notes.update_or_create(word="new", defaults={"n": 8})[1])
print("delete", notes.filter(n=12).delete(), notes.filter(n=13).delete())
with connection.cursor() as cursor:
    cursor.execute("UPDATE note SET n = n + 1 WHERE n > 1")
    print("rowcount", cursor.rowcount)
    cursor.execute("INSERT INTO note(word) VALUES('raw')")
    print("lastrowid", cursor.lastrowid)
print(list(notes.order_by("id").values_list("id", "word", "n")))
