() => {
  // A chip leads to its card. The card may belong to an older turn: then the click on the message has
  // asked the server for that turn's panel, and the card is shown as soon as it is there.
  let wanted = null;

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

  document.addEventListener("click", (event) => {
    const chip = event.target.closest?.("a.dl-chip");
    if (!chip) return;
    event.preventDefault();
    wanted = show(idOf(chip), true) ? null : idOf(chip);
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
    const text = event.target.matches?.(".dl-whole[open]") && event.target.querySelector(".dl-text");
    const mark = text && text.querySelector("mark");
    if (text) text.scrollIntoView({ block: "nearest" });
    if (mark) text.scrollTop = mark.offsetTop - text.clientHeight / 3;
  }, true);

  // Gradio names each message by its source, which for an answer is markup: a reader who listens hears its words.
  function name(message) {
    const words = message.querySelector(".dl-answer")?.textContent;
    if (words && message.getAttribute("aria-label") !== `Answer: ${words}`) {
      message.setAttribute("aria-label", `Answer: ${words}`);
    }
  }

  // A link ?q=…&as_of=… asks its question once the archive is open (the server has by then set the as-of day);
  // the address is then cleared, so that a reload does not ask again.
  let link = new URLSearchParams(location.search);

  function askFromLink() {
    const box = document.querySelector("#dl-question textarea");
    if (!link?.get("q") || !box || !document.querySelector(".dl-head.dl-open")) return;
    const question = link.get("q");
    link = null;
    history.replaceState(null, "", location.pathname);
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, question);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    setTimeout(() => document.querySelector("#dl-question button.submit-button")?.click(), 100);
  }

  // A day is picked from the browser's own calendar, which knows the reader's language and keys.
  function calendars() {
    document.querySelectorAll("#dl-as-of input, #dl-from input, #dl-to input").forEach((field) => {
      if (field.type !== "date") field.type = "date";
    });
  }

  new MutationObserver(() => {
    askFromLink();
    calendars();
    if (wanted && show(wanted, true)) wanted = null;
    document.querySelectorAll("#dl-question button").forEach((button) => {
      const label = button.classList.contains("stop-button") ? "Stop" : "Ask";
      if (button.getAttribute("aria-label") !== label) button.setAttribute("aria-label", label);
    });
    document.querySelectorAll("#dl-chat [aria-label*='message:'], #dl-chat [aria-label^='Answer:']").forEach(name);
  }).observe(document.body, { childList: true, subtree: true });
}
