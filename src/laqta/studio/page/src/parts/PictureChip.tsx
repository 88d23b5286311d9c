import { picture } from "../state";
import { detach } from "../typing";
import { t } from "../words";
import { IconButton } from "./IconButton";

/** The picture that the next film begins with. */
export function PictureChip() {
  const taken = picture.value;
  return (
    <div class="picture-chip" aria-busy={!taken}>
      {taken ? <img src={taken.url} alt="" /> : <span class="pulse" />}
      <span>{t(taken ? "picture.firstFrame" : "picture.coming")}</span>
      {taken && <IconButton icon="close" label={t("picture.remove")} onClick={detach} />}
    </div>
  );
}
