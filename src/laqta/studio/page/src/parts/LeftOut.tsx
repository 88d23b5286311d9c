import { listed, t } from "../words";

/** The words that mean nothing to Laqta, unless its answer names them already. */
export function LeftOut({ said: { reply, ignored } }: { said: { reply: string; ignored: string[] } }) {
  if (ignored.every((word) => reply.includes(word))) return null;
  return <span class="left-out"> · {t("leftOut", { words: listed(ignored) })}</span>;
}
