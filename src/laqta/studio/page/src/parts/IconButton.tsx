import type { ComponentProps } from "preact";
import { Icon, type IconName } from "./Icon";

type Props = Omit<ComponentProps<"button">, "icon" | "label"> & { icon: IconName; label: string };

/** A button that shows only an icon; its label is read out and shown on hover. */
export function IconButton({ icon, label, class: extra = "", ...rest }: Props) {
  return (
    <button type="button" class={`icon-button ${extra}`} aria-label={label} title={label} {...rest}>
      <Icon name={icon} />
    </button>
  );
}
