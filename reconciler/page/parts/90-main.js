
// ---- 90-main: what happens when. ----

let catalog = null;
let table = null;
let selection = new Selection();
let ended = false;       // the catalog failed: nothing of it is shown any more
let gathering = null;    // the whole catalog, while it is fetched
let stopGathering = false;
const SERIES_STEP = 500;
let seriesShown = SERIES_STEP;
let wantedSeries = "";   // of the address, once its pages were read
let trouble = "";        // of the network, since the last thing that came

// A message of an error as a sentence. It may begin with the name of a file, which stays as it is.
const sentence = (message) => (/^[a-z]+ /.test(message) ? message[0].toUpperCase() + message.slice(1) : message) + ".";

function fail(error) {
  if (ended) return;
  ended = true;
  catalog = table = null;
  clearCatalog();
  const unknown = !(error instanceof Refusal) && !(error instanceof Unreached);
  if (unknown) console.error(error);
  setVerdict("failed", unknown ? `Internal error of this page: ${error.message}.` : sentence(error.message),
    error instanceof Unreached ? "Nothing of this catalog is shown. Try again later." :
    "Nothing of this catalog is shown. If the server published a newer catalog just now, load the page again. If it fails again, tell the " +
    "server's owner: files were changed, or are damaged. ingot status and ingot verify say more.");
}

// What a person did; a trouble of the network ends nothing that was verified before.
async function attempt(work) {
  if (ended) return undefined;
  try {
    const done = await work();
    if (trouble) showStatus("");
    return done;
  } catch (error) {
    if (!(error instanceof Unreached)) fail(error);
    else showStatus(`${error.message}. Scroll or try again.`);
    return undefined;
  }
}

// Shows a trouble of the network, or without one what the table shows.
function showStatus(why) {
  trouble = why;
  if (ended) return;
  if (trouble) byId("count").textContent = trouble;
  else showCount(table.total);
}

function need(page) {
  attempt(async () => {
    await catalog.entriesOf(page);
    if (!ended) table.draw();
  });
}

// Every page, once; shows how far it is.
function wholeCatalog() {
  if (catalog.rows?.complete) return Promise.resolve(true);
  gathering ??= gather().finally(() => { gathering = null; });
  return gathering;
}

async function gather() {
  stopGathering = false;
  const quiet = catalog.bytes <= SMALL_CATALOG;
  byId("progress").hidden = quiet;
  const progress = (done, all) => {
    byId("bar").max = all;
    byId("bar").value = done;
    byId("progress-text").textContent = `${COUNT.format(done)} of ${counted(all, "page")} fetched and checked`;
  };
  progress(catalog.rows?.done ?? 0, catalog.pages.images.length);
  try {
    const whole = await fetchAll(catalog, progress, () => stopGathering || ended);
    if (whole && !ended) markMembers();
    return whole;
  } finally { byId("progress").hidden = true; }
}

function showCount(shown) {
  if (ended) return;
  const parts = [];
  const partial = !catalog.rows?.complete && catalog.count > 0;
  byId("go-on").hidden = !partial || selection.isPlain || gathering !== null;
  if (catalog.count === 0) parts.push("This server publishes no images.");
  else if (partial && !selection.isPlain) parts.push("These images are not filtered or sorted yet.");
  else if (selection.isFilter) parts.push(`${COUNT.format(shown)} of ${counted(catalog.count, "image")} match.`);
  else parts.push(`${counted(shown, "image")}${partial ? ", including deleted images" : ""}.`);
  if (partial) parts.push(`Sorting and filters fetch the whole catalog (${sizeText(catalog.bytes)}).`);
  byId("count").textContent = parts.join(" ");
}

async function select() {
  byId("clear").hidden = selection.isPlain;
  if (!catalog.rows?.complete) {
    table.showSort(new Selection());  // until all of it is there, nothing is sorted
    const whole = selection.isPlain ? Promise.resolve(false) : wholeCatalog();
    if (selection.isPlain) table.show(null);
    showCount(catalog.count);
    if (!(await whole.finally(() => { if (!ended) showCount(catalog.count); })) || ended) return undefined;
  }
  table.showSort(selection);
  const shown = selection.of(catalog.rows);
  table.show(shown);
  showCount(shown.length);
  showFacets();
  return undefined;
}

const MOST_VALUES = 24;      // shown of a facet
const MOST_COUNTED = 10000;

function facetCounts(of) {
  const counts = new Map();
  for (const row of catalog.rows.list) {
    if (!row.live && of !== FACETS.state.of) continue;  // as Selection.fits: deleted ones only if they are asked for
    for (const value of of(row)) {
      const count = counts.get(value);
      if (count !== undefined || counts.size < MOST_COUNTED) counts.set(value, (count ?? 0) + 1);
    }
  }
  return [...counts].sort((one, other) => other[1] - one[1] || naturally.compare(one[0], other[0]));
}

let facetsShown = false;

function showFacets() {
  if (facetsShown || !catalog.rows?.complete) return;
  facetsShown = true;
  const groups = [];
  for (const [key, facet] of Object.entries(FACETS)) {
    const counts = facetCounts(facet.of);
    if (counts.length < 2) continue;
    const group = make("details", { class: "facet" }, make("summary", { text: facet.title }));
    const set = make("fieldset", {}, make("legend", { text: facet.title }));
    for (const [value, count] of counts.slice(0, MOST_VALUES)) {
      const box = make("input", { type: "checkbox" });
      box.addEventListener("change", () => toggle(key, value, box.checked));
      set.append(make("label", {}, box, " ", peerText(value), make("small", { text: " " + COUNT.format(count) })));
    }
    if (counts.length > MOST_VALUES) set.append(make("p", { class: "aside", text: `${COUNT.format(counts.length - MOST_VALUES)}${counts.length === MOST_COUNTED ? " or more" : ""} others: use the text filter.` }));
    group.append(set);
    groups.push(group);
  }
  byId("facets").replaceChildren(...groups);
}

function toggle(key, value, on) {
  const values = selection.facets.get(key) ?? new Set();
  if (on) values.add(value); else values.delete(value);
  if (values.size > 0) selection.facets.set(key, values); else selection.facets.delete(key);
  attempt(select);
}

function sortBy(key) {
  if (selection.sort !== key) { selection.sort = key; selection.down = false; } else if (!selection.down) selection.down = true; else selection.sort = null;
  attempt(select);
}

let typing = 0;

function listen() {
  byId("scroller").addEventListener("scroll", () => table?.scrolled(), { passive: true });
  byId("scroller").addEventListener("keydown", (event) => table?.key(event));
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("go-on").addEventListener("click", () => attempt(select));
  byId("compare").addEventListener("submit", (event) => event.preventDefault());
  byId("card-id").addEventListener("input", () => { if (catalog) compareWithCard(catalog); });
  byId("search").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      selection.words = byId("search").value.toLowerCase().split(/\s+/).filter((word) => word);
      attempt(select);
    }, 200);
  });
  byId("clear").addEventListener("click", () => {
    selection = new Selection();
    byId("search").value = "";
    for (const box of byId("facets").querySelectorAll("input")) box.checked = false;
    byId("search").focus();
    attempt(select);
  });
  byId("stop").addEventListener("click", () => { stopGathering = true; });
  byId("more-series").addEventListener("click", () => attempt(async () => {
    const before = byId("series-list").childElementCount;
    const more = seriesShown + SERIES_STEP;
    if (catalog.moreSeries && catalog.series.length < more) await catalog.readSeries(FIRST_SERIES);
    if (ended) return;
    seriesShown = more;
    drawSeries();
    if (byId("more-series").hidden) byId("series-list").children[before]?.querySelector("a").focus();  // the button had the focus
  }));
  byId("unchecked").addEventListener("click", () => {
    byId("unchecked").hidden = true;
    checking = false;
    start();
  });
  addEventListener("hashchange", () => attempt(route));
  addEventListener("resize", () => table?.resized());
  addEventListener("beforeprint", () => table?.print(true));
  addEventListener("afterprint", () => table?.print(false));
  document.addEventListener("visibilitychange", stillInTime);
  setInterval(stillInTime, 30000);
}

// A page that stays open must not stay green for ever.
function stillInTime() {
  if (!catalog || ended) return;
  showAges(catalog.head);
  if (!checking) return;
  try { requireInTime(catalog.head, catalog.root, Date.now()); } catch (error) { fail(error); }
}

const LISTS = Object.freeze(["facts", "series", "images"]);  // hidden while one image is shown

// #image/NAME, #image/NAME/SERIAL of one that may be deleted, #series/NAME.
async function route() {
  if (!catalog || ended) return;
  const [kind, name, listed] = decodeFragment();
  const wanted = location.hash;
  const detail = byId("detail");
  if (kind !== "image") {
    const back = !detail.hidden;
    detail.hidden = true;
    detail.replaceChildren();
    for (const id of LISTS) byId(id).hidden = false;
    if (back) byId("images").focus({ preventScroll: true });
    document.title = `${catalog.head.name} · gold images`;
    table.redraw();
    if (kind === "series" && name) await showOneSeries(name, wanted);
    else if (wantedSeries) {
      wantedSeries = "";
      drawSeries();
    }
    return;
  }
  const { title, parts } = await imageParts(name, listed);
  if (ended || location.hash !== wanted) return;
  detail.replaceChildren(make("p", {}, make("a", { href: "#", class: "back", text: "← All images" })), ...parts);
  for (const id of LISTS) byId(id).hidden = true;
  detail.hidden = false;
  document.title = `${title} · ${catalog.head.name}`;
  detail.focus({ preventScroll: true });
  scrollTo(0, 0);
}

async function fetchForDetail() {
  if (!(await wholeCatalog())) return false;
  await select();
  await route();
  return true;
}

async function imageParts(name, listed) {
  const heading = (text) => make("h2", { id: "detail-title", text });
  try {
    const found = NAME.test(name ?? "") ? await catalog.find(name) : [];
    const entry = listed === undefined ? found.find((one) => one.live) ?? found.at(-1) : found.find((one) => String(one.listed) === listed);
    if (entry) {
      return { title: entry.name, parts: await detailOf(catalog, entry, () => attempt(fetchForDetail)) };
    }
    const serial = listed === undefined ? [] : [" with the serial ", peerText(listed)];
    const why = make("p", {}, "This catalog lists no image ", peerText(name ?? ""), ...serial, ".");
    return { title: "No such image", parts: [heading("No such image"), why] };
  } catch (error) {
    if (!(error instanceof Unreached)) throw error;
    const again = make("button", { type: "button", text: "Try again" });
    again.addEventListener("click", () => attempt(route));
    return { title: "Not fetched", parts: [heading("Not fetched"), make("p", {}, peerText(sentence(error.message))), again] };
  }
}

function decodeFragment() {
  try { return decodeURIComponent(location.hash.slice(1)).split("/"); } catch { return []; }
}

const drawSeries = () => showSeries(catalog, seriesShown, wantedSeries);

async function showOneSeries(name, wanted) {
  await catalog.readSeriesTo(name);
  if (ended || location.hash !== wanted) return;
  wantedSeries = name;
  drawSeries();
  const article = byId("series:" + name);
  (article ?? byId("series-note")).scrollIntoView({ block: "center" });
  article?.querySelector("h3 a").focus({ preventScroll: true });
}

// Why nothing can be verified here, and what to do; null: it can.
async function whyUnverifiable() {
  if (location.protocol === "file:") return ["This page was opened from a file, where a browser lets it read no other file.",
    "Serve the folder by any web server; on this computer for example with: python3 -m http.server --bind 127.0.0.1"];
  if (!isSecureContext || !crypto.subtle) return [
    "This page came over plain http from another computer. Browsers check signatures only over https, or from this computer itself.",
    "Serve the catalog over https. Over plain http, anybody on the way could change this page too. ingot verifies the catalog either way."];
  const why = typeof DecompressionStream !== "function" ? "This browser is too old to decompress gzip." : await whyNoEd25519();
  return why ? [why, "Use another browser, or run: ingot query images --peer PEER"] : null;
}

async function start() {
  try {
    const fetched = await Catalog.fetch();
    await fetched.readFirst();
    catalog = fetched;
    table = new Table(catalog, need, sortBy);
    showFacts(catalog);
    drawSeries();
    for (const id of LISTS) byId(id).hidden = false;
    await select();
    if (ended) return;
    if (checking) setVerdict("verified", "Everything shown here was checked in this browser against the signatures of the server with the identity below.",
      catalog.otherServer ? "Warning: another server was at this address when this browser was here last. Compare the identity with the server's card." : "");
    else setVerdict("unverifiable", byId("reason").textContent, "What follows was NOT checked: anybody may have written it.");
    await attempt(route);
  } catch (error) { fail(error); }
}

async function main() {
  listen();
  const why = await whyUnverifiable();
  if (!why) return start();
  setVerdict("unverifiable", ...why);
  byId("unchecked").hidden = location.protocol === "file:";
  return undefined;
}

main().catch(fail);
