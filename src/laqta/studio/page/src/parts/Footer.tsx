import { hello } from "../state";
import { t } from "../words";

/** The small print: films are made by a machine, and by which. */
export function Footer() {
  return (
    <footer class="footer">
      <span>{t("footer")}</span>
      <bdi>{hello.value && `${hello.value.model} · ${hello.value.version}`}</bdi>
    </footer>
  );
}
