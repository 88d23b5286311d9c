"""Distil a trained transformer into a student that films in a few steps and without guidance.

The student knows one path of noise levels only, those that the scheduler gives for `jumps` steps, and learns to go
from each to the next at once: its velocity there is the average one of the teacher's guided flow, found by
`substeps` small steps of the teacher. The timestep says where a jump begins, and so where it ends: the stock class
needs no second time input, and `num_inference_steps=jumps, guidance_scale=1` is all that a pipeline must be told.

A jump begins where the student's own earlier jumps lead, not on the way from a clip to noise: so it learns to mend
what it does, and the teacher's guidance, which leads away from the data's own path, is no contradiction. (The idea of
an average velocity is MeanFlow's, Geng et al. 2025, https://arxiv.org/abs/2505.13447; of many steps into one, Salimans
and Ho 2022, https://arxiv.org/abs/2202.00512; of learning on one's own states, DAgger, Ross et al. 2011.)

Shape suffixes: B batch, N tokens, C channels, S text tokens.
"""

import itertools
from dataclasses import dataclass

import torch
from diffusers import LTXVideoTransformer3DModel
from torch import Generator, Tensor
from transformers import PreTrainedTokenizerFast, T5EncoderModel

from laqta.generate.denoise import UNGUIDED, Guidance, Task, sigmas_for, velocity_at
from laqta.models.card import Costs
from laqta.models.sizes import ModelSize, build_scheduler, build_transformer
from laqta.train.checkpoint import (
    Average,
    Clock,
    Log,
    Session,
    load_state,
    save_state,
    step_dice,
    trapezoid,
)
from laqta.train.clips import Clips
from laqta.train.cost import StepCost
from laqta.train.device import autocast, noise_like
from laqta.train.fit_dit import ClipRecipe, Example, Preview, averaged, make_example
from laqta.train.fit_text import encode_text
from laqta.train.flow import on_path
from laqta.train.optim import build_optimizers, step_all


@dataclass(frozen=True, kw_only=True)
class StudentRecipe(ClipRecipe):
    """How the student is trained: `jumps` steps that each do what `substeps` of the teacher do, guided by `guidance`.

    With `own_path` a jump begins where the student's earlier jumps lead; without, between a clip and noise.
    """

    jumps: int = 4
    substeps: int = 4
    guidance: float
    own_path: bool = True


def fit_student(
    recipe: StudentRecipe,
    size: ModelSize,
    clips: Clips,
    text: tuple[PreTrainedTokenizerFast, T5EncoderModel],
    norm: tuple[Tensor, Tensor],
    session: Session,
    preview: Preview,
) -> tuple[LTXVideoTransformer3DModel, Costs | None]:
    """Train, or go on training, a student in the folder that holds its teacher (`dit.start.pt`).

    `norm` is the latents' mean and standard deviation by channel. Returns the student with averaged weights; costs are
    None when the session ended first.
    """
    # ---- the teacher, and the student, which begins as its teacher
    device = str(norm[0].device)
    torch.manual_seed(recipe.seed)
    weights = load_state(session.folder / "dit.start.pt", device)
    teacher, student = (build_transformer(size).to(device) for _ in range(2))
    teacher.load_state_dict(weights)
    teacher.requires_grad_(False)
    student.load_state_dict(weights)
    optimizers = build_optimizers(student, recipe.rates)
    average = Average(student, recipe.average)
    clock = Clock(recipe.budget, session.stop_at)
    log = Log(session.folder / "dit.jsonl", session.say)
    saved = session.folder / "dit.state"
    if saved.is_file():
        state = load_state(saved, device)
        student.load_state_dict(state["network"])
        for optimizer, optimizer_state in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(optimizer_state)
        average.load(state["average"])
        clock.load(state["clock"])
    cost = StepCost(device, clock.flop_per_step)
    next_preview = clock.seconds + 60 * recipe.preview_minutes
    fine = sigmas_for(build_scheduler(size), recipe.jumps * recipe.substeps)
    levels = fine[:: recipe.substeps]
    losses: list[Tensor] = []

    while not clock.finished and not clock.must_stop:
        dice = step_dice(recipe.seed, clock.steps)
        drawn = clips.draw(clock.steps, recipe.batch, dice)
        example = make_example(recipe, drawn, norm, dice)
        jump = int(torch.randint(recipe.jumps, (1,), generator=dice))
        substeps = fine[jump * recipe.substeps : (jump + 1) * recipe.substeps + 1]
        with cost.count(clock.steps), autocast(device):
            task = _task(example, text, dice)
            with torch.no_grad():
                if recipe.own_path:
                    start_BNC = _walk(student, task.tokens_BNC, task, levels[: jump + 1], UNGUIDED)
                else:
                    start_BNC = on_path(example.data_BNC, task.tokens_BNC, levels[jump])
                guidance = Guidance(scale=recipe.guidance)
                end_BNC = _walk(teacher, start_BNC, task, substeps, guidance)
                wanted_BNC = (end_BNC - start_BNC) / (levels[jump + 1] - levels[jump])
            velocity_BNC = velocity_at(student, start_BNC, task, levels[jump], UNGUIDED)
            error_BN = (velocity_BNC - wanted_BNC).square().mean(-1)
            loss = (error_BN * example.weight_BN).sum() / example.weight_BN.sum()
            loss.backward()
        torch.nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        step_all(optimizers, trapezoid(clock.fraction))
        average.update(student)
        clock.tick(len(example.texts))
        losses.append(loss.detach())

        # ---- once in a while
        if clock.steps % 20 == 0 or clock.finished:
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
                network=student.state_dict(),
                optimizers=[optimizer.state_dict() for optimizer in optimizers],
                average=average.state(),
                clock=clock.state(),
            )
        if clock.seconds >= next_preview:
            next_preview = clock.seconds + 60 * recipe.preview_minutes
            preview(averaged(size, average, device))
            clock.pause()

    return averaged(size, average, device), cost.card("student", clock) if clock.finished else None


def _task(example: Example, text: tuple[PreTrainedTokenizerFast, T5EncoderModel], dice: Generator) -> Task:
    """What is filmed: the clip's captions from fresh noise, its clean tokens as they are."""
    hidden = torch.rand(1, generator=dice).item() < 0.5  # as diffusers' condition pipeline does
    count = len(example.texts)
    embedded_BSC, mask_BS = encode_text(*text, [*example.texts, ""], hide_padding=hidden)
    noise_BNC = noise_like(example.data_BNC, dice)
    return Task(
        tokens_BNC=torch.where(example.clean_BN[..., None].bool(), example.data_BNC, noise_BNC),
        clean_BN=example.clean_BN,
        coords_B3N=example.coords_B3N,
        text_BSC=embedded_BSC[:count],
        text_mask_BS=mask_BS[:count],
        empty_BSC=embedded_BSC[count:].expand(count, -1, -1),
        empty_mask_BS=mask_BS[count:].expand(count, -1),
    )


def _walk(
    network: LTXVideoTransformer3DModel,
    tokens_BNC: Tensor,
    task: Task,
    sigmas: list[float],
    guidance: Guidance,
) -> Tensor:
    """Euler steps from the first noise level to the last."""
    for sigma, next_sigma in itertools.pairwise(sigmas):
        velocity_BNC = velocity_at(network, tokens_BNC, task, sigma, guidance)
        tokens_BNC = tokens_BNC + (next_sigma - sigma) * velocity_BNC
    return tokens_BNC
