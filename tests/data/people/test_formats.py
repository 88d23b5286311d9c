"""Labels go out and come back: the box on every frame exactly, and whatever else a format says that it keeps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from strategies import clips

from laqta.data.people.exchange import Format, restore, spell
from laqta.data.people.formats import label_studio, mot
from laqta.data.people.formats.table import FORMATS
from laqta.data.people.track import ExactBox, FrameSize, Keyframe, Timeline, Track, boxes_of

EVERY = pytest.mark.parametrize("form", FORMATS.values(), ids=list(FORMATS))
PROPERTY = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
SIZE = FrameSize(width=853, height=479)
UNEVEN = Timeline(pts=(0, 3003, 6006, 7507, 12012, 18018, 18019, 24024), time_base=Fraction(1, 90000))
Clip = tuple[Timeline, FrameSize, tuple[Track, ...]]


def box(left: str, top: str, right: str, bottom: str, size: FrameSize = SIZE) -> ExactBox:
    return ExactBox.from_pixels([Fraction(side) for side in (left, top, right, bottom)], size)


def kept(track: Track, form: Format) -> Track:
    """What the format says that it keeps of a track, keyframes included."""
    keys = [
        replace(
            key,
            occluded=key.occluded and "occluded" in form.keeps,
            attributes=key.attributes if "changes" in form.keeps else (),
        )
        for key in track.keyframes
    ]
    attributes = track.attributes if "attributes" in form.keeps else ()
    return replace(track, keyframes=tuple(keys), attributes=attributes)


def assert_same_boxes(
    found: Sequence[ExactBox | None], wished: Sequence[ExactBox | None], exact: bool
) -> None:
    """Equal; or, where a format writes every frame's box as a decimal, equal to a billionth of the picture."""
    if exact:
        assert found == wished
        return
    for one, other in zip(found, wished, strict=True):
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            sides = ("left", "top", "right", "bottom")
            assert all(abs(getattr(one, side) - getattr(other, side)) < 1e-9 for side in sides)


@EVERY
@PROPERTY
@given(clip=clips())
def test_what_is_written_reads_back_exactly(form: Format, clip: Clip) -> None:
    timeline, size, tracks = clip
    text = form.write(tracks, timeline, size).text
    back = form.read(text, timeline, size)
    assert back.losses == ()
    assert len(back.tracks) == len(tracks)
    for found, track in zip(back.tracks, tracks, strict=True):
        assert_same_boxes(
            boxes_of(found, timeline), boxes_of(track, timeline), exact="keyframes" in form.keeps
        )
    if "keyframes" in form.keeps:
        assert back.tracks == tuple(kept(track, form) for track in tracks)
    again = form.write(back.tracks, timeline, size)
    assert form.read(again.text, timeline, size).tracks == back.tracks


@PROPERTY
@given(clip=clips())
def test_the_long_way_round_moves_nothing(clip: Clip) -> None:
    """CVAT -> ours -> Label Studio -> ours -> COCO -> ours: 0 px, 0 frames, every keyframe."""
    timeline, size, tracks = clip
    passed = tracks
    for name in ("cvat", "label_studio", "coco"):
        passed = FORMATS[name].read(FORMATS[name].write(passed, timeline, size).text, timeline, size).tracks
    assert passed == tuple(kept(track, FORMATS["label_studio"]) for track in tracks)


@EVERY
def test_losses_say_what_a_format_cannot(form: Format) -> None:
    key = Keyframe(pts=0, box=box("1", "2", "3", "4"), occluded=True, attributes=(("pose", "up"),))
    later = Keyframe(pts=3003, box=box("1", "2", "3", "4"))
    track = Track(id="a", label="cat", keyframes=(key, later), attributes=(("colour", "red"),))
    losses = " ".join(form.write([track], UNEVEN, SIZE).losses)
    assert ("occluded is not kept" in losses) == ("occluded" not in form.keeps)
    assert ("that change along a track are not kept" in losses) == ("changes" not in form.keeps)
    assert ("attributes are not kept" in losses) == ("attributes" not in form.keeps)
    assert ("every frame reads as set" in losses) == ("keyframes" not in form.keeps)
    plain = Track(id="1", label="cat", keyframes=(Keyframe(pts=0, box=key.box),))
    assert form.write([plain], UNEVEN, SIZE).losses == () or form.name == "mot"


@EVERY
@pytest.mark.parametrize(
    "junk", [b"\xff\xfe\x00", b"PK\x03\x04", "{", "<a>", "[1]", "[[", "nan,1", "1,2,3", '{"a": NaN}']
)
def test_junk_is_refused_in_words(form: Format, junk: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"\w{4}"):
        form.read(junk, UNEVEN, SIZE)


TWIN = "<track id='1' label='x'><box frame='0' xtl='1' ytl='1' xbr='2' ybr='2'/></track>"


def broken(form: Format, old: str, new: str, keys: tuple[Keyframe, ...] = ()) -> str:
    """A file with one track, and one thing in it wrong."""
    keys = keys or (Keyframe(pts=0, box=box("11", "22", "44", "88")),)
    text = form.write([Track(id="1", label="cat", keyframes=keys)], UNEVEN, SIZE).text
    assert old in text, text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("cvat", 'frame="0"', 'frame="8"', "there is no frame '8'; this clip's go from 0 to 7"),
        ("cvat", 'frame="0"', 'frame="0.5"', "not a whole number"),
        ("cvat", 'xtl="11.0"', 'xtl="nan"', "'nan' is not a finite number"),
        ("cvat", 'xtl="11.0"', 'xtl="44"', "wider and higher than 0"),
        ("cvat", 'xtl="11.0"', 'xtl="45"', "wider and higher than 0"),
        ("cvat", 'xtl="11.0"', 'xtl="1e999"', "is not a finite number"),
        ("cvat", "<size>8<", "<size>9<", "CVAT saw 9 frames, but the clip has 8"),
        ("cvat", "<width>853<", "<width>479<", "labelled at 479 x 479, but the clip is 853 x 479"),
        ("cvat", "</track>", f"</track>{TWIN}", "two tracks have the id '1'"),
        ("label_studio", '"frame": 1', '"frame": 0', "there is no frame 0; this clip's go from 1 to 8"),
        ("label_studio", '"framesCount": 8', '"framesCount": 7', "saw 7 frames, but the clip has 8"),
        ("label_studio", '"width": 3.8', '"width": -3.8', "wider and higher than 0"),
        ("label_studio", '"width": 3.8', '"width": NaN, "w": 3.8', "'NaN' is not a number"),
        ("label_studio", '"labels": [', '"labels": ["dog",', "a track has one"),
        ("label_studio", '"sequence": [', '"sequence": [7,', "list of objects"),
        ("coco", '"bbox": [11.0', '"bbox": ["x"', "'x' is not a finite number"),
        ("coco", '"bbox": [11.0', '"bbox": [11.0, 1', "a bbox is"),
        ("coco", '"image_id": 1', '"image_id": 99', "its image or category is not in the file"),
        ("coco", '"pts": 3003', '"pts": 3004', "no frame of the clip begins at PTS 3004"),
        ("coco", '"image_id": 2', '"image_id": 1', "two boxes on frame 0"),
        ("mot", "1,1,12.0", "9,1,12.0", "there is no frame '9'; this clip's go from 1 to 8"),
        ("mot", "1,1,12.0", "2,1,12.0", "already has a box on frame 2"),
        ("mot", "33.0", "-33.0", "wider and higher than 0"),
        ("mot", "33.0", "inf", "'inf' is not a finite number"),
    ],
)  # fmt: skip
def test_bad_files_are_refused_with_the_place_and_the_reason(
    name: str, old: str, new: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        FORMATS[name].read(broken(FORMATS[name], old, new), UNEVEN, SIZE)


@pytest.mark.parametrize(
    "entity",
    ['<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">', '<!ENTITY a SYSTEM "file:///etc/passwd">', ""],
)
def test_xml_that_declares_entities_is_refused(entity: str) -> None:
    bomb = f"<?xml version='1.0'?><!DOCTYPE annotations [{entity}]><annotations><track label='&b;'/></annotations>"
    with pytest.raises(ValueError, match="document type"):
        FORMATS["cvat"].read(bomb, UNEVEN, SIZE)


def test_numbers_of_odd_sizes_come_back() -> None:
    for width in (853, 1919, 7, 4097):
        for value in ("431.25", "0.01", "1/3", "12345.678", "-2/7"):
            exact, scale = Fraction(value), Fraction(100, width)
            assert restore(spell(exact, scale), scale, "here") == exact
    drawn = "20.54721030042918"
    assert float(restore(drawn, Fraction(100, 853), "here") * 100 / 853) == float(drawn)


CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><size>8</size><mode>interpolation</mode>
<original_size><width>1706</width><height>958</height></original_size></task></meta>
<track id="0" label="car" source="manual">
 <box frame="1" keyframe="1" outside="0" occluded="0" xtl="10.00" ytl="20.00" xbr="110.00" ybr="120.00" z_order="0">
  <attribute name="colour">red</attribute><attribute name="parked">false</attribute></box>
 <box frame="2" keyframe="0" outside="0" occluded="0" xtl="13.33" ytl="20.00" xbr="113.33" ybr="120.00" z_order="0">
  <attribute name="colour">red</attribute><attribute name="parked">false</attribute></box>
 <box frame="4" keyframe="1" outside="1" occluded="0" xtl="20.00" ytl="20.00" xbr="120.00" ybr="120.00" z_order="0">
  <attribute name="colour">red</attribute><attribute name="parked">false</attribute></box>
 <box frame="6" keyframe="1" outside="0" occluded="1" xtl="50.00" ytl="20.00" xbr="150.00" ybr="120.00" z_order="0">
  <attribute name="colour">red</attribute><attribute name="parked">true</attribute></box>
</track>
<track id="1" label="sign"><box frame="7" keyframe="1" outside="0" occluded="0" xtl="1" ytl="2" xbr="3" ybr="4"/>
 <box frame="8" keyframe="1" outside="1" occluded="0" xtl="1" ytl="2" xbr="3" ybr="4"/></track>
<track id="2" label="road"><polygon frame="0" keyframe="1" outside="0" occluded="0" points="0,0;1,1;0,1"/></track>
</annotations>
"""


def test_a_file_as_cvat_writes_it(tmp_path: Path) -> None:
    """Labelled at twice the size; moving toward a box that is outside; a single shape on the last frame."""
    path = tmp_path / "annotations.xml"
    path.write_text(CVAT, encoding="utf-8")
    reading = FORMATS["cvat"].read(path, UNEVEN, SIZE)
    car, sign = reading.tracks
    assert reading.losses == ("1 x polygon left out",)
    assert car.attributes == (("colour", "red"),) and car.keyframes[-1].attributes == (("parked", "true"),)
    lefts = [None if here is None else here.left * 1706 for here in boxes_of(car, UNEVEN)]
    third = Fraction(10, 3)
    assert lefts == [None, 10, 10 + third, 10 + 2 * third, None, None, 50, 50]
    assert [key.occluded for key in car.keyframes] == [False, False, False, True]
    assert [here is not None for here in boxes_of(sign, UNEVEN)] == [False] * 7 + [True]


def test_single_images_of_cvat_are_tracks_of_one_frame() -> None:
    text = (
        '<annotations><image id="3" name="a.png" width="853" height="479"><box label="cat" occluded="0" '
        'xtl="1" ytl="2" xbr="3.5" ybr="4"/></image></annotations>'
    )
    (track,) = FORMATS["cvat"].read(text, UNEVEN, SIZE).tracks
    assert [here is not None for here in boxes_of(track, UNEVEN)] == [False] * 3 + [True] + [False] * 4


def task(result: list[object], **more: object) -> dict[str, object]:
    return {
        "id": 5,
        "data": {"video": "a.mp4"},
        "annotations": [{"id": 1, "completed_by": 3, "result": result, **more}],
    }


def region(*items: dict[str, object], **value: object) -> dict[str, object]:
    sequence = [
        {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0, "time": 0.5, **item} for item in items
    ]
    whole = {"framesCount": 8, "duration": 0.3, "sequence": sequence, "labels": ["Cell"], **value}
    return {"id": "RR", "type": "videorectangle", "from_name": "box", "to_name": "video", "value": whole}


def test_a_file_as_label_studio_writes_it() -> None:
    """`enabled` false is seen at its own frame and not after it; what was interpolated is left out."""
    items = [
        {"frame": 1, "enabled": True}, {"frame": 2, "enabled": True, "x": 15.0, "auto": True},
        {"frame": 3, "enabled": False, "x": 20.54721030042918}, {"frame": 6, "enabled": True},
    ]  # fmt: skip
    text = json.dumps([task([region(*items)])])
    (track,) = FORMATS["label_studio"].read(text, UNEVEN, SIZE).tracks
    found = boxes_of(track, UNEVEN)
    assert [here is not None for here in found] == [True, True, True, False, False, True, True, True]
    assert [key.pts for key in track.keyframes] == [UNEVEN.pts[frame] for frame in (0, 2, 3, 5)]
    assert found[2] is not None and float(found[2].left * 100) == 20.54721030042918
    assert track.id == "RR" and track.label == "Cell"


def test_label_studio_answers_are_parted_by_annotator() -> None:
    one, two = task([region({"frame": 1})]), task([region({"frame": 2})], was_cancelled=True)
    both = {
        **one,
        "annotations": [*one["annotations"], *task([], completed_by={"email": "x@y.z"})["annotations"]],
    }  # type: ignore[misc]
    text = json.dumps([both, two])
    assert [(vote.task, vote.annotator) for vote in label_studio.votes(text)] == [("5", "3"), ("5", "x@y.z")]
    with pytest.raises(ValueError, match=r"holds 2; part it with label_studio\.votes"):
        label_studio.read(text, UNEVEN, SIZE)
    assert len(label_studio.read(label_studio.votes(text)[0].text, UNEVEN, SIZE).tracks) == 1


def test_label_studio_labels_and_answers_of_their_own() -> None:
    extra = [
        {"id": "RR", "type": "labels", "from_name": "videoLabels", "value": {"labels": ["Bug"]}},
        {"id": "RR", "type": "choices", "from_name": "pose", "value": {"choices": ["up"]}},
        {"id": "RR", "type": "choices", "from_name": "many", "value": {"choices": ["a", "b"]}},
    ]
    turned = region({"frame": 1, "rotation": 5}, labels=[])
    reading = label_studio.read(json.dumps(task([turned, *extra])), UNEVEN, SIZE)
    assert reading.tracks[0].label == "Bug" and reading.tracks[0].attributes == (("pose", "up"),)
    assert reading.losses == (
        "'choices' of region 'RR' left out",
        "Label Studio, region 'RR': the turn of 1 boxes left out",
    )


def test_coco_of_other_tools() -> None:
    """Frames by file name, boxes without a track, boxes rounded to 0.01 pixels, and a correction between keyframes."""
    images = [
        {"id": 70 + at, "file_name": f"frame_{at:06d}.PNG", "width": 853, "height": 479} for at in range(8)
    ]
    lefts = {
        0: (10, True),
        1: (13.33, False),
        2: (16.67, False),
        3: (20, True),
        4: (99, False),
        5: (20, False),
    }
    boxes = [
        {"id": at, "image_id": 70 + at, "category_id": 4, "bbox": [left, 5, 10, 10], "segmentation": [], "iscrowd": 0,
         "attributes": {"occluded": False, "rotation": 0.0, "track_id": 7, "keyframe": key, "parked": True}}
        for at, (left, key) in lefts.items()
    ]  # fmt: skip
    lone: dict[str, object] = {"id": 99, "image_id": 72, "category_id": 4, "bbox": [1, 1, 2, 2]}
    data = {"images": images, "annotations": [*boxes, lone], "categories": [{"id": 4, "name": "cat"}]}
    seven, one = FORMATS["coco"].read(json.dumps(data), UNEVEN, SIZE).tracks
    assert seven.id == "7" and seven.attributes == (("parked", "true"),)
    assert [UNEVEN.frame(key.pts) for key in seven.keyframes] == [0, 3, 4, 6]
    assert [here is not None for here in boxes_of(one, UNEVEN)] == [False, False, True] + [False] * 5


def test_mot_classes_by_name_and_flags() -> None:
    text = "1,4,1,1,10,10,1,2,1\n2,4,1,1,10,10,0,2,1\n\n3,9,1.5,1,10,10\n"
    reading = mot.read(text, UNEVEN, SIZE, labels=("dog", "cat"))
    assert [(track.id, track.label) for track in reading.tracks] == [("4", "cat"), ("9", "")]
    assert reading.losses == ("1 lines with flag 0 left out",)
    first = reading.tracks[0].keyframes[0].box
    assert first is not None and first.sides()[:2] == (0, 0)
