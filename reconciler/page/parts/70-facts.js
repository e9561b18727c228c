
// ---- 70-facts: the verdict, the server, its series. ----

const VERDICTS = Object.freeze({ loading: "Checking…", verified: "Verified", unverifiable: "Not verifiable here", failed: "Verification failed" });

function setVerdict(verdict, reason, remedy = "") {
  document.documentElement.dataset.ingot = verdict;
  performance.mark(verdict);
  byId("badge").textContent = VERDICTS[verdict];
  byId("reason").replaceChildren(peerText(reason));  // it may quote what came
  setRemedy(remedy);
}

function setRemedy(remedy) {
  byId("remedy").textContent = remedy;
  byId("remedy").hidden = !remedy;
}

// Takes everything of the catalog off the page.
function clearCatalog() {
  for (const id of ["fact-list", "series-list", "facets", "table-head", "table-body", "detail", "series-note", "count", "card-verdict", "print-note"]) byId(id).replaceChildren();
  for (const id of ["facts", "detail", "series", "images", "progress", "more-series", "clear"]) byId(id).hidden = true;
  byId("server").textContent = "Catalog";
  document.title = "Gold images";
}

function showFacts(catalog) {
  const { head, root, pages } = catalog;
  byId("server").replaceChildren(peerText(head.name));
  document.title = `${head.name} · gold images`;
  const list = byId("fact-list");
  list.replaceChildren();
  const fact = (name, ...values) => list.append(make("div", {}, make("dt", { text: name }), make("dd", {}, ...values)));
  fact("Identity", hashText(head.id));
  fact("Serial", COUNT.format(head.serial));
  fact("Signed", timeElement(head.issued), make("span", { id: "age" }));
  fact("Valid until", timeElement(head.expires), make("span", { id: "left" }));
  showAges(head);
  fact("Root of trust", `version ${root.version}, epoch ${root.epoch}, expires `, timeElement(root.expires));
  if (head.commit) fact("Manifest", make("code", {}, peerText(head.commit)));
  fact("Catalog", `${counted(catalog.count, "image")}, including deleted images, ${counted(pages.series.length, "page")} of series, ${sizeText(catalog.bytes)}`);
  if (catalog.otherServer) {
    list.append(make("div", { class: "alarm", id: "other-server" }, make("dt", { text: "Another server" }),
      make("dd", {}, "When this browser was here last, the server had the identity ", peerText(catalog.otherServer), ".")));
  }
  compareWithCard(catalog);
}

function showAges(head) {
  byId("age").textContent = ` (${ageText((Date.now() - head.issued) / 1000)} ago)`;
  const left = (head.expires - Date.now()) / 1000;
  byId("left").textContent = left > 0 ? ` (${ageText(left)} left)` : " (expired)";
}

// Whoever has the card knows the identity from elsewhere.
function compareWithCard(catalog) {
  const pasted = byId("card-id").value;
  const verdict = byId("card-verdict");
  const found = pasted.match(/[0-9a-fA-F]{64}/g) ?? [];
  const same = found.some((hex) => "sha256:" + hex.toLowerCase() === catalog.head.id);
  if (same && catalog.otherServer) {
    remember(catalog);
    catalog.otherServer = null;
    byId("other-server").remove();
    setRemedy("");
  }
  verdict.className = pasted.trim() === "" || (same && !checking) ? "" : same ? "good" : "bad";
  if (pasted.trim() === "") verdict.textContent = "";
  else if (same && !checking) verdict.textContent = "The head names this identity, but nothing was checked: anybody can write that.";
  else if (same) verdict.textContent = "✓ The same: this catalog is of the server that the card names.";
  else if (found.length > 0) verdict.textContent = "✗ Not the same: this catalog is of another server than the card names.";
  else verdict.textContent = "This holds no identity. A card has a line like root = \"sha256:…\" with 64 digits.";
}

const SHOWN_MEMBERS = 6;

// Where an image is shown. Until the whole catalog is known: that of an own image, by its serial, because its name may have been used again.
function memberHref(catalog, { origin, name, created }, known) {
  if (known) return imageHref(known);
  return origin === catalog.head.id && !catalog.rows?.complete ? `#image/${name}/${created}` : null;
}

function memberItem(catalog, member, latest) {
  const known = catalog.rows?.byKey(keyOf(member.identity));
  const name = known?.name ?? member.identity.name;
  const href = memberHref(catalog, member.identity, known);
  const gone = known && (!known.live || known.state === "WITHDRAWN") ? known.state.toLowerCase() : "";
  const item = make("li", { class: (latest ? "latest" : "") + (gone ? " gone" : "") }, make(href ? "a" : "span", { href, text: name }),
    latest ? make("span", { class: "tag", text: "latest" }) : null, gone ? make("span", { class: "tag", text: gone }) : null);
  item.again = () => memberItem(catalog, member, latest);
  return item;
}

// What the whole catalog says of the images of the series: their names here, and which were withdrawn or deleted.
function markMembers() {
  for (const item of byId("series-list").querySelectorAll("li")) {
    if (!item.again) continue;
    const focused = item.contains(document.activeElement);
    const marked = item.again();
    item.replaceWith(marked);
    if (focused) marked.querySelector("a")?.focus({ preventScroll: true });
  }
}

function seriesLine(catalog, series) {
  const line = make("ol", { class: "line" });
  const all = series.members;
  const whole = !catalog.goesOn(series);
  const put = (from) => line.replaceChildren(...all.slice(from).map((member, i) => memberItem(catalog, member, whole && from + i === all.length - 1)));
  const hidden = all.length > SHOWN_MEMBERS + 1 ? all.length - SHOWN_MEMBERS : 0;
  put(hidden);
  if (hidden > 0) {
    line.start = hidden + 1;
    const more = make("button", { type: "button", text: `${counted(hidden, "earlier image")}…`, "aria-label": `Show ${counted(hidden, "earlier image")} of series ${series.name}` });
    more.addEventListener("click", () => {
      const from = Math.max(0, all.length - 1000);
      line.start = from + 1;
      put(from);
      line.tabIndex = -1;
      (line.querySelector("a") ?? line).focus();
      if (from > 0) line.prepend(make("li", {}, make("span", { text: `${COUNT.format(from)} earlier` })));
    });
    line.prepend(make("li", { class: "more" }, more));
  }
  const size = (all.length === 0 && whole ? "is empty" : counted(all.length, "image")) + (whole ? "" : ", more not fetched yet");
  return make("article", { id: "series:" + series.name, "aria-label": `Series ${series.name}` },
    make("h3", {}, make("a", { href: "#series/" + series.name, text: series.name }), make("small", { text: " " + size })), line);
}

// Up to `most` series, and before them the series `wanted` (""; none) if it is not among them.
function showSeries(catalog, most, wanted) {
  const living = catalog.series.filter((series) => series.live);
  const place = living.findIndex((series) => series.name === wanted);
  const drawn = [...(place >= most ? [living[place]] : []), ...living.slice(0, most)];
  byId("series-list").replaceChildren(...drawn.map((series) => seriesLine(catalog, series)));
  byId("series:" + wanted)?.classList.add("marked");
  const gone = catalog.series.length - living.length;
  const parts = [];
  if (catalog.pages.series.length === 0) parts.push("This server has no series.");
  if (gone > 0) parts.push(`${counted(gone, "deleted series", "deleted series")} not shown.`);
  if (living.length > most) parts.push(`The first ${COUNT.format(most)} of ${COUNT.format(living.length)} series are shown.`);
  if (catalog.moreSeries) parts.push(`${counted(catalog.pages.series.length - catalog.seriesRead, "page")} of series not fetched yet.`);
  byId("series-note").replaceChildren(parts.join(" "));
  if (wanted && place < 0) {
    const deleted = catalog.series.some((series) => series.name === wanted);
    byId("series-note").prepend(deleted ? "This series was deleted: " : "No such series: ", peerText(wanted), ". ");
  }
  byId("more-series").hidden = !catalog.moreSeries && living.length <= most;
}
