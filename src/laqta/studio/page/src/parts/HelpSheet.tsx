import { room, sheet } from "../state";
import { t, type Key } from "../words";
import { Dialog } from "./Dialog";
import { KeyList } from "./KeyList";
import { Help as ReviewHelp } from "./review/Help";

const KEYS: [string[], Key][] = [
  [["/"], "help.composer"],
  [["Enter"], "help.send"],
  [["Shift", "Enter"], "help.newline"],
  [["Space"], "help.play"],
  [["←", "→"], "help.strips"],
  [["Esc"], "help.close"],
  [["?"], "help.help"],
];

const SAYINGS: Key[] = ["say.new", "say.change", "say.things", "say.takes", "say.length", "say.order", "say.undo"];

/** What can be said, and the keys; in the review room its own. */
export function HelpSheet() {
  return (
    <Dialog title={t("help")} onClose={() => (sheet.value = null)}>
      {room.value === "review" ? <ReviewHelp /> : <FilmHelp />}
    </Dialog>
  );
}

function FilmHelp() {
  return (
    <>
      <h3>{t("help.say")}</h3>
      <ul class="sayings">
        {SAYINGS.map((key) => (
          <li key={key}>{t(key)}</li>
        ))}
      </ul>
      <KeyList keys={KEYS} />
    </>
  );
}
