import { forever } from "../../keep";
import { singleKeys } from "../../review/state";
import { t, type Key } from "../../words";
import { KeyList } from "../KeyList";

const KEYS: [string[], Key][] = [
  [["A"], "help.accept"],
  [["F"], "help.fix"],
  [["R"], "help.reject"],
  [["U"], "help.undo"],
  [["Space"], "help.play"],
  [[",", "."], "help.frames"],
  [["[", "]"], "help.keyframes"],
  [["N"], "help.newBox"],
  [["B"], "help.nextBox"],
  [["←", "↑", "→", "↓"], "help.moveBox"],
  [["Shift", "→"], "help.sizeBox"],
  [["K"], "help.keyframe"],
  [["O"], "help.hideBox"],
  [["X"], "help.deleteBox"],
  [["Esc"], "help.leaveField"],
  [["?"], "help.help"],
];

/** The keys of the review room, and the switch that turns single letters off. */
export function Help() {
  return (
    <>
      <KeyList keys={KEYS} />
      <label class="switch">
        <input
          type="checkbox"
          checked={singleKeys.value}
          onChange={(event) => {
            singleKeys.value = event.currentTarget.checked;
            forever.set("single-keys", singleKeys.value ? null : "off");
          }}
        />
        {t("help.singleKeys")}
      </label>
    </>
  );
}
