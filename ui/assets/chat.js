() => {
  // A chip leads to its card. The card may belong to an older turn: then the click on the message has
  // asked the server for that turn's panel, and the card is shown as soon as it is there.
  let wanted = null, left = null; // the card that is waited for, and the chip that was left for a card

  const idOf = (chip) => chip.getAttribute("href").slice(1);

  function show(id, focus) {
    const card = document.getElementById(id);
    if (!card) return false;
    document.querySelectorAll(".dl-card.dl-on").forEach((other) => other.classList.remove("dl-on"));
    card.classList.add("dl-on");
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    card.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
    if (focus) card.focus({ preventScroll: true });
    return true;
  }

  // An answer that still grows puts a new panel in the place of the one that is read: the cards that are in both stay
  // as they were left, open, scrolled and marked, and so do the menu and what was said of the answer.
  const scrolled = new WeakMap(); // how far the articles were read: what is taken off the page forgets it
  const plain = (card) => card.outerHTML.replace(/ dl-on\b/, "").replace(/ open=""/g, "");

  function stay(gone) {
    const here = document.querySelector(".dl-panel");
    if (!here || here.dataset.turn !== gone.dataset.turn) return;
    for (const old of gone.querySelectorAll(".dl-card[id]")) {
      const card = document.getElementById(old.id), text = old.querySelector(".dl-text");
      if (card && plain(card) === plain(old)) {
        card.replaceWith(old);
        if (text) text.scrollTop = scrolled.get(text) ?? 0;
      } else {
        card?.classList.toggle("dl-on", old.classList.contains("dl-on"));
      }
    }
    const menu = here.querySelector(".dl-export"), form = gone.querySelector(".dl-feedback");
    if (menu) menu.open = gone.querySelector(".dl-export")?.open ?? false;
    if (form) here.querySelector(".dl-feedback")?.replaceWith(form);
    if (document.activeElement === document.body) {
      (held?.isConnected ? held : document.getElementById(held?.id))?.focus({ preventScroll: true });
    }
  }

  document.addEventListener("scroll", (event) => {
    if (event.target.matches?.(".dl-text")) scrolled.set(event.target, event.target.scrollTop);
  }, true);

  // What was pressed or had the focus last: the focus falls on nothing where that is taken away or shut.
  let held = document.activeElement;
  for (const kind of ["pointerdown", "focusin"]) document.addEventListener(kind, (event) => { held = event.target; });

  // Gradio shuts the box while a question is answered. Who asked can ask on, unless a keyboard on the screen would
  // come up over the answer.
  let shut = false;

  function reopen() {
    const box = document.querySelector("#dl-question textarea");
    if (!box || box.disabled === shut) return;
    shut = box.disabled;
    const asked = document.activeElement === document.body && (held?.closest("#dl-question") || held?.isConnected === false);
    if (!shut && asked && matchMedia("(hover: hover)").matches) box.focus({ preventScroll: true });
  }

  document.addEventListener("click", (event) => {
    const chip = event.target.closest?.("a.dl-chip");
    if (!chip) return;
    event.preventDefault();
    left = chip;
    wanted = show(idOf(chip), true) ? null : idOf(chip);
  });

  // A menu is closed by a choice, by a press elsewhere, and by Escape.
  function close(except) {
    document.querySelectorAll(".dl-export[open]").forEach((menu) => { if (menu !== except) menu.open = false; });
  }

  document.addEventListener("click", (event) => {
    close(event.target.closest?.("[data-export]") ? null : event.target.closest?.(".dl-export"));
  });

  // From a card back to its chip: by the button that a phone shows, or by Escape.
  function back(card) {
    const chip = left?.isConnected && idOf(left) === card.id ? left : document.querySelector(`#dl-chat a[href="#${card.id}"]`);
    chip?.scrollIntoView({ block: "center" });
    chip?.focus({ preventScroll: true });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".dl-back");
    if (button) back(button.closest(".dl-card"));
  });

  document.addEventListener("keydown", (event) => {
    const card = event.key === "Escape" && event.target.closest?.(".dl-card[id]");
    if (card) back(card);
    if (event.key === "Escape") close(null);
  });

  async function copy(button) {
    const area = Object.assign(document.createElement("textarea"), { value: button.dataset.text });
    try {
      await navigator.clipboard.writeText(area.value);
    } catch {
      // Without https the clipboard can only be reached through a selection.
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    const before = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = before; }, 2000);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button.dl-copy");
    if (button) copy(button);
  });

  const beside = matchMedia("(min-width: 900px) and (hover: hover)");
  document.addEventListener("mouseover", (event) => {
    const chip = event.target.closest?.("a.dl-chip");
    if (chip && beside.matches) show(idOf(chip), false);
  });

  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.(".dl-searched[open], .dl-export[open]")) event.target.scrollIntoView({ block: "nearest" });
    const text = event.target.matches?.(".dl-whole[open]") && event.target.querySelector(".dl-text");
    const mark = text && text.querySelector("mark, .dl-here");
    if (text) text.closest(".dl-card").scrollIntoView({ block: "nearest" });
    if (mark) text.scrollTop = mark.offsetTop - text.clientHeight / 3;
  }, true);

  // Gradio names each message by its source, which for an answer is markup: a reader who listens hears its words.
  function name(message) {
    const said = [...message.querySelectorAll(".dl-answer > p")].map((part) => part.textContent);
    const words = said.join(" ");
    message.querySelectorAll("a.dl-chip[title]:not([aria-label])").forEach((chip) => chip.setAttribute("aria-label", chip.title));
    if (words && message.getAttribute("aria-label") !== `Answer: ${words}`) {
      message.setAttribute("aria-label", `Answer: ${words}`);
    }
  }

  // A link ?q=…&as_of=…&archive=… asks its question once the archive is open (the server has by then set the as-of
  // day); the address is then cleared, so that a reload does not ask again. Another archive of this server is gone to
  // by the server's own address of it; of one that is not here the question is left in the box.
  let link = new URLSearchParams(location.search);

  function askFromLink() {
    const box = document.querySelector("#dl-question textarea");
    const head = document.querySelector(".dl-head.dl-open");
    if (!link?.size || !box || !head) return;
    const question = link.get("q"), archive = link.get("archive");
    link = null;
    const here = !archive || archive === head.dataset.archive;
    const there = [...head.querySelectorAll("a[data-archive]")].find((other) => other.dataset.archive === archive);
    if (!here && there) {
      location.replace(there.href + location.search);
      return;
    }
    if (!question) return;
    history.replaceState(null, "", location.pathname);
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, question);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    if (here) setTimeout(() => document.querySelector("#dl-question button.submit-button")?.click(), 100);
  }

  // A day is picked from the browser's own calendar, which knows the reader's language and keys.
  function calendars() {
    document.querySelectorAll("#dl-as-of input, #dl-from input, #dl-to input").forEach((field) => {
      if (field.type !== "date") field.type = "date";
    });
  }

  // The last question stands at the top and its answer is read from its beginning, however it grows; until the
  // reader scrolls.
  let asked = 0, following = false;

  function follow() {
    const box = document.querySelector("#dl-chat .bubble-wrap");
    const questions = box?.querySelectorAll(".user-row") ?? [];
    if (questions.length !== asked) following = questions.length > 0;
    asked = questions.length;
    if (following) box.scrollTop += questions[asked - 1].getBoundingClientRect().top - box.getBoundingClientRect().top - 8;
  }

  // Another turn's sources are read from their beginning.
  let turn = null;

  function turnOver() {
    const shown = document.querySelector(".dl-panel")?.dataset.turn;
    if (turn !== null && shown !== turn) document.querySelector("#dl-right").scrollTop = 0;
    turn = shown;
  }

  for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    document.addEventListener(kind, (event) => {
      if (event.target.closest?.("#dl-chat")) following = false;
    }, { passive: true });
  }

  // What Gradio leaves unsaid: that the examples are a group, and whether the filters are open.
  function tell() {
    const examples = document.querySelector("#dl-chat .examples[role=list]");
    examples?.setAttribute("role", "group");
    examples?.setAttribute("aria-label", "Example questions");
    const filters = document.querySelector("#dl-filters > button");
    const open = String(filters?.classList.contains("open"));
    if (filters && filters.getAttribute("aria-expanded") !== open) filters.setAttribute("aria-expanded", open);
    const clear = document.querySelector("#dl-chat .top-panel button[aria-label=Clear]");
    clear?.setAttribute("aria-label", "New conversation");
    clear?.setAttribute("title", "New conversation; this one is kept in this browser");
  }

  document.addEventListener("click", () => setTimeout(tell));

  new MutationObserver((records) => {
    records.flatMap((record) => [...record.removedNodes])
      .map((node) => (node.matches?.(".dl-panel") ? node : node.querySelector?.(".dl-panel")))
      .forEach((panel) => panel && !panel.isConnected && stay(panel));
    reopen();
    askFromLink();
    calendars();
    follow();
    tell();
    turnOver();
    if (wanted && show(wanted, true)) wanted = null;
    document.querySelectorAll("#dl-question button").forEach((button) => {
      const label = button.classList.contains("stop-button") ? "Stop" : "Ask";
      if (button.getAttribute("aria-label") !== label) button.setAttribute("aria-label", label);
    });
    document.querySelectorAll("#dl-chat [aria-label*='message:'], #dl-chat [aria-label^='Answer:']").forEach(name);
  }).observe(document.body, { childList: true, subtree: true, attributeFilter: ["disabled"] });
}
