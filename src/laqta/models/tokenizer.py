"""The tokenizer: a unigram vocabulary with byte fallback, learned from our own captions in three languages."""

import json
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram
from tokenizers.trainers import UnigramTrainer
from transformers import PreTrainedTokenizerFast

SPECIAL = ("<pad>", "</s>", "<unk>")
"""T5's own special tokens at T5's own ids: 0, 1, 2."""

ARABIC_MARKS = "[\u064b-\u0652\u0670\u0640]"
"""Short vowels, the dagger alef and the stretching tatweel: decoration that no caption depends on."""


def train_tokenizer(captions: Iterable[str], size: int) -> PreTrainedTokenizerFast:
    """Learn a vocabulary of at most `size` pieces, 256 of them bytes, so that every text has an encoding.

    The result encodes as T5's does (`</s>` at the end, `<pad>` is 0), which is what diffusers' LTX pipelines
    expect. Unigram: Kudo 2018, https://arxiv.org/abs/1804.10959.
    """
    learner = _shell(Unigram())
    trainer = UnigramTrainer(
        vocab_size=size - 256, special_tokens=list(SPECIAL), unk_token="<unk>", show_progress=False
    )
    learner.train_from_iterator(captions, trainer)
    pieces = _vocabulary(learner)
    floor = min(score for _, score in pieces) - 10.0
    pieces += [(f"<0x{byte:02X}>", floor) for byte in range(256)]

    tokenizer = _shell(Unigram(pieces, unk_id=SPECIAL.index("<unk>"), byte_fallback=True))
    tokenizer.add_special_tokens(list(SPECIAL))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=["$A", "</s>"], special_tokens=[("</s>", SPECIAL.index("</s>"))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=128,
    )


def _shell(model: Unigram) -> Tokenizer:
    """Everything around the vocabulary: what is folded together, and where words begin."""
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Lowercase(),
            normalizers.Replace(Regex(ARABIC_MARKS), ""),
            normalizers.Replace(Regex("[أإآ]"), "ا"),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation(), pre_tokenizers.Metaspace()]
    )
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    return tokenizer


def _vocabulary(tokenizer: Tokenizer) -> list[tuple[str, float]]:
    """Read the learned pieces with their log probabilities, in id order."""
    return [(piece, score) for piece, score in json.loads(tokenizer.to_str())["model"]["vocab"]]
