"""shop.py work [upgrade|downgrade REVISION], upgrade REVISION, draft

Does a day's work on $SHOP_FILE, migrates it, or has Alembic draft into $SHOP_DRAFTS the migration that it finds missing.
"""

import os
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from work import work

here = Path(__file__).parent


def config():
    result = Config()
    result.set_main_option("script_location", str(here))
    places = [str(here / "versions"), os.environ.get("SHOP_DRAFTS", "")]
    result.set_main_option("version_locations", " ".join(places).strip())
    return result


def draft():
    made = command.revision(config(), message="draft", autogenerate=True, rev_id="draft",
                            version_path=os.environ["SHOP_DRAFTS"])
    print(Path(made.path).read_text())


def main(verb, *arguments):
    if verb == "draft":
        draft()
    elif verb == "work":
        work()
        if arguments:
            main(*arguments)
    else:
        getattr(command, verb)(config(), *arguments)


main(*sys.argv[1:])
