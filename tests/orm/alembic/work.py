"""What a shop does all day by SQLAlchemy, with whatever columns its tables have at the time."""

import os

from sqlalchemy import MetaData, create_engine, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.automap import automap_base
from sqlalchemy.orm import Session


def mapped(engine):
    tables = MetaData()
    tables.reflect(engine, only=["maker", "item"])
    base = automap_base(metadata=tables)
    base.prepare()
    return base.classes.maker, base.classes.item


def by_session(session, Maker, Item, first):
    maker = Maker(name=f"maker {first}")
    maker.item_collection = [Item(name=f"item {first + n}", price=first % 90 + n) for n in range(8)]
    session.add(maker)
    session.flush()
    assert all(item.maker_id == maker.id for item in maker.item_collection)
    session.commit()
    maker.item_collection[0].name += " renamed"
    session.delete(maker.item_collection.pop())
    session.commit()
    return maker


def by_statement(session, Maker, Item, maker, first):
    assert session.execute(update(Item).where(Item.maker_id == maker.id).values(price=Item.price + 1)).rowcount == 7
    made = session.execute(insert(Maker).values(name=f"statement {first}"))
    assert made.inserted_primary_key[0] == made.lastrowid == session.scalar(select(func.max(Maker.id)))
    again = upsert(Maker).values(id=made.lastrowid, name="conflict")
    session.execute(again.on_conflict_do_update(index_elements=["id"], set_={"name": again.excluded.name + "!"}))
    assert session.execute(delete(Item).where(Item.name == f"item {first + 1}")).rowcount == 1
    session.commit()


def refused(session, Maker, Item, maker, first):
    session.add(Item(name=f"rolled back {first}", maker_id=maker.id))
    session.flush()
    session.rollback()
    try:
        with session.begin_nested():
            session.add(Item(name=f"savepoint {first}", maker_id=maker.id))
            session.add(Item(name=None))
    except IntegrityError:
        session.add(Item(name=f"after the savepoint {first}", maker_id=maker.id))
    session.commit()


def work():
    engine = create_engine("sqlite:///" + os.environ["SHOP_FILE"])
    Maker, Item = mapped(engine)
    with Session(engine) as session:
        first = 10 * (session.scalar(select(func.max(Maker.id))) or 0)
        maker = by_session(session, Maker, Item, first)
        by_statement(session, Maker, Item, maker, first)
        refused(session, Maker, Item, maker, first)
