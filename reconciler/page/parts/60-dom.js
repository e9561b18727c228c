
// ---- 60-dom: elements, and text of others as text. ----

const byId = (id) => document.getElementById(id);

// An element with attributes ("text": its text, "class", "href" …) and children: elements, or texts of this page's own.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") element.textContent = value; else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\p{DI}\u2800]/u;

// Text that somebody else wrote: isolated, so that it turns nothing around it, and what cannot be seen is named.
function peerText(text, attributes = {}) {
  const element = make("bdi", attributes);
  if (!UNSEEN.test(text)) { element.textContent = text; return element; }
  let plain = "";
  const flush = () => { if (plain) element.append(plain); plain = ""; };
  for (const character of text) {
    if (!UNSEEN.test(character)) { plain += character; continue; }
    flush();
    element.append(make("span", { class: "unseen", text: "U+" + character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0") }));
  }
  flush();
  return element;
}

const COUNT = new Intl.NumberFormat("en");
const counted = (number, one, many = one + "s") => `${COUNT.format(number)} ${number === 1 ? one : many}`;

function sizeText(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) { value /= 1000; ++unit; }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

function ageText(seconds) {
  const steps = [[86400, "day"], [3600, "hour"], [60, "minute"]];
  for (const [length, name] of steps) if (seconds >= length) return counted(Math.floor(seconds / length), name);
  return "less than a minute";
}

const timeElement = (time) => make("time", { datetime: new Date(time).toISOString(), text: timeText(time) });
const stateChip = (state) => make("span", { class: "state " + state.toLowerCase(), text: state });
const hashText = (digest) => make("code", { class: "hash", text: digest });

// Lines to copy.
function recipe(title, lines) {
  const text = lines.join("\n");
  const button = make("button", { type: "button", class: "copy", "aria-label": `Copy: ${title}`, text: "Copy" });
  const code = make("pre", { tabindex: "0", "aria-label": title }, make("code", { text }));
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  return make("div", { class: "recipe" }, make("h4", { text: title }), code, button);
}

const imageHref = (entry) => `#image/${entry.name}${entry.live ? "" : "/" + entry.listed}`;
