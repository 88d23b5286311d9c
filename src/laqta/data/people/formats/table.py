"""Every exchange format by its name; a new one is a file here and a row, and the tests walk the table."""

from laqta.data.people.exchange import Format
from laqta.data.people.formats import coco, cvat, label_studio, mot

FORMATS: dict[str, Format] = {
    one.name: one for one in (cvat.FORMAT, label_studio.FORMAT, coco.FORMAT, mot.FORMAT)
}
