"""What SQLAlchemy answers; $SHOP_FILE has the table note(id INTEGER PRIMARY KEY, word TEXT UNIQUE, n)."""

import os

from sqlalchemy import Column, Integer, Text, create_engine, delete, insert, select, text, update
from sqlalchemy.orm import Session, declarative_base

Base = declarative_base()


class Note(Base):
    __tablename__ = "note"
    id = Column(Integer, primary_key=True)
    word = Column(Text, unique=True)
    n = Column(Integer)


engine = create_engine("sqlite:///" + os.environ["SHOP_FILE"])
with engine.begin() as shop:
    made = shop.execute(insert(Note).values(word="alchemy", n=1))
    print("insert", made.rowcount, made.lastrowid, made.inserted_primary_key)
    print("many", shop.execute(insert(Note), [{"word": f"row {n}", "n": n} for n in range(7)]).rowcount)
    print("update", shop.execute(update(Note).where(Note.n > 3).values(n=Note.n * 2)).rowcount)
    print("delete", shop.execute(delete(Note).where(Note.n == 12)).rowcount)
    print("returning", shop.execute(text("INSERT INTO note(word) VALUES('r') RETURNING id, word")).all())
with Session(engine) as session:
    note = Note(word="by session", n=5)
    session.add(note)
    session.flush()
    print("session", note.id)
    note.n = 6
    session.commit()
    print(session.query(Note).filter(Note.n == 6).update({"n": 7}), session.query(Note).filter(Note.n == 7).delete())
    session.commit()
    print(session.execute(select(Note.id, Note.word, Note.n).order_by(Note.id)).all())
