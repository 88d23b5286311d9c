"""The table of props: what every row must hold. How the pictures face was checked by eye, not here."""

import csv
import re

from laqta.world.fetch import TABLE

FACINGS = {"left", "right", "front"}
MOVES = {"walk", "drive", "fly", "swim", "roll", "hop", "float"}
NANO = {
    "cat": ("left", "walk,hop"),
    "car": ("left", "drive"),
    "rocket": ("right", "fly"),
    "football": ("front", "roll"),
    "fish": ("left", "swim"),
    "butterfly": ("front", "fly"),
    "burger": ("front", "none"),
    "frog": ("front", "hop,swim"),
    "penguin": ("front", "walk,swim"),
    "robot": ("front", "walk"),
    "elephant": ("left", "walk"),
    "duck": ("left", "walk,swim,fly"),
}

with TABLE.open(encoding="utf-8", newline="") as lines:
    ROWS = list(csv.DictReader(lines, delimiter="\t"))
BY_ID = {row["id"]: row for row in ROWS}


def emoji_of(file: str) -> str:
    return "".join(chr(int(point, 16)) for point in file.split("-"))


def test_columns_and_size() -> None:
    assert list(ROWS[0]) == ["id", "emoji", "file", "facing", "moves", "group"]
    assert len(ROWS) >= 180


def test_the_nano_props_come_first() -> None:
    assert [row["id"] for row in ROWS[:12]] == list(NANO)


def test_ids_emoji_and_files_are_unique() -> None:
    for column in ("id", "emoji", "file"):
        assert len({row[column] for row in ROWS}) == len(ROWS), column


def test_every_row_is_well_formed() -> None:
    for row in ROWS:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", row["id"]), row
        assert row["facing"] in FACINGS, row
        moves = row["moves"].split(",")
        assert moves == ["none"] or set(moves) <= MOVES, row
        assert len(set(moves)) == len(moves), row


def test_the_file_is_named_after_the_emoji() -> None:
    for row in ROWS:
        # The variation selector (fe0f) says "draw as a picture"; the table's emoji may leave it out.
        assert emoji_of(row["file"]).replace("\ufe0f", "") == row["emoji"].replace("\ufe0f", ""), row


def test_the_nano_props_face_and_move_as_seen() -> None:
    assert {name: (BY_ID[name]["facing"], BY_ID[name]["moves"]) for name in NANO} == NANO
