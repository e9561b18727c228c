
// ---- 80-table: the images; only the rows in sight are in the document. ----

const COLUMNS = Object.freeze({
  name: { title: "Name", of: (row) => row.name },
  state: { title: "State", of: (row) => row.state },
  type: { title: "Type", of: (row) => row.type },
  version: { title: "Version", of: (row) => row.version },
  platform: { title: "Platform", of: (row) => row.platform },
  size: { title: "Size", of: (row) => row.size ?? -1 },
  created: { title: "Created", of: (row) => row.created },
  origin: { title: "Origin", of: (row) => row.origin },
  labels: { title: "Labels", of: (row) => row.labels },
});

const BEYOND = 10;       // rows kept above and below those in sight
const MOST_PRINTED = 2000;
const MOST_LABELS = 8;   // of a row
const REST = 70;         // milliseconds without scrolling before pages are fetched

class Table {
  // `need(page)` fetches a page of entries; then draw() is called again.
  constructor(catalog, need, sortBy) {
    this.catalog = catalog;
    this.need = need;
    this.shown = null;           // numbers of rows; null: all, in their order
    this.drawn = new Map();      // place → tr
    this.scroller = byId("scroller");
    this.body = byId("table-body");
    this.above = make("tr", { class: "pad", "aria-hidden": "true" });
    this.below = make("tr", { class: "pad", "aria-hidden": "true" });
    this.body.replaceChildren(this.above, this.below);
    this.head(sortBy);
    this.printing = false;
    this.timer = 0;
    this.frame = 0;
    this.height = this.rowHeight;
  }

  get total() { return this.shown ? this.shown.length : this.catalog.count; }
  get rowHeight() { return parseFloat(getComputedStyle(byId("table")).getPropertyValue("--row")) || 36; }

  head(sortBy) {
    const row = make("tr", { role: "row", "aria-rowindex": "1" });
    for (const [key, column] of Object.entries(COLUMNS)) {
      const button = make("button", { type: "button", text: column.title });
      button.addEventListener("click", () => sortBy(key));
      row.append(make("th", { role: "columnheader", scope: "col", class: "c-" + key, "data-key": key, "aria-sort": "none" }, button));
    }
    byId("table-head").replaceChildren(row);
    byId("table").setAttribute("role", "table");
    byId("table-head").setAttribute("role", "rowgroup");
    this.body.setAttribute("role", "rowgroup");
  }

  showSort(selection) {
    for (const th of byId("table-head").querySelectorAll("th")) {
      const sorted = th.dataset.key === selection.sort;
      th.setAttribute("aria-sort", sorted ? (selection.down ? "descending" : "ascending") : "none");
    }
  }

  show(shown) {
    this.shown = shown;
    this.scroller.scrollTop = 0;
    this.redraw();
  }

  redraw() {
    for (const tr of this.drawn.values()) tr.remove();
    this.drawn.clear();
    this.draw();
  }

  // Rows have another height on a narrow screen.
  resized() {
    const height = this.rowHeight;
    if (height === this.height) return this.draw();
    this.height = height;
    return this.redraw();
  }

  scrolled() {
    if (!this.frame) this.frame = requestAnimationFrame(() => { this.frame = 0; this.draw(); });
  }

  // Short rows of an entry that was read whole, or the row itself; undefined: not fetched yet.
  row(number) {
    const known = this.catalog.rows?.list[number];
    if (known) return known;
    const page = this.catalog.pageOf(number);
    const entry = this.catalog.parsed.get(page)?.[number - this.catalog.starts[page]];
    return entry && rowOf(entry);
  }

  draw() {
    const height = this.rowHeight;
    const head = byId("table-head").offsetHeight;
    const top = this.scroller.scrollTop;
    const seen = Math.ceil(Math.max(0, this.scroller.clientHeight - head) / height);
    const first = this.printing ? 0 : Math.max(0, Math.floor(top / height) - BEYOND);
    const end = this.printing ? Math.min(this.total, MOST_PRINTED) : Math.min(this.total, Math.floor(top / height) + seen + BEYOND);
    this.above.style.height = `${first * height}px`;
    this.below.style.height = this.printing ? "0px" : `${(this.total - end) * height}px`;
    byId("table").setAttribute("aria-rowcount", String(this.total + 1));
    for (const [place, tr] of this.drawn) {
      const waits = tr.dataset.waits !== undefined;
      if (place >= first && place < end && !(waits && this.row(this.numberAt(place)))) continue;
      if (tr.contains(document.activeElement)) this.scroller.focus({ preventScroll: true });
      tr.remove();
      this.drawn.delete(place);
    }
    const missing = new Set();
    let after = this.above;
    for (let place = first; place < end; ++place) {
      let tr = this.drawn.get(place);
      if (!tr) {
        const number = this.numberAt(place);
        const row = this.row(number);
        if (!row) missing.add(this.catalog.pageOf(number));
        tr = this.make(place, row);
        this.drawn.set(place, tr);
        after.after(tr);
      } else if (tr.dataset.waits !== undefined) missing.add(this.catalog.pageOf(this.numberAt(place)));
      after = tr;
    }
    clearTimeout(this.timer);
    if (missing.size > 0) this.timer = setTimeout(() => { for (const page of missing) this.need(page); }, REST);
  }

  numberAt(place) { return this.shown ? this.shown[place] : place; }

  make(place, row) {
    const tr = make("tr", { role: "row", "aria-rowindex": String(place + 2), "data-place": String(place), class: place % 2 ? "odd" : null });
    if (!row) {
      tr.dataset.waits = "";
      tr.append(make("td", { role: "cell", class: "c-name", text: "…" }));
      return tr;
    }
    if (!row.live) tr.classList.add("dead");
    const cell = (key, ...content) => tr.append(make("td", { role: "cell", class: "c-" + key }, ...content));
    cell("name", make("a", { href: imageHref(row), text: row.name, title: row.name }));
    cell("state", stateChip(row.state));
    cell("type", make("span", { text: row.type, title: row.type }));
    cell("version", peerText(row.version));
    cell("platform", peerText(row.platform));
    cell("size", make("span", { text: row.size === null ? "" : sizeText(row.size) }));
    cell("created", make("span", { text: COUNT.format(row.created) }));
    cell("origin", make("span", { text: row.origin + (row.copiedFrom ? " (copy)" : "") }));
    const labels = row.labels ? row.labels.split("\n") : [];
    const more = labels.length > MOST_LABELS ? [`+${labels.length - MOST_LABELS}`] : [];
    cell("labels", ...labels.slice(0, MOST_LABELS).map((label) => peerText(label, { class: "label" })), ...more);
    return tr;
  }

  // The link in this row, brought into sight.
  focus(place) {
    const wanted = Math.max(0, Math.min(this.total - 1, place));
    const height = this.rowHeight;
    const head = byId("table-head").offsetHeight;
    const top = wanted * height;
    const room = this.scroller.clientHeight - head - height;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    else if (top > this.scroller.scrollTop + room) this.scroller.scrollTop = top - room;
    this.draw();
    this.drawn.get(wanted)?.querySelector("a")?.focus({ preventScroll: true });
  }

  key(event) {
    const place = Number(event.target.closest?.("tr")?.dataset.place ?? NaN);
    const inRow = !Number.isNaN(place);
    const from = inRow ? place : Math.floor(this.scroller.scrollTop / this.rowHeight) - 1;
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / this.rowHeight) - 2);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (!Object.hasOwn(steps, event.key) || event.ctrlKey || event.altKey || event.metaKey || (!inRow && event.target !== this.scroller)) return;
    event.preventDefault();
    this.focus(from + steps[event.key]);
  }

  print(on) {
    this.printing = on;
    this.redraw();
    const more = this.total - Math.min(this.total, MOST_PRINTED);
    const notes = [];
    if (more > 0) notes.push(`And ${counted(more, "more image")}: filter before printing.`);
    if (this.body.querySelector("[data-waits]")) notes.push("Rows with … were not fetched yet.");
    byId("print-note").textContent = on ? notes.join(" ") : "";
  }
}
