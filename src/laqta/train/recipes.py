"""Every run as a function that returns its whole recipe. A variant is another function that changes a few fields."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from laqta.models.sizes import MINI, NANO, SPECK, ModelSize
from laqta.train.checkpoint import Budget
from laqta.train.fit_dit import DitRecipe
from laqta.train.fit_text import TextRecipe
from laqta.train.fit_vae import VaeRecipe
from laqta.train.optim import Rates
from laqta.world.sample import MINI_WORLD, NANO_WORLD, WorldSpec

TEXT_RATES = Rates(muon=5e-3, adam=3e-3, embedding=0.05)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A whole model from nothing: size, world, the stages in order, and what its card says of sampling.

    `drawn_props` takes the few props that are drawn in code, so that nothing is fetched.
    """

    name: str
    size: ModelSize
    world: WorldSpec
    text: TextRecipe
    vae: VaeRecipe
    dit: DitRecipe
    steps: int
    guidance: float
    drawn_props: bool = False


def nano() -> Recipe:
    """64-pixel clips of 12 props in 6 places, trained on two CPU cores in about three hours."""
    return Recipe(
        name="nano",
        size=NANO,
        world=NANO_WORLD,
        text=TextRecipe(budget=Budget(minutes=5), batch=48, rates=TEXT_RATES),
        vae=VaeRecipe(
            budget=Budget(minutes=12), batch=12, crop=32, crop_share=0.8, rate=2e-3, pool=400, fresh=3
        ),
        dit=DitRecipe(budget=Budget(minutes=130), batch=48, rates=Rates(muon=3e-3, adam=1.5e-3), pool=36_000),
        steps=16,
        guidance=3.0,
    )


def nano_longer() -> Recipe:
    """`nano` with six more hours for its transformer; in the same folder it goes on where `nano` stopped."""
    short = nano()
    return replace(short, dit=replace(short.dit, budget=Budget(minutes=500)))


def mini() -> Recipe:
    """256-pixel clips of all props in 12 places, in three shapes, trained on one H100 in about 25 minutes."""
    return Recipe(
        name="mini",
        size=MINI,
        world=MINI_WORLD,
        text=TextRecipe(budget=Budget(minutes=1.5), batch=512, rates=TEXT_RATES),
        vae=VaeRecipe(
            budget=Budget(minutes=5.5), batch=24, crop=128, crop_share=0.75, rate=1.5e-3, pool=1500, fresh=24
        ),
        dit=DitRecipe(
            budget=Budget(minutes=15),
            batch=256,
            rates=Rates(muon=2e-3, adam=8e-4),
            pool=120_000,
            compile=True,
        ),
        steps=16,
        guidance=3.0,
    )


def speck() -> Recipe:
    """The whole line at the smallest size, with props drawn in code: half a minute on a CPU. For tests."""
    world = replace(NANO_WORLD, props=("car", "rocket", "football"), backdrops=("meadow", "snow"))
    return Recipe(
        name="speck",
        size=SPECK,
        world=world,
        text=TextRecipe(budget=Budget(steps=30), batch=24, rates=TEXT_RATES, tokenizer_captions=600),
        vae=VaeRecipe(budget=Budget(steps=60), batch=8, crop=16, crop_share=0.5, rate=3e-3, pool=48, fresh=2),
        dit=DitRecipe(budget=Budget(steps=60), batch=16, rates=Rates(muon=5e-3, adam=3e-3), pool=96),
        steps=4,
        guidance=2.0,
        drawn_props=True,
    )


RECIPES: dict[str, Callable[[], Recipe]] = {
    "nano": nano,
    "nano_longer": nano_longer,
    "mini": mini,
    "speck": speck,
}
"""What `laqta train` takes."""
