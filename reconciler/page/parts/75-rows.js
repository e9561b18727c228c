
// ---- 75-rows: all entries in short, for sorting, filters and lineage. ----

const UNTIL_REDRAW = 120;   // milliseconds between two looks of the progress bar
const MOST_ROW_TEXT = 160 * MIB;  // of texts that are kept

// An entry in short. `intern` gives equal texts as one.
function rowOf(entry, intern = (text) => text) {
  const labels = intern(entry.labels.map(([name, value]) => (value ? `${name}=${value}` : name)).join("\n"));
  const words = [entry.name, entry.version, entry.platform, entry.type, entry.originName, labels, entry.description, entry.identity.name, entry.digest].join("\n").toLowerCase();
  return {
    name: entry.name, live: entry.live, listed: entry.listed, state: entry.state, size: entry.size, created: entry.identity.created, labels, words,
    type: intern(entry.type), version: intern(entry.version), platform: intern(entry.platform), origin: intern(entry.originName),
    copiedFrom: intern(entry.copiedFrom), originId: intern(entry.identity.origin), originImage: entry.identity.name === entry.name ? null : entry.identity.name,
    parent: entry.parent ? intern(keyOf(entry.parent)) : null,
  };
}

class Rows {
  constructor(catalog) {
    this.catalog = catalog;
    this.list = new Array(catalog.count);
    this.interned = new Map();
    this.keys = null;      // identity → row, made when it is asked for
    this.children = null;  // identity → rows
    this.done = 0;         // pages
    this.text = 0;
    this.complete = false;
  }

  intern(text) {
    const known = this.interned.get(text);
    if (known !== undefined) return known;
    this.interned.set(text, text);
    return text;
  }

  put(number, entries) {
    const start = this.catalog.starts[number];
    if (this.list[start] !== undefined) return;
    const intern = (text) => this.intern(text);
    const rows = entries.map((entry) => rowOf(entry, intern));
    const text = this.text + rows.reduce((sum, row) => sum + row.words.length, 0);
    if (text > MOST_ROW_TEXT) throw new Unreached("the catalog has more text than this page keeps; run: ingot query images --peer PEER");
    this.text = text;
    rows.forEach((row, i) => { this.list[start + i] = row; });
    ++this.done;
  }

  static keyOf(row) { return `${row.originId} ${row.created} ${row.originImage ?? row.name}`; }

  link() {
    if (this.keys) return;
    this.keys = new Map();
    this.children = new Map();
    for (const row of this.list) {
      const key = Rows.keyOf(row);
      if (row.live || !this.keys.has(key)) this.keys.set(key, row);
      if (row.parent === null) continue;
      const siblings = this.children.get(row.parent);
      if (siblings) siblings.push(row); else this.children.set(row.parent, [row]);
    }
  }

  byKey(key) {
    if (!this.complete) return undefined;
    this.link();
    return this.keys.get(key);
  }
}

// Fetches and checks every page of images, a few at once. `progress(done, all, bytes)`; `stopped()` ends it early.
async function fetchAll(catalog, progress, stopped) {
  const pages = catalog.pages.images;
  const rows = catalog.rows ?? new Rows(catalog);
  catalog.rows = rows;
  if (rows.complete) return true;
  let next = 0;
  let shown = 0;
  let failed = false;
  const worker = async () => {
    while (next < pages.length && !failed && !stopped()) {
      const number = next++;
      if (rows.list[catalog.starts[number]] !== undefined) continue;
      rows.put(number, await catalog.entriesOf(number));
      if (performance.now() - shown > UNTIL_REDRAW) {
        shown = performance.now();
        progress(rows.done, pages.length);
        await new Promise((resume) => setTimeout(resume));
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, () => worker().catch((error) => { failed = true; throw error; })));
  rows.complete = rows.done === pages.length;
  if (rows.complete) catalog.requireNamesLiveOnce();
  return rows.complete;
}

// What the reader asked for.
class Selection {
  constructor() { this.words = []; this.facets = new Map(); this.sort = null; this.down = false; }
  get isPlain() { return this.words.length === 0 && this.facets.size === 0 && this.sort === null; }
  get isFilter() { return this.words.length > 0 || this.facets.size > 0; }

  fits(row) {
    if (!row.live && !this.facets.get("state")?.has("DELETED")) return false;
    for (const [facet, values] of this.facets) if (!FACETS[facet].of(row).some((value) => values.has(value))) return false;
    return this.words.every((word) => row.words.includes(word));
  }

  // Numbers of the rows that fit, in order.
  of(rows) {
    const found = [];
    for (let i = 0; i < rows.list.length; ++i) if (this.fits(rows.list[i])) found.push(i);
    if (this.sort === null) return found;
    const of = COLUMNS[this.sort].of;
    const sign = this.down ? -1 : 1;
    return found.sort((one, other) => sign * compareValues(of(rows.list[one]), of(rows.list[other])) || one - other);
  }
}

const naturally = new Intl.Collator("en", { numeric: true });
const compareValues = (one, other) => (typeof one === "number" ? one - other : one === other ? 0 : naturally.compare(one, other));

const FACETS = Object.freeze({
  state: { title: "State", of: (row) => [row.state] },
  type: { title: "Type", of: (row) => [row.type] },
  platform: { title: "Platform", of: (row) => (row.platform ? [row.platform] : []) },
  origin: { title: "Origin", of: (row) => [row.origin] },
  label: { title: "Label", of: (row) => (row.labels ? row.labels.split("\n") : []) },
});
