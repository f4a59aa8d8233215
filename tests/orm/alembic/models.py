"""The shop as it is after the last migration."""

from sqlalchemy import Column, ForeignKey, Integer, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class Maker(Base):
    __tablename__ = "maker"
    id = Column(Integer, primary_key=True)
    name = Column(String(40), nullable=False)
    items = relationship("Item", cascade="all, delete-orphan", back_populates="maker")


class Item(Base):
    __tablename__ = "item"
    __table_args__ = (UniqueConstraint("name", "maker_id", name="one_name_a_maker"),)
    id = Column(Integer, primary_key=True)
    name = Column(String(60), nullable=False)
    price = Column(Numeric(10, 2))
    stock = Column(Integer, nullable=False, server_default="0")
    remark = Column(Text)
    maker_id = Column(Integer, ForeignKey("maker.id"))
    maker = relationship("Maker", back_populates="items")
