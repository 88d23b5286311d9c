"""Train the diffusion transformer: a caption and noise in, the latents of a clip out.

Rectified flow with velocity prediction on encoded clips. Part of every batch has some latent frames given clean
(timestep 0), which teaches first frame, extension and last frame at no extra cost. Tokens that show things weigh
more than the backdrop's: the optimum is the same, the small capacity goes where people look. It begins with first
frames alone, many in a batch, and at first a middle block must also tell what stands at each of its tokens, and
whether that is its front or its back: exact masks do what features of a pretrained net do elsewhere (Yu et al. 2024,
https://arxiv.org/abs/2410.06940).

Shape suffixes: B batch, N tokens, C channels, L latent frames, H height, W width.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

import torch
from diffusers import LTXVideoTransformer3DModel
from torch import Generator, Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedTokenizerFast, T5EncoderModel

from laqta.generate.grid import LatentShape, condition_coords, frame_coords, pack, text_coords
from laqta.models.card import Costs
from laqta.models.sizes import ModelSize, build_transformer
from laqta.train.checkpoint import (
    Average,
    Budget,
    Clock,
    Log,
    Session,
    load_state,
    save_state,
    step_dice,
    trapezoid,
)
from laqta.train.clips import Clips, Drawn
from laqta.train.cost import StepCost
from laqta.train.device import autocast, noise_like, send
from laqta.train.ends import ENDS
from laqta.train.fit_text import encode_text
from laqta.train.flow import on_path, sample_sigmas, velocity
from laqta.train.optim import Rates, build_optimizers, step_all

Preview = Callable[[LTXVideoTransformer3DModel], None]
"""Films a few fixed captions with the weights it is given and writes a sheet."""


@dataclass(frozen=True, kw_only=True)
class ClipRecipe:
    """What every training on encoded clips is told.

    `pool` clips are encoded first, or as many as are done after `pool_minutes`.
    `first_share`, `few_share` and `last_share` say how often which latent frames are given clean.
    """

    budget: Budget
    batch: int
    rates: Rates
    pool: int
    pool_minutes: float | None = None
    average: float = 0.999
    empty_share: float = 0.1
    short_share: float = 0.2
    first_share: float = 0.2
    few_share: float = 0.12
    last_share: float = 0.08
    thing_weight: float = 3.0
    preview_minutes: float = 10.0
    seed: int = 3


@dataclass(frozen=True, kw_only=True)
class DitRecipe(ClipRecipe):
    """How the transformer is trained.

    Until the fraction `images_until` a step sees `image_batch` first frames and no clips; until `align_until` the
    middle block is asked what it shows (with `align_ends` also whether its front or its back), with weight
    `align_weight`.
    """

    image_batch: int
    images_until: float = 0.1
    align_until: float = 0.5
    align_weight: float = 0.3
    align_ends: bool = True
    compile: bool = False


@dataclass(frozen=True, kw_only=True)
class Example:
    """What one step trains on, every tensor on the training device.

    `clean_BN` is 1 where a token is given, `conditioned` whether any is; `weight_BN` its weight in the loss;
    `kinds_BN` what it shows (0 the backdrop) and `ends_BN` which end of that; `coords_B3N` where it stands.
    """

    data_BNC: Tensor
    clean_BN: Tensor
    weight_BN: Tensor
    kinds_BN: Tensor
    ends_BN: Tensor
    coords_B3N: Tensor
    texts: list[str]
    conditioned: bool


def fit_dit(
    recipe: DitRecipe,
    size: ModelSize,
    kinds: int,
    clips: Clips,
    text: tuple[PreTrainedTokenizerFast, T5EncoderModel],
    norm: tuple[Tensor, Tensor],
    session: Session,
    preview: Preview,
) -> tuple[LTXVideoTransformer3DModel, Costs | None]:
    """Train, or go on training, the transformer in its folder; costs are None when the session ended first.

    `kinds` is how many kinds of things the middle block may be asked about; `norm` is the latents' mean and standard
    deviation by channel. Returns the network with averaged weights.
    """
    # ---- the network, its optimisers, and what resumes them
    device = str(norm[0].device)
    torch.manual_seed(recipe.seed)
    transformer = build_transformer(size).to(device)
    started = session.folder / "dit.start.pt"
    if started.is_file():
        transformer.load_state_dict(load_state(started, device))
    middle = Middle(transformer, size.heads * size.head_dim, kinds + 1).to(device)
    optimizers = [*build_optimizers(transformer, recipe.rates), *build_optimizers(middle, recipe.rates)]
    average = Average(transformer, recipe.average)
    clock = Clock(recipe.budget, session.stop_at)
    log = Log(session.folder / "dit.jsonl", session.say)
    saved = session.folder / "dit.state"
    if saved.is_file():
        state = load_state(saved, device)
        transformer.load_state_dict(state["network"])
        middle.load_state_dict(state["middle"])
        for optimizer, optimizer_state in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(optimizer_state)
        average.load(state["average"])
        clock.load(state["clock"])
    if recipe.compile:  # one block, once, for every shape that comes
        transformer.compile_repeated_blocks(dynamic=True)
    cost = StepCost(device, clock.flop_per_step)
    next_preview = clock.seconds + 60 * recipe.preview_minutes
    losses: list[Tensor] = []

    while not clock.finished and not clock.must_stop:
        dice = step_dice(recipe.seed, clock.steps)
        images = clock.fraction < recipe.images_until
        drawn = clips.draw(clock.steps, recipe.image_batch if images else recipe.batch, dice)
        example = make_example(recipe, drawn, norm, dice, images)
        hidden = torch.rand(1, generator=dice).item() < 0.5  # as diffusers' condition pipeline does
        text_BNC, mask_BN = encode_text(*text, example.texts, hide_padding=hidden)

        sigma_B = sample_sigmas(len(example.texts), size.shift, dice).to(device)
        sigma_BN = sigma_B[:, None]
        if example.conditioned:  # a noise level for every token is a tenth dearer than one for all
            sigma_BN = sigma_BN * (1 - example.clean_BN)
        noise_BNC = noise_like(example.data_BNC, dice)
        noisy_BNC = on_path(example.data_BNC, noise_BNC, sigma_BN[..., None])
        stance = "force_eager" if cost.due(clock.steps) else "default"  # what is compiled cannot be counted
        with torch.compiler.set_stance(stance), cost.count(clock.steps), autocast(device):
            predicted_BNC = transformer(
                noisy_BNC,
                encoder_hidden_states=text_BNC,
                timestep=sigma_BN * 1000,
                encoder_attention_mask=mask_BN,
                video_coords=example.coords_B3N,
                return_dict=False,
            )[0]
            error_BNC = (predicted_BNC.float() - velocity(example.data_BNC, noise_BNC)).square()
            loss = (error_BNC.mean(-1) * example.weight_BN).sum() / example.weight_BN.sum()
            aligned = loss
            if clock.fraction < recipe.align_until:
                ends_BN = example.ends_BN * recipe.align_ends
                aligned = loss + recipe.align_weight * middle(example.kinds_BN, ends_BN)
            aligned.backward()
        torch.nn.utils.clip_grad_norm_(transformer.parameters(), 1.0)
        step_all(optimizers, trapezoid(clock.fraction))
        average.update(transformer)
        clock.tick(len(example.texts))
        losses.append(loss.detach())

        # ---- once in a while
        if clock.steps % 50 == 0 or clock.finished:
            log.write(
                step=clock.steps,
                minutes=clock.seconds / 60,
                loss=torch.stack(losses).mean().item(),
                clips_a_second=clock.clips / clock.seconds,
                mfu=cost.mfu(clock),
            )
            losses.clear()
        if clock.save_due() or clock.must_stop or clock.finished:
            save_state(
                saved,
                network=transformer.state_dict(),
                middle=middle.state_dict(),
                optimizers=[optimizer.state_dict() for optimizer in optimizers],
                average=average.state(),
                clock=clock.state(),
            )
        if clock.seconds >= next_preview:
            next_preview = clock.seconds + 60 * recipe.preview_minutes
            preview(averaged(size, average, device))
            clock.pause()

    return averaged(size, average, device), cost.card("transformer", clock) if clock.finished else None


class Middle(nn.Module):
    """Asks the middle block what it sees at every token; the transformer itself is no part of this."""

    def __init__(self, transformer: LTXVideoTransformer3DModel, width: int, kinds: int) -> None:
        super().__init__()
        blocks = transformer.transformer_blocks
        blocks[(len(blocks) - 1) // 2].register_forward_hook(self._keep)
        self.guess = nn.Linear(width, kinds)
        self.guess_end = nn.Linear(width, len(ENDS))

    def forward(self, kinds_BN: Tensor, ends_BN: Tensor) -> Tensor:
        """Cross-entropy of the guesses after the transformer's last pass; which end is asked only where there is one.

        A scalar.
        """
        seen_PC, ends_P = self._seen_BNC.float().flatten(0, 1), ends_BN.flatten()
        kind = F.cross_entropy(self.guess(seen_PC), kinds_BN.flatten())
        errors_P = F.cross_entropy(self.guess_end(seen_PC), ends_P, reduction="none")
        is_end_P = (ends_P > 0).float()
        return kind + (errors_P * is_end_P).sum() / is_end_P.sum().clamp(min=1)

    def _keep(self, _block: nn.Module, _given: object, out_BNC: Tensor) -> None:
        self._seen_BNC = out_BNC


def averaged(size: ModelSize, average: Average, device: str) -> LTXVideoTransformer3DModel:
    """A second transformer that holds the averaged weights."""
    network = build_transformer(size).to(device)
    network.load_state_dict(average.shadow)
    return network.eval()


def make_example(
    recipe: ClipRecipe, drawn: Drawn, norm: tuple[Tensor, Tensor], dice: Generator, images: bool = False
) -> Example:
    """Word the captions of clips, and choose which of their latent frames are given clean.

    With `images` only the first latent frames, of which none is given.
    """
    mean, std = (value[:, None, None, None] for value in norm)
    device, count = str(mean.device), len(drawn.captions)
    shape = replace(drawn.shape, frames=1) if images else drawn.shape
    data_BNC = pack((drawn.latents_BCLHW[:, :, : shape.frames].to(device).float() - mean) / std)
    weight_BN = 1 + recipe.thing_weight * drawn.things_BLHW[:, : shape.frames].to(device).float().flatten(1)
    kinds_BN, ends_BN = (
        known_BLHW[:, : shape.frames].to(device).long().flatten(1)
        for known_BLHW in (drawn.kinds_BLHW, drawn.ends_BLHW)
    )
    given = _given_frames(recipe, shape, dice)
    clean_BN = (torch.arange(shape.tokens, device=device) < given * shape.frame_tokens).float()
    clean_BN = clean_BN.expand(count, -1)
    is_condition_B = send(torch.rand(count, generator=dice) < (0.5 if given else 0.2), device)
    plain_3N, condition_3N = send(text_coords(shape), device), send(condition_coords(shape), device)
    coords_B3N = torch.where(is_condition_B[:, None, None], condition_3N, plain_3N)

    last = torch.rand(1, generator=dice).item() < recipe.last_share and not images
    if last:  # the whole batch: it has more tokens
        last_BNC = pack((drawn.last_BC1HW.to(device).float() - mean) / std)
        video_frames = (shape.frames - 1) * shape.time_fold
        spot_3N = send(frame_coords(shape, video_frames), device)
        data_BNC = torch.cat([last_BNC, data_BNC], dim=1)
        clean_BN = torch.cat([clean_BN.new_ones(count, shape.frame_tokens), clean_BN], dim=1)
        weight_BN = torch.cat([weight_BN[:, -shape.frame_tokens :], weight_BN], dim=1)
        kinds_BN, ends_BN = (
            torch.cat([known_BN[:, -shape.frame_tokens :], known_BN], dim=1)
            for known_BN in (kinds_BN, ends_BN)
        )
        coords_B3N = torch.cat([spot_3N, condition_3N], dim=1).expand(count, -1, -1)

    words = Random(int(torch.randint(1 << 60, (1,), generator=dice)))
    texts = ["" if words.random() < recipe.empty_share else caption(words) for caption in drawn.captions]
    return Example(
        data_BNC=data_BNC,
        clean_BN=clean_BN,
        weight_BN=weight_BN * (1 - clean_BN),
        kinds_BN=kinds_BN,
        ends_BN=ends_BN,
        coords_B3N=coords_B3N,
        texts=texts,
        conditioned=given > 0 or last,
    )


def _given_frames(recipe: ClipRecipe, shape: LatentShape, dice: Generator) -> int:
    """How many latent frames a step gives clean, the same in all its clips: mostly none."""
    roll = torch.rand(1, generator=dice).item()
    few = int(torch.randint(2, max(3, shape.frames), (1,), generator=dice))
    if roll < recipe.first_share:
        return min(1, shape.frames - 1)
    return min(few, shape.frames - 1) if roll < recipe.first_share + recipe.few_share else 0
