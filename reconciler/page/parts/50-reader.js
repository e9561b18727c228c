
// ---- 50-reader: the catalog as it is fetched. Whatever does not fit ends it. ----

// First view: no more of pages than this before something is shown, and the whole catalog if it is no larger.
const FIRST_IMAGES = 400 * 1000;
const FIRST_SERIES = 500 * 1000;
const SMALL_CATALOG = 1400 * 1000;
const PARSED_PAGES = 24;  // of full entries, kept for the rows in sight
const AT_ONCE = 6;        // requests

class Catalog {
  constructor({ head, root, digest }) {
    Object.assign(this, { head, root, digest });
    this.pages = null;
    this.starts = [];           // number of the first entry of each page of images
    this.count = 0;             // entries of images, including deleted ones
    this.parsed = new Map();    // page → entries, the last used last
    this.pending = new Map();   // page → promise of entries
    this.edges = new Map();     // page → its first and last entry; of every page of images that was read
    this.weight = 0;            // of the images read so far, and of all series and types
    this.seriesReader = new SeriesReader(this);
    this.seriesRead = 0;        // pages
    this.readingSeries = Promise.resolve();
    this.types = [];
    this.rows = null;           // Rows, once all pages are wanted
  }

  static async fetch() {
    const catalog = new Catalog(await fetchTrusted());
    requireNewer(catalog);
    catalog.pages = readIndex(textOf(await fetchPiece(catalog.head.index, "the index"), "the index"));
    for (const page of catalog.pages.images) {
      catalog.starts.push(catalog.count);
      catalog.count += page.entries;
    }
    if (catalog.count > LIMITS.entries) refuse(`the index promises ${catalog.count} images, more than a catalog may have`);
    for (const page of [...catalog.pages.series, ...catalog.pages.types]) catalog.weigh(SMALL_WEIGHT * page.entries);
    return catalog;
  }

  get series() { return this.seriesReader.series; }
  get moreSeries() { return this.seriesRead < this.pages.series.length; }
  // Whether more members of this series are on a page that was not read yet.
  goesOn(series) { return this.moreSeries && series === this.series.at(-1) && this.pages.series[this.seriesRead].first === series.name; }
  get bytes() { return this.pages.images.reduce((sum, page) => sum + page.length, 0); }

  async text(page, name) {
    return textOf(await fetchPiece(page, name), name);
  }

  async readingOf(page, name, read) {
    const text = await this.text(page, name);
    try { return read(text); } catch (error) {
      if (error instanceof Refusal) error.message = `${name}: ${error.message}`;
      throw error;
    }
  }

  weigh(more) {
    this.weight += more;
    if (this.weight > LIMITS.weight) refuse("the entries of the catalog weigh more than 512 MiB together");
  }

  // The entries of a page of images.
  entriesOf(number) {
    const known = this.parsed.get(number);
    if (known) {
      this.parsed.delete(number);
      this.parsed.set(number, known);
      return Promise.resolve(known);
    }
    let wanted = this.pending.get(number);
    if (!wanted) {
      wanted = this.readImages(number).finally(() => this.pending.delete(number));
      this.pending.set(number, wanted);
    }
    return wanted;
  }

  async readImages(number) {
    const page = this.pages.images[number];
    const name = `page ${number + 1} of images`;
    const entries = await this.readingOf(page, name, (text) => {
      const read = readImagePage(page, text, this);
      if (!this.edges.has(number)) this.weigh(read.reduce((sum, entry) => sum + weightOf(entry), 0));
      this.requireBetweenNeighbours(number, read);
      return read;
    });
    this.parsed.set(number, entries);
    for (const old of this.parsed.keys()) {
      if (this.parsed.size <= PARSED_PAGES) break;
      this.parsed.delete(old);
    }
    return entries;
  }

  requireBetweenNeighbours(number, entries) {
    this.edges.set(number, { first: edgeOf(entries[0], entries), last: edgeOf(entries.at(-1), entries) });
    for (const left of [number - 1, number]) {
      const one = this.edges.get(left);
      const next = this.edges.get(left + 1);
      if (one && next) requireBetweenPages(one.last, next.first);
    }
  }

  // Once every page was read: a name may fill whole pages, and live before and behind them.
  requireNamesLiveOnce() {
    let name = null;
    let lives = false;
    for (const { number } of this.pages.images) {
      const { first, last } = this.edges.get(number);
      if (first.name === name && lives && first.lives) refuse(`page ${number + 1} of images: a name is there twice`);
      lives = last.lives || (last.name === name && lives);
      name = last.name;
    }
  }

  pageOf(entry) {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle] <= entry) low = middle; else high = middle - 1;
    }
    return low;
  }

  // Pages that may list an image of this name.
  pagesWith(name) {
    const pages = this.pages.images;
    const found = [];
    for (let i = 0; i < pages.length && pages[i].first <= name; ++i) {
      if (i + 1 === pages.length || pages[i + 1].first >= name) found.push(i);
    }
    return found;
  }

  // Every entry of this name.
  async find(name) {
    const found = [];
    for (const page of this.pagesWith(name)) found.push(...(await this.entriesOf(page)).filter((entry) => entry.name === name));
    return found;
  }

  // Reads series up to about so many bytes more. One call waits for the other, because the pages must be read in their order.
  readSeries(most) {
    const read = this.readingSeries.then(() => this.readMoreSeries(most));
    this.readingSeries = read.catch(() => {});
    return read;
  }

  async readMoreSeries(most) {
    let bytes = 0;
    while (this.moreSeries && (bytes === 0 || bytes + this.pages.series[this.seriesRead].length <= most)) {
      const number = this.seriesRead;
      const page = this.pages.series[number];
      await this.readingOf(page, `page ${number + 1} of series`, (text) => this.seriesReader.read(page, text));
      this.seriesRead = number + 1;
      bytes += page.length;
    }
  }

  // Reads series until all of this name are known, and not the pages behind them.
  async readSeriesTo(name) {
    while (this.moreSeries && this.pages.series[this.seriesRead].first <= name) await this.readSeries(0);
  }

  async readTypes() {
    for (const page of this.pages.types) await this.readingOf(page, `page ${page.number + 1} of types`, (text) => readTypePage(page, text, this.types));
  }

  // Reads what the first view shows: of a small catalog every image.
  async readFirst() {
    const images = [];
    let bytes = 0;
    for (const page of this.pages.images) {
      if (bytes > 0 && (bytes + page.length > FIRST_IMAGES || images.length === AT_ONCE)) break;
      images.push(page.number);
      bytes += page.length;
    }
    await Promise.all([...images.map((number) => this.entriesOf(number)), this.readSeries(FIRST_SERIES), this.readTypes()]);
    if (this.bytes <= SMALL_CATALOG) await fetchAll(this, () => {}, () => false);
  }
}

// What this browser saw of this server before, at this address. Not more than a hint: whoever serves the page can clear it.
const memory = {
  key: "ingot " + BASE.pathname,
  read() { try { return parseJson(localStorage.getItem(this.key) ?? "null"); } catch { return null; } },
  write(seen) { try { localStorage.setItem(this.key, JSON.stringify(seen)); } catch { /* private windows keep nothing */ } },
};

// Another tab may have seen a newer head of this server meanwhile: that one stays.
function remember({ head, digest }) {
  const seen = memory.read();
  if (isObject(seen) && seen.id === head.id && (seen.epoch > head.epoch || seen.serial > head.serial)) return;
  if (checking) memory.write({ id: head.id, epoch: head.epoch, serial: head.serial, digest });
}

// Sets catalog.otherServer if this address was another server's. Then that one stays remembered until the reader compared the card.
function requireNewer(catalog) {
  const { head, digest } = catalog;
  if (!checking) return;
  const seen = memory.read();
  if (isObject(seen) && typeof seen.serial === "number" && typeof seen.epoch === "number") {
    if (seen.id !== head.id) {
      catalog.otherServer = String(seen.id);
      return;
    }
    if (digest === seen.digest) return;
    if (head.epoch < seen.epoch) refuse(`the head goes back from epoch ${seen.epoch} to ${head.epoch}, which was revoked`);
    if (head.serial < seen.serial) refuse(`the head has the serial ${head.serial}, but this browser has seen serial ${seen.serial}: it is an old one`);
    if (head.serial === seen.serial) refuse(`two different heads have the serial ${head.serial}`);
    if (head.serial - seen.serial > LIMITS.jump) refuse(`the serial jumps from ${seen.serial} to ${head.serial}, by more than 2^32`);
  }
  remember(catalog);
}
