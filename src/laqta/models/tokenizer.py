"""The tokenizer: byte-pair encoding with byte fallback, learned from our own captions in three languages."""

import json
from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from transformers import PreTrainedTokenizerFast

SPECIAL = ("<pad>", "</s>", "<unk>")
"""T5's own special tokens at T5's own ids: 0, 1, 2."""

ARABIC_MARKS = "[\u064b-\u0652\u0670\u0640]"
"""Short vowels, the dagger alef and the stretching tatweel: decoration that no caption depends on."""

HAN = r"\p{Han}"
"""Chinese puts no spaces between words. Each character is a word of its own here: otherwise the vocabulary fills
with whole phrases, which state several facts at once and leave letters for the other languages (docs/log.md)."""


def train_tokenizer(captions: Iterable[str], size: int) -> PreTrainedTokenizerFast:
    """Learn a vocabulary of at most `size` pieces, 256 of them bytes, so that every text has an encoding.

    The result encodes as T5's does (`</s>` at the end, `<pad>` is 0), which is what diffusers' LTX pipelines
    expect. Byte-pair encoding (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909) and not T5's unigram: words
    that captions repeat become one piece each, where unigram's trainer, which looks for pieces that several words
    share, cut "the" into letters.
    """
    learner = _shell(BPE(unk_token="<unk>"))
    trainer = BpeTrainer(vocab_size=size - 256, special_tokens=list(SPECIAL), show_progress=False)
    learner.train_from_iterator(captions, trainer)
    learned = json.loads(learner.to_str())["model"]
    pieces = {**learned["vocab"]}
    pieces |= {f"<0x{byte:02X}>": len(pieces) + byte for byte in range(256)}
    merges = [(left, right) for left, right in learned["merges"]]

    tokenizer = _shell(BPE(pieces, merges, unk_token="<unk>", byte_fallback=True))
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


def _shell(model: BPE) -> Tokenizer:
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
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Punctuation(),
            pre_tokenizers.Split(Regex(HAN), "isolated"),
            pre_tokenizers.Metaspace(),
        ]
    )
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    return tokenizer
