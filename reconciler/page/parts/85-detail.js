
// ---- 85-detail: one image, its lineage, and how to get it. ----

const MOST_ANCESTORS = 200;
const MOST_DESCENDANTS = 400;
const DEEPEST_TREE = 60;

// In single quotes for a shell; the URL's own are written in another way.
const shellUrl = (path) => `'${(BASE.href + path).replaceAll("'", "%27")}'`;

function ingotLines(catalog, entry) {
  const name = catalog.head.name;
  return ["[[peer]]", `name = "${name}"`, `card = "peers/${name}.card.toml"    # the server's card, from a person you trust`, "",
    "[[subscription]]", `peer  = "${name}"`, `image = "${entry.name}"`, 'since = "start"                  # this image itself, and what is made from it'];
}

function curlLines(entry) {
  const packed = entry.packed.digest.slice("sha256:".length);
  const lines = [`curl -fS ${shellUrl(`b/${packed.slice(0, 2)}/${packed}`)} -o '${entry.name}.zst'`,
    `echo '${packed}  ${entry.name}.zst' | sha256sum -c`, `zstd -d '${entry.name}.zst' -o '${entry.name}'`,
    `echo '${entry.digest.slice("sha256:".length)}  ${entry.name}' | sha256sum -c`];
  if (entry.kind === "tree") lines.push(`mkdir '${entry.name}.tree' && tar -xf '${entry.name}' -C '${entry.name}.tree'`);
  return lines;
}

function howToGet(catalog, entry, release) {
  const part = make("section", { "aria-labelledby": "get-title" }, make("h3", { id: "get-title", text: "How to get it" }));
  if (!entry.live) part.append(make("p", { text: "It was deleted. The catalog keeps its name and digest, so that lineage stays known." }));
  else if (!entry.own) part.append(make("p", {}, "It is a copy: get it from its origin, the server ", make("b", { text: entry.originName }), ". Copies are not redistributed."));
  else {
    if (entry.state === "WITHDRAWN") part.append(make("p", { class: "alarm", text: "It was withdrawn: nobody should use it any more." }));
    if (catalog.root.release) part.append(make("p", { text: "ingot takes it only if enough release keys have signed it (see above)." }));
    part.append(recipe("With ingot: into the manifest, then ingot plan and ingot apply", ingotLines(catalog, entry)));
    if (!checking) part.append(make("p", { class: "alarm", text: "Do not fetch it by hand: nothing here was checked." }));
    else if (release && !release.enough) part.append(make("p", { class: "alarm", text: release.alarm }));
    else if (entry.packed) part.append(recipe("By hand, with curl, zstd and tar", curlLines(entry)));
  }
  if (entry.live && !entry.packed) part.append(make("p", { text: "This server does not serve its bytes now." }));
  return part;
}

// The signatures of release keys cover the bytes, the name, the kind and the type of an image.
// null: none are needed. Otherwise {text, enough, alarm}, or {text} if nothing is checked.
async function releaseOf(catalog, entry) {
  const role = catalog.root.release;
  if (!role || !entry.own || !entry.live) return null;
  if (!checking) return { text: "not checked" };
  const payload = utf8Encoder.encode(`{"format":"ingot.release/1","server":"${catalog.head.id}","image":"${entry.name}",` +
    `"digest":"${entry.digest}","kind":"${entry.kind}","type":"${entry.type}"}\n`);
  const bytes = signedBytes(RELEASE_TYPE, payload);
  let count = 0;
  for (const key of role.keys) {
    for (const { bytes: signature } of entry.release) if (isUsableKey(key) && (await signatureOr(key, bytes, signature))) { ++count; break; }
  }
  const enough = count >= role.threshold;
  return { text: `signed by ${count} of ${counted(role.keys.length, "release key")}; ${role.threshold} must sign${enough ? "" : ": no peer takes it yet"}`,
    enough, alarm: `Do not use it: ${count} of the ${counted(role.threshold, "release key")} that must sign it have signed.` };
}

// The entry or row of an identity, if it can be found without reading the whole catalog.
async function lookUp(catalog, identity) {
  const key = keyOf(identity);
  const row = catalog.rows?.byKey(key);
  if (row) return { name: row.name, live: row.live, listed: row.listed, state: row.state, parent: await parentOf(catalog, row) };
  if (catalog.rows?.complete) return null;
  const found = (await catalog.find(identity.name)).find((entry) => keyOf(entry.identity) === key);
  return found ?? null;
}

async function parentOf(catalog, row) {
  if (row.parent === null) return null;
  const [origin, created, name] = row.parent.split(" ");
  return { origin, created: Number(created), name };
}

// From the oldest ancestor that is drawn to the parent: {name, live, listed, state}; {name, missing} of one that is not in this catalog;
// {more} if there are older ones.
async function ancestorsOf(catalog, entry) {
  const chain = [];
  const seen = new Set([keyOf(entry.identity)]);
  for (let next = entry.parent; next && !seen.has(keyOf(next));) {
    if (chain.length === MOST_ANCESTORS) return [{ more: true }, ...chain];
    seen.add(keyOf(next));
    const found = await lookUp(catalog, next);
    chain.unshift(found ?? { name: next.name, missing: true });
    next = found?.parent ?? null;
  }
  return chain;
}

function treeItem(node, current) {
  if (node.more) return make("li", {}, make("small", { text: "Older ancestors are not drawn." }));
  if (node.missing) return make("li", {}, make("span", { text: node.name }), make("small", { text: " not in this catalog under this name" }));
  const name = current ? make("b", { text: node.name, "aria-current": "page" }) : make("a", { href: imageHref(node), text: node.name });
  return make("li", {}, name, " ", stateChip(node.state));
}

// Descendants below `item`, breadth first, so that what is cut off is what is furthest.
function addDescendants(catalog, key, item) {
  catalog.rows.link();
  const seen = new Set([key]);
  const queue = [{ key, item, depth: 0 }];
  let count = 0;
  let left = 0;
  while (queue.length > 0) {
    const { key: parent, item: place, depth } = queue.shift();
    const children = (catalog.rows.children.get(parent) ?? []).filter((row) => !seen.has(Rows.keyOf(row)));
    if (children.length === 0) continue;
    const list = make("ul");
    for (const row of children) {
      if (count >= MOST_DESCENDANTS || depth >= DEEPEST_TREE) { ++left; continue; }
      const below = treeItem(row, false);
      seen.add(Rows.keyOf(row));
      list.append(below);
      queue.push({ key: Rows.keyOf(row), item: below, depth: depth + 1 });
      ++count;
    }
    if (list.firstChild) place.append(list);
  }
  if (left > 0) item.append(make("p", { class: "aside", text: `${COUNT.format(left)} or more further descendants are not drawn.` }));
  return count;
}

async function lineageTree(catalog, entry, wholeCatalog) {
  const part = make("section", { "aria-labelledby": "tree-title" }, make("h3", { id: "tree-title", text: "Lineage" }));
  const top = make("ul", { class: "tree" });
  let place = top;
  for (const ancestor of await ancestorsOf(catalog, entry)) {
    const item = treeItem(ancestor, false);
    place.append(item);
    place = make("ul");
    item.append(place);
  }
  const self = treeItem(entry, true);
  place.append(self);
  part.append(top);
  if (catalog.rows?.complete) {
    if (addDescendants(catalog, keyOf(entry.identity), self) === 0) part.append(make("p", { class: "aside", text: "Nothing in this catalog was made from it." }));
  } else {
    const button = make("button", { type: "button", text: `Find what was made from it (fetches the whole catalog, ${sizeText(catalog.bytes)})` });
    const note = make("p", { class: "aside", role: "status" });
    button.addEventListener("click", async () => {
      note.textContent = "Fetching…";
      note.textContent = (await wholeCatalog()) ? "" : "Not fetched. Try again.";
    });
    part.append(button, note);
  }
  return part;
}

function aboutImage(catalog, entry, release) {
  const list = make("dl", { class: "about" });
  const fact = (name, ...values) => list.append(make("div", {}, make("dt", { text: name }), make("dd", {}, ...values)));
  if (entry.description) fact("Description", peerText(entry.description, { class: "long" }));
  if (entry.reason) fact("Why withdrawn", peerText(entry.reason, { class: "long" }));
  fact("Digest", hashText(entry.digest));
  if (entry.live) fact("Size", `${sizeText(entry.size)} (${COUNT.format(entry.size)} bytes), ${entry.kind === "tree" ? "a directory tree, as tar" : "a file"}`);
  if (entry.packed) fact("To fetch", `${sizeText(entry.packed.length)} packed (${COUNT.format(entry.packed.length)} bytes), ${counted(entry.packed.segments, "segment")}`);
  const base = catalog.types.find((type) => type.name === entry.type)?.base;
  fact("Type", entry.type + (base ? ` (based on ${base})` : ""));
  if (entry.version) fact("Version", peerText(entry.version));
  if (entry.platform) fact("Platform", peerText(entry.platform));
  const labels = entry.labels.map(([name, value]) => peerText(value ? `${name}=${value}` : name, { class: "label" }));
  if (labels.length > 0) fact("Labels", ...labels.flatMap((label) => [label, " "]));
  const alias = entry.identity.name === entry.name ? "" : ` as ${entry.identity.name}`;
  fact("Made by", make("b", { text: entry.originName }), " ", hashText(entry.identity.origin), ` at serial ${COUNT.format(entry.identity.created)}${alias}`);
  if (!entry.own) fact("Copied from", `${entry.copiedFrom}, listed here since serial ${COUNT.format(entry.listed)}`);
  if (entry.live) fact("States", ...entry.states.flatMap((one) => [stateChip(one.state), ` since serial ${COUNT.format(one.since)}  `]));
  else fact("Deleted", `at serial ${COUNT.format(entry.deleted)}`);
  if (release) fact("Release", release.text);
  const key = keyOf(entry.identity);
  const holders = catalog.series.filter((series) => series.live && series.members.some((member) => keyOf(member.identity) === key));
  const more = catalog.moreSeries ? ["(not all series were fetched)"] : [];
  if (holders.length + more.length > 0) fact("In series", ...holders.flatMap((series) => [make("a", { href: "#series/" + series.name, text: series.name }), " "]), ...more);
  return list;
}

function deltasOf(catalog, entry) {
  if (entry.deltas.length === 0) return null;
  const list = make("ul", {});
  for (const delta of entry.deltas) {
    const instead = entry.packed ? sizeText(entry.packed.length) : "all";
    list.append(make("li", {}, `${sizeText(delta.length)} instead of ${instead}, from `, hashText(delta.base.digest), ` (${sizeText(delta.base.size)})`));
  }
  return make("section", { "aria-labelledby": "delta-title" }, make("h3", { id: "delta-title", text: "Deltas" }),
    make("p", { text: "Who has one of these images fetches only what differs; ingot does so by itself." }), list);
}

async function detailOf(catalog, entry, wholeCatalog) {
  const release = await releaseOf(catalog, entry);
  const lineage = await lineageTree(catalog, entry, wholeCatalog);
  return [make("h2", { id: "detail-title" }, entry.name, " ", stateChip(entry.state)), aboutImage(catalog, entry, release), lineage,
    deltasOf(catalog, entry), howToGet(catalog, entry, release)].filter((part) => part);
}
