
// ---- 40-catalog: the index, and the entries of pages. ----

const KINDS = Object.freeze(["images", "series", "types"]);
const STATES = Object.freeze(["TESTABLE", "RESTRICTED", "PUBLISHED", "WITHDRAWN"]);
const BUILTIN_TYPES = Object.freeze(["ORACLEDBSOFTWARE", "ORACLEGISOFTWARE", "ORACLEGGSOFTWARE", "EXAPATCHSOFTWARE", "ODAPATCHSOFTWARE", "LINUXOS", "SOFTWARE"]);
const SEGMENT = 4 * MIB;
const PACKED_SEGMENT = SEGMENT + SEGMENT / 128 + 1024;

const before = (one, other) => (one < other ? -1 : one > other ? 1 : 0);

// {images, series, types}: the pages of each kind in order.
function readIndex(text) {
  const lines = linesOf(text);
  const header = new Fields(parseJson(lines[0]), ["format", "pages", "critical"]);
  header.requireFormat("ingot.index");
  if (header.number("pages") !== lines.length - 1) refuse(`the index announces ${header.number("pages")} pages, but ${lines.length - 1} follow`);
  const pages = { images: [], series: [], types: [] };
  let total = 0;
  let last = null;
  for (const line of lines.slice(1)) {
    const fields = new Fields(parseJson(line), ["kind", "first", "entries", "digest", "length", "plain", "critical"]);
    const page = { kind: fields.text("kind"), first: fields.name("first"), entries: fields.number("entries", 1, LIMITS.pageEntries), ...fields.piece(LIMITS.page) };
    if (!KINDS.includes(page.kind)) fields.refuse("kind", "is not images, series or types");
    if (fields.has("plain")) page.plain = fields.number("plain", 1, LIMITS.page);
    if (last && KINDS.indexOf(page.kind) < KINDS.indexOf(last.kind)) fields.refuse("kind", "is out of order");
    if (last && last.kind === page.kind && (page.first < last.first || (page.first === last.first && page.kind === "types"))) fields.refuse("first", "is out of order");
    total += page.plain ?? page.length;
    if (total > LIMITS.allPages) refuse("the pages of the index are larger than 512 MiB together");
    page.number = pages[page.kind].length;
    pages[page.kind].push(page);
    last = page;
  }
  return pages;
}

function readStates(fields, newest) {
  const list = fields.list("states");
  if (list.length < 1 || list.length > LIMITS.states) fields.refuse("states", `does not hold 1 to ${LIMITS.states} states`);
  const states = list.map((one) => {
    const state = new Fields(one, ["state", "since"], "states");
    if (!STATES.includes(state.text("state"))) state.refuse("state", "is no state of an image");
    return { state: state.text("state"), since: state.number("since", 1, newest) };
  });
  for (let i = 1; i < states.length; ++i) if (states[i].since < states[i - 1].since) fields.refuse("states", 'is not sorted by "since"');
  return states;
}

function readLabels(fields) {
  if (!fields.has("labels")) return [];
  const labels = Object.entries(fields.get("labels", isObject, "an object"));  // A label may have any name, "critical" as well.
  if (labels.length > LIMITS.labels) fields.refuse("labels", `holds more than ${LIMITS.labels} labels`);
  if (labels.some(([, value]) => typeof value !== "string")) fields.refuse("labels", "holds something that is not a text");
  return labels;
}

function readPacked(fields, size) {
  if (!fields.has("packed")) return null;
  const packed = fields.object("packed", ["digest", "length", "segments", "table"]);
  const segments = size === 0 ? 1 : Math.ceil(size / SEGMENT);
  if ((packed.has("segments") || segments > 1) && packed.number("segments", 1) !== segments) packed.refuse("segments", `is not ${segments} as the size says`);
  if (packed.has("table") !== segments > 1) packed.refuse("table", segments > 1 ? "is missing" : "is there, but the image has one segment");
  const table = segments > 1 ? packed.object("table", ["digest", "length"]).piece(64 * MIB) : null;
  return { ...packed.piece(segments * PACKED_SEGMENT), segments, table };
}

function readDeltas(fields) {
  if (!fields.has("deltas")) return [];
  const list = fields.list("deltas");
  if (list.length > LIMITS.deltas) fields.refuse("deltas", `holds more than ${LIMITS.deltas} deltas`);
  return list.map((one) => {
    const delta = new Fields(one, ["base", "digest", "length"], "deltas");
    const base = delta.object("base", ["digest", "size"]);
    return { base: { digest: base.digest("digest"), size: base.number("size", 0, LIMITS.image) }, ...delta.piece(LIMITS.image) };
  });
}

function readParent(fields, child, catalog) {
  if (!fields.has("parent")) return null;
  const parent = fields.identity("parent");
  if (keyOf(parent) === keyOf(child)) fields.refuse("parent", "is the image itself");
  if (parent.origin === catalog.head.id && parent.created > catalog.head.serial) fields.refuse("parent", "was created later than the head");
  return parent;
}

const keyOf = (identity) => `${identity.origin} ${identity.created} ${identity.name}`;

function readTombstone(fields, catalog) {
  const deleted = fields.number("deleted", 1, catalog.head.serial);
  const identity = { origin: catalog.head.id, name: fields.name("image"), created: fields.number("created", 1, deleted) };
  return {
    live: false, own: true, name: identity.name, identity, listed: identity.created, deleted, digest: fields.digest("digest"), type: fields.name("type"),
    parent: readParent(fields, identity, catalog), state: "DELETED", originName: catalog.head.name, version: "", platform: "", description: "",
    labels: [], states: [], reason: "", packed: null, deltas: [], release: [], copiedFrom: "", size: null, kind: "",
  };
}

const IMAGE_KEYS = ["image", "created", "deleted", "origin", "listed", "copied_from", "digest", "size", "kind", "type", "version", "platform",
  "description", "labels", "states", "reason", "parent", "packed", "release", "deltas", "critical"];

function readImage(value, catalog) {
  const fields = new Fields(value, IMAGE_KEYS);
  if (fields.has("deleted")) return readTombstone(fields, catalog);
  const newest = catalog.head.serial;
  const name = fields.name("image");
  const created = fields.number("created", 1);
  const origin = fields.object("origin", ["name", "id", "image"]);
  const identity = { origin: origin.digest("id"), name: origin.has("image") ? origin.name("image") : name, created };
  const own = identity.origin === catalog.head.id;
  const listed = own && !fields.has("listed") ? created : fields.number("listed", 1);
  if (own && (listed !== created || identity.name !== name)) fields.refuse("image", "is the server's own, but described as a copy");
  if (listed > newest) fields.refuse(own ? "created" : "listed", `is ${listed}, later than the head's serial ${newest}`);
  if (own === fields.has("copied_from")) fields.refuse("copied_from", own ? "is there, though the image is no copy" : "is missing");
  const size = fields.number("size", 0, LIMITS.image);
  const kind = fields.text("kind");
  if (kind !== "file" && kind !== "tree") fields.refuse("kind", "is not file or tree");
  const states = readStates(fields, newest);
  return {
    live: true, own, name, identity, listed, deleted: null, digest: fields.digest("digest"), size, kind, type: fields.name("type"), states,
    state: states[states.length - 1].state, originName: origin.serverName("name"), copiedFrom: own ? "" : fields.serverName("copied_from"),
    version: fields.textOr("version", ""), platform: fields.textOr("platform", ""), description: fields.textOr("description", ""),
    reason: fields.textOr("reason", ""), labels: readLabels(fields), parent: readParent(fields, identity, catalog), packed: readPacked(fields, size),
    deltas: readDeltas(fields), release: fields.has("release") ? readSignatures(fields, "release") : [],
  };
}

// What an entry weighs (published-tree.md): a bound on the memory that all of them need.
const SMALL_WEIGHT = 256;  // of a series, a member, a type

function weightOf(image) {
  if (!image.live) return 512;
  const texts = [image.version, image.platform, image.description, image.reason, ...image.labels.flat()];
  const bytes = texts.reduce((sum, text) => sum + byteLength(text), 2 * image.name.length);
  return 1024 + bytes + 128 * image.labels.length + 256 * image.release.length + 16 * image.states.length;
}

function comparePlaces(one, other) {
  return before(one.name, other.name) || one.listed - other.listed || Number(one.live) - Number(other.live);
}

// The lines of a page behind its first one, whose kind and number of entries are right.
function openPage(page, text) {
  const lines = linesOf(text);
  const header = new Fields(parseJson(lines[0]), ["format", "kind", "continues", "critical"]);
  header.requireFormat("ingot.page");
  if (header.text("kind") !== page.kind) header.refuse("kind", "is not what the index says");
  if (header.has("continues") && page.kind !== "series") header.refuse("continues", "is there, but only series continue");
  if (lines.length - 1 !== page.entries) refuse(`holds ${lines.length - 1} entries, not ${page.entries} as the index says`);
  return { continues: header.has("continues") ? header.name("continues") : null, lines: lines.slice(1).map((line) => parseJson(line)) };
}

function requireFollows(last, entry) {
  if (comparePlaces(last, entry) >= 0) refuse("an entry is out of order, or there twice");
  if (last.name === entry.name && (last.live || last.nameLives) && entry.live) refuse("a name is there twice");
  entry.nameLives = last.name === entry.name && (last.live || last.nameLives);
}

// The first or last name of a page of images, for what the pages beside it hold. `lives`: a living image of the page has that name.
const edgeOf = ({ name, listed, live }, entries) => ({ name, listed, live, lives: entries.some((one) => one.live && one.name === name) });

function requireBetweenPages(one, next) {
  if (comparePlaces(one, next) >= 0) refuse("an image is out of order, or there twice");
  if (one.name === next.name && one.lives && next.lives) refuse("a name is there twice");
}

// All entries of a page of images, in order.
function readImagePage(page, text, catalog) {
  const entries = openPage(page, text).lines.map((line) => readImage(line, catalog));
  if (entries[0].name !== page.first) refuse("does not begin with the image that the index says");
  for (let i = 1; i < entries.length; ++i) requireFollows(entries[i - 1], entries[i]);
  return entries;
}

// Series, from page to page: the members of one may go on in the next page.
class SeriesReader {
  constructor(catalog) {
    this.catalog = catalog;
    this.series = [];  // {name, created, members: [{identity, added}], deleted}
    this.members = null;
  }

  read(page, text) {
    const { continues, lines } = openPage(page, text);
    const last = this.series.at(-1);
    if (continues !== null && (!last || last.deleted || last.name !== continues)) refuse("continues another series than the page before ended with");
    lines.forEach((line, i) => {
      const fields = new Fields(line, ["series", "created", "deleted", "member", "added", "critical"]);
      if (i === 0) this.requireFirst(fields, page, continues);
      if (fields.has("member")) this.readMember(fields);
      else this.readSeries(fields);
    });
  }

  requireFirst(fields, page, continues) {
    if (fields.has("member") !== (continues !== null)) refuse("does not say what it continues");
    if ((continues ?? fields.text("series")) !== page.first) refuse("does not begin with the series that the index says");
  }

  readSeries(fields) {
    const newest = this.catalog.head.serial;
    const created = fields.number("created", 1, newest);
    const deleted = fields.has("deleted") ? fields.number("deleted", created, newest) : null;
    const entry = { name: fields.name("series"), listed: created, live: deleted === null, deleted, members: [] };
    if (this.series.length > 0) requireFollows(this.series.at(-1), entry);
    this.series.push(entry);
    this.members = new Set();
  }

  readMember(fields) {
    const series = this.series.at(-1);
    if (!series || series.deleted !== null) refuse("has a member of no series");
    const identity = fields.identity("member");
    if (this.members.has(keyOf(identity))) refuse("has an image twice in one series");
    this.members.add(keyOf(identity));
    series.members.push({ identity, added: fields.number("added", 1, this.catalog.head.serial) });
  }
}

function readTypePage(page, text, types) {
  openPage(page, text).lines.forEach((line, i) => {
    const fields = new Fields(line, ["imagetype", "base", "critical"]);
    const name = fields.name("imagetype");
    if (BUILTIN_TYPES.includes(name) || !BUILTIN_TYPES.includes(fields.name("base"))) refuse("has a type that is built in, or based on none");
    if (i === 0 && name !== page.first) refuse("does not begin with the type that the index says");
    if (types.length > 0 && types.at(-1).name >= name) refuse("has its types out of order");
    types.push({ name, base: fields.name("base") });
  });
}
