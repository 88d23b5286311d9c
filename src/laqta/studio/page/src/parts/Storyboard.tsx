import { useEffect, useRef } from "preact/hooks";
import { focusComposer, walkStrip } from "../keys";
import { chosenTake, current, panels } from "../state";
import { type } from "../typing";
import { seconds, t } from "../words";
import { Icon } from "./Icon";
import { PanelCard } from "./PanelCard";
import { StoryboardTools } from "./StoryboardTools";

/** The film, shot by shot. */
export function Storyboard() {
  const strip = useRef<HTMLUListElement>(null);
  const at = current.value;
  useEffect(() => {
    strip.current?.children[at]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [at]);
  const length = panels.value.reduce((sum, panel) => sum + (chosenTake(panel)?.seconds ?? 0), 0);
  const begin = () => {
    type(t("storyboard.newPhrase"));
    focusComposer();
  };
  return (
    <section class="storyboard" aria-label={t("storyboard")}>
      <header class="strip-header">
        <h2>{t("storyboard")}</h2>
        {panels.value.length > 0 && (
          <p class="hint">
            {t("storyboard.shots", { count: panels.value.length })} · {seconds(length)}
          </p>
        )}
        <StoryboardTools />
      </header>
      <ul class="strip" dir="ltr" ref={strip} onKeyDown={walkStrip}>
        {panels.value.map((panel, index) => (
          <PanelCard key={index} panel={panel} at={index} />
        ))}
        <li>
          <button type="button" class="card new-shot" data-stop onClick={begin}>
            <span class="poster sign">
              <Icon name="plus" />
            </span>
            <span class="card-words">{t("storyboard.new")}</span>
          </button>
        </li>
      </ul>
    </section>
  );
}
