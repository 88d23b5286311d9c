"""Every run as a function that returns its whole recipe. A variant is another function that changes a few fields."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from laqta.models.sizes import MINI, NANO, SPECK, ModelSize
from laqta.train.checkpoint import Budget
from laqta.train.fit_dit import ClipRecipe, DitRecipe
from laqta.train.fit_student import StudentRecipe
from laqta.train.fit_text import TextRecipe
from laqta.train.fit_vae import VaeRecipe
from laqta.train.optim import Rates
from laqta.world.sample import MINI_WORLD, NANO_WORLD, WorldSpec

TEXT_RATES = Rates(muon=5e-3, adam=3e-3, embedding=0.05)
VAE_RATES = Rates(muon=2e-3, adam=2e-3)

Part = Literal["text", "autoencoder", "decoder", "transformer", "student"]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A whole model: size, world, the stages in order, and what its card says of sampling.

    `start` names an installed model that the run begins from, in place of nothing, and `trains` which of its parts
    learn: the text encoder anew, the others on; a `student` learns from the transformer to film in a few steps, and
    takes its place. `drawn_props` takes the few props that are drawn in code, so that nothing is fetched. `dataset` is
    the frozen version (`name@hash`) that the transformer learns from, with the kinds of things that it teaches in
    `taught`, and `replay` the share of its steps that the made-up world's clips keep beside it.
    """

    name: str
    size: ModelSize
    world: WorldSpec
    text: TextRecipe
    vae: VaeRecipe
    dit: DitRecipe
    steps: int
    guidance: float
    start: str | None = None
    trains: tuple[Part, ...] = ("text", "autoencoder", "transformer")
    student: StudentRecipe | None = None
    drawn_props: bool = False
    dataset: str | None = None
    taught: tuple[str, ...] = ()
    replay: float = 0.0

    @property
    def learner(self) -> ClipRecipe:
        """What is trained on clips: the student where there is one, else the transformer."""
        return self.student or self.dit

    @property
    def card_name(self) -> str:
        """What its model is called: after the recipe's family, a student `-fast`, and the dataset that tuned it."""
        family = self.name.partition("_")[0] + ("-fast" if self.student else "")
        return family if self.dataset is None else f"{family}-{self.dataset.partition('@')[0]}"


def nano() -> Recipe:
    """64-pixel clips of 12 props in 6 places, trained on two CPU cores in about two hours."""
    return Recipe(
        name="nano",
        size=NANO,
        world=NANO_WORLD,
        text=TextRecipe(budget=Budget(minutes=4), batch=48, rates=TEXT_RATES),
        vae=VaeRecipe(
            budget=Budget(minutes=13),
            batch=48,
            crop=32,
            crop_share=0.75,
            window=5,
            rates=VAE_RATES,
            pool=600,
            fresh=3,
        ),
        dit=DitRecipe(
            budget=Budget(minutes=64),
            batch=64,
            image_batch=128,
            rates=Rates(muon=3e-3, adam=1.5e-3),
            pool=48_000,
        ),
        steps=16,
        guidance=3.0,
    )


def nano_longer() -> Recipe:
    """The `nano` that is installed, its transformer trained on for 50 minutes on a CPU, on new clips, more of pairs."""
    short = nano()
    world = replace(NANO_WORLD, single_share=0.6, twin_share=0.2)
    dit = replace(short.dit, budget=Budget(minutes=50), images_until=0.0, align_until=0.7, seed=11)
    return replace(short, name="nano_longer", start="nano", trains=("transformer",), world=world, dit=dit)


def nano_reread() -> Recipe:
    """The `nano` that is installed, its text encoder trained anew, and 90 minutes for the transformer to follow it."""
    longer = nano_longer()
    return replace(
        longer,
        name="nano_reread",
        trains=("text", "transformer"),
        dit=replace(longer.dit, budget=Budget(minutes=90), align_until=0.0, seed=8),
    )


def nano_tuned() -> Recipe:
    """The `nano` that is installed, tuned in 12 minutes on a dataset of yours (`--data`), the world's clips between."""
    longer = nano_longer()
    dit = replace(
        longer.dit,
        budget=Budget(minutes=12),
        rates=Rates(muon=1.5e-3, adam=7.5e-4),
        pool=6_000,
        align_until=0.0,
        seed=7,
    )
    return replace(longer, name="nano_tuned", dit=dit, replay=0.5)


def nano_sharper() -> Recipe:
    """The `nano` that is installed, its decoder trained on for 30 minutes on a CPU: latents stay what they were."""
    vae = replace(nano().vae, budget=Budget(minutes=30), rates=Rates(muon=7e-4, adam=7e-4), seed=5)
    return replace(nano(), name="nano_sharper", start="nano", trains=("decoder",), vae=vae)


def nano_fast() -> Recipe:
    """A student of the `nano` that is installed: four steps without guidance, in 30 minutes on a CPU."""
    student = StudentRecipe(
        budget=Budget(minutes=30),
        batch=48,
        rates=Rates(muon=1e-3, adam=5e-4),
        pool=6_000,
        average=0.99,
        empty_share=0.0,
        guidance=nano().guidance,
        seed=9,
    )
    return student_of(nano(), student)


def mini() -> Recipe:
    """256-pixel clips of all props in 12 places, in three shapes, trained on one H100 in about 22 minutes."""
    return Recipe(
        name="mini",
        size=MINI,
        world=MINI_WORLD,
        text=TextRecipe(budget=Budget(minutes=1), batch=256, rates=TEXT_RATES),
        vae=VaeRecipe(
            budget=Budget(minutes=5),
            batch=192,
            crop=128,
            crop_share=0.75,
            window=9,
            rates=VAE_RATES,
            pool=1500,
            fresh=8,
        ),
        dit=DitRecipe(
            budget=Budget(minutes=13),
            batch=256,
            image_batch=768,
            rates=Rates(muon=2e-3, adam=8e-4),
            pool=120_000,
            pool_minutes=3,
            compile=True,
        ),
        steps=16,
        guidance=3.0,
    )


def mini_fast() -> Recipe:
    """A student of the `mini` that is installed: four steps without guidance, in three minutes on one H100."""
    student = StudentRecipe(
        budget=Budget(minutes=3),
        batch=128,
        rates=Rates(muon=7e-4, adam=3e-4),
        pool=30_000,
        pool_minutes=0.5,
        average=0.99,
        empty_share=0.0,
        guidance=mini().guidance,
        seed=9,
    )
    return student_of(mini(), student)


def speck() -> Recipe:
    """The whole line at the smallest size, with props drawn in code: half a minute on a CPU. For tests."""
    world = replace(NANO_WORLD, props=("car", "rocket", "football"), backdrops=("meadow", "snow"))
    return Recipe(
        name="speck",
        size=SPECK,
        world=world,
        text=TextRecipe(budget=Budget(steps=30), batch=24, rates=TEXT_RATES, tokenizer_captions=600),
        vae=VaeRecipe(
            budget=Budget(steps=200),
            batch=24,
            crop=16,
            crop_share=0.5,
            window=5,
            rates=Rates(muon=1e-2, adam=5e-3),
            pool=48,
            fresh=2,
        ),
        dit=DitRecipe(
            budget=Budget(steps=60), batch=16, image_batch=32, rates=Rates(muon=5e-3, adam=3e-3), pool=96
        ),
        steps=4,
        guidance=2.0,
        drawn_props=True,
    )


def speck_fast() -> Recipe:
    """A student of a `speck`: for tests and rehearsals."""
    student = StudentRecipe(
        budget=Budget(steps=80),
        batch=8,
        rates=speck().dit.rates,
        pool=48,
        average=0.9,
        empty_share=0.0,
        guidance=speck().guidance,
        jumps=2,
        seed=9,
    )
    return replace(
        speck(), name="speck_fast", start="speck", student=student, steps=student.jumps, guidance=1.0
    )


def student_of(teacher: Recipe, student: StudentRecipe) -> Recipe:
    """The recipe of a model's student: it begins from the installed model, and films in its own steps, unguided."""
    return replace(
        teacher,
        name=f"{teacher.name}_fast",
        start=teacher.name,
        trains=("student",),
        student=student,
        steps=student.jumps,
        guidance=1.0,
    )


RECIPES: dict[str, Callable[[], Recipe]] = {
    "nano": nano,
    "nano_longer": nano_longer,
    "nano_reread": nano_reread,
    "nano_tuned": nano_tuned,
    "nano_sharper": nano_sharper,
    "nano_fast": nano_fast,
    "mini": mini,
    "mini_fast": mini_fast,
    "speck": speck,
    "speck_fast": speck_fast,
}
"""What `laqta train` takes."""
