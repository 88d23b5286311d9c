import { addTrack, change, setBox, toggleKey } from "../../review/actions";
import { film } from "../../review/film";
import { MIDDLE } from "../../review/keys";
import { chosen, chosenTrack, tracks } from "../../review/state";
import { boxAt, keyAt } from "../../review/tracks";
import { t } from "../../words";
import { Icon } from "../Icon";

/** The boxes by name: choose one, and what can be done to it. */
export function Tracks() {
  return (
    <section class="tracks" aria-label={t("review.boxes")}>
      <div class="tracks-list">
        {tracks.value.map(({ id, label }) => (
          <button
            key={id}
            type="button"
            class="plain"
            data-testid="track"
            aria-pressed={chosen.value === id}
            onClick={() => (chosen.value = chosen.value === id ? null : id)}
          >
            <bdi>{label}</bdi>
          </button>
        ))}
        <button type="button" class="plain" onClick={() => addTrack(MIDDLE)}>
          <Icon name="plus" />
          {t("review.box.new")}
          <kbd>N</kbd>
        </button>
        {!tracks.value.length && <span class="hint">{t("review.boxes.hint")}</span>}
      </div>
      {chosenTrack.value && <Tools key={chosenTrack.value.id} />}
    </section>
  );
}

function Tools() {
  const track = chosenTrack.value!;
  const frame = film.frame.value;
  return (
    <div class="track-tools">
      <label>
        {t("review.box.label")}
        <input
          dir="auto"
          maxLength={200}
          value={track.label}
          onChange={(event) => {
            const label = event.currentTarget.value.trim();
            if (label) change(track.id, { ...track, label });
            else event.currentTarget.value = track.label;
          }}
        />
      </label>
      <button type="button" class="plain" onClick={toggleKey}>
        {t(keyAt(track, frame) ? "review.box.unkey" : "review.box.key")}
        <kbd>K</kbd>
      </button>
      <button
        type="button"
        class="plain"
        disabled={!boxAt(track, frame)}
        onClick={() => setBox(track.id, null)}
      >
        {t("review.box.hide")}
        <kbd>O</kbd>
      </button>
      <button type="button" class="plain" onClick={() => change(track.id, null)}>
        <Icon name="trash" />
        {t("review.box.delete")}
        <kbd>X</kbd>
      </button>
    </div>
  );
}
