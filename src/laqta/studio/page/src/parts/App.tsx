import { useEffect } from "preact/hooks";
import { blank, conversation, locked, opening, room, sheet, view } from "../state";
import { t } from "../words";
import { Announcer } from "./Announcer";
import { Chat } from "./Chat";
import { Composer } from "./Composer";
import { Drawer } from "./Drawer";
import { DropZone } from "./DropZone";
import { ExportSheet } from "./ExportSheet";
import { Footer } from "./Footer";
import { Header } from "./Header";
import { HelpSheet } from "./HelpSheet";
import { KeyForm } from "./KeyForm";
import { Notice } from "./Notice";
import { Room as ReviewRoom } from "./review/Room";
import { Stage } from "./Stage";
import { Storyboard } from "./Storyboard";
import { ViewSwitch } from "./ViewSwitch";
import { Welcome } from "./Welcome";

/** The whole page: the talk beside the stage, and before anything was said a welcome. */
export function App() {
  const inside = room.value === "review" ? t("review") : conversation.value?.title;
  const title = [inside, t("brand")].filter(Boolean).join(" · ");
  useEffect(() => {
    document.title = title;
  }, [title]);
  if (locked.value) return <KeyForm />;
  if (opening.value) {
    return (
      <main class="opening" aria-busy="true">
        <h1 class="unseen">{t("brand")}</h1>
      </main>
    );
  }
  return (
    <>
      {room.value === "review" ? <Reviewing /> : <Filming />}
      <Announcer />
      {sheet.value === "drawer" && <Drawer />}
      {sheet.value === "help" && <HelpSheet />}
      {sheet.value === "export" && <ExportSheet />}
    </>
  );
}

function Reviewing() {
  return (
    <div class="app reviewing">
      <Header />
      <ReviewRoom />
    </div>
  );
}

function Filming() {
  const kind = blank.value ? "blank" : "working";
  return (
    <>
      <a class="skip" href="#composer">
        {t("skip")}
      </a>
      <div class={`app ${kind} view-${view.value}`}>
        <Header />
        {kind === "working" && <ViewSwitch />}
        <main class="room">
          <section class="talk" aria-label={t("talk")}>
            {kind === "blank" ? <Welcome /> : <Chat />}
            <div class="desk">
              <Notice />
              <Composer />
              <Footer />
            </div>
          </section>
          {kind === "working" && (
            <section class="studio" aria-label={t("stage")}>
              <Stage />
              <Storyboard />
            </section>
          )}
          <DropZone />
        </main>
      </div>
    </>
  );
}
