import { hello } from "../state";
import { bytes, t } from "../words";

/** How much of its disk the studio uses. */
export function DiskUse() {
  const disk = hello.value?.disk;
  if (!disk) return null;
  const words = t("disk", { used: bytes(disk.used), quota: bytes(disk.quota) });
  return (
    <div class="disk">
      <span>{words}</span>
      <meter min={0} max={disk.quota} value={disk.used} high={disk.quota * 0.9} aria-label={words} />
    </div>
  );
}
