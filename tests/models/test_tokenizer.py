from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from laqta.language.write import write
from laqta.models.tokenizer import SPECIAL, train_tokenizer
from laqta.world.sample import NANO_WORLD, sample_shot

CAPTIONS = [
    write(sample_shot(seed, NANO_WORLD), language, "detailed", seed)
    for seed in range(60)
    for language in ("en", "ar", "zh")
]


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return train_tokenizer(CAPTIONS, 900)


def ids(tokenizer: PreTrainedTokenizerFast, text: str) -> list[int]:
    return list(tokenizer(text)["input_ids"])


def bare(text: str) -> str:
    """A text without what stands between words; the decoder writes a space round every comma."""
    return "".join(text.replace("\u2581", " ").split())


def test_it_encodes_as_t5_does(tokenizer: PreTrainedTokenizerFast) -> None:
    assert tokenizer.convert_tokens_to_ids(list(SPECIAL)) == [0, 1, 2]
    assert (tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.unk_token_id) == (0, 1, 2)
    assert ids(tokenizer, "") == [1]
    padded = tokenizer(
        ["a cat", "a red car drives"], padding="max_length", max_length=128, return_tensors="pt"
    )
    assert padded["input_ids"].shape == (2, 128)
    assert padded["attention_mask"].sum(1).tolist() == [
        len(ids(tokenizer, t)) for t in ("a cat", "a red car drives")
    ]
    assert (padded["input_ids"] * (1 - padded["attention_mask"])).sum() == 0
    long = tokenizer("a cat " * 200, truncation=True, max_length=128)["input_ids"]
    assert len(long) == 128 and long[-1] == 1


def test_captions_are_short_in_it(tokenizer: PreTrainedTokenizerFast) -> None:
    assert len(tokenizer) <= 900
    lengths = [len(ids(tokenizer, caption)) for caption in CAPTIONS]
    assert max(lengths) < 128
    assert sum(lengths) / len(lengths) < 60


@given(st.text(max_size=60) | st.sampled_from(CAPTIONS))
@settings(deadline=None, max_examples=300)
def test_every_text_has_an_encoding_and_comes_back(tokenizer: PreTrainedTokenizerFast, text: str) -> None:
    assume(not any(special in text for special in SPECIAL))
    encoded = ids(tokenizer, text)
    assert encoded.count(2) == 0  # nothing is unknown: what no piece holds is spelled in bytes
    assert encoded[-1] == 1
    folded = tokenizer.backend_tokenizer.normalizer.normalize_str(text)
    assert bare(tokenizer.decode(encoded, skip_special_tokens=True)) == bare(folded)


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("قِطَّةٌ تَمْشِي", "قطة تمشي"),
        ("قـــطة", "قطة"),
        ("أحمر إلى آخر", "احمر الى اخر"),
        ("A CAT", "a cat"),
        ("一只猫", "一只猫"),
        ("ｃａｔ", "cat"),  # wide letters, as a Chinese keyboard types them
        ("  a   cat ", "a cat"),
    ],
)
def test_what_means_the_same_is_the_same(tokenizer: PreTrainedTokenizerFast, typed: str, same: str) -> None:
    assert ids(tokenizer, typed) == ids(tokenizer, same)


def test_it_comes_back_from_the_disk_the_same(tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    tokenizer.save_pretrained(tmp_path)
    again = PreTrainedTokenizerFast.from_pretrained(tmp_path)
    assert len(again) == len(tokenizer)
    for text in (*CAPTIONS[:9], "囧 \U0001f984", ""):
        assert ids(again, text) == ids(tokenizer, text)
    assert again.model_max_length == 128
