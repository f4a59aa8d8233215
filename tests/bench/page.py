"""A page of Markdown that is written line by line."""


class Page:
    def __init__(self):
        self.lines = []

    def say(self, *lines):
        self.lines += lines

    def section(self, title):
        self.say("", f"## {title}", "")

    def table(self, head, rows):
        self.say("", "| " + " | ".join(head) + " |", "|" + "---|" * len(head))
        self.say(*("| " + " | ".join(cell(each) for each in row) + " |" for row in rows), "")

    def text(self):
        return "\n".join(self.lines).replace("\n\n\n", "\n\n") + "\n"


def cell(value):
    return str(value).replace("|", "\\|").replace("\n", " ")


def shown(value, most=40):
    """A value in a few characters, in which nothing can hurt the page."""
    text = ascii(value) if not isinstance(value, bytes) else f"x'{value.hex()}'"
    return f"`{text[:most].replace('`', ' ')}{'...' if len(text) > most else ''}`"
