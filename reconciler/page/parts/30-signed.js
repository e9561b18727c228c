
// ---- 30-signed: envelopes, the chain of roots, the head. ----

const HEAD_TYPE = "application/vnd.ingot.head.v1+json";
const ROOT_TYPE = "application/vnd.ingot.root.v1+json";
const RELEASE_TYPE = "application/vnd.ingot.release.v1+json";

// The y coordinates of the points of small order: under such a key one signature holds for many messages.
const SMALL_ORDER = Object.freeze([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

function isUsableKey(hex) {
  const y = bytesOfHex(hex);
  y[31] &= 0x7f;
  const text = hexOf(y);
  return !SMALL_ORDER.includes(text) && !(/^(?:e[d-f]|f[0-9a-f])(?:ff){30}7f$/.test(text));
}

// Tries the first test of RFC 8032, and that a changed signature does not hold. "": this browser can check signatures.
async function whyNoEd25519() {
  const key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
  const signature = bytesOfHex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
  const why = "This browser cannot check Ed25519 signatures. Chrome 137, Firefox 129, Safari 17 and later versions can.";
  try {
    const holds = await signatureHolds(key, new Uint8Array(0), signature);
    signature[3] ^= 1;
    return holds && !(await signatureHolds(key, new Uint8Array(0), signature)) ? "" : why;
  } catch { return why; }
}

async function signatureHolds(keyHex, bytes, signature) {
  const key = await crypto.subtle.importKey("raw", bytesOfHex(keyHex), { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, key, signature, bytes);
}

async function signatureOr(keyHex, bytes, signature) {
  try { return await signatureHolds(keyHex, bytes, signature); } catch { return false; }
}

function readSignatures(fields, key) {
  const list = fields.list(key);
  if (list.length < 1 || list.length > LIMITS.signatures) fields.refuse(key, `holds ${list.length} signatures, not 1 to ${LIMITS.signatures}`);
  return list.map((one) => {
    const signature = new Fields(one, ["keyid", "sig"], key);
    const bytes = bytesOfBase64(signature.text("sig"));
    if (!bytes || bytes.length !== 64) signature.refuse("sig", "is no signature in base64");
    return { keyid: signature.textOr("keyid", ""), sig: signature.text("sig"), bytes };
  });
}

// The envelope around a payload is not signed. This page takes only the form in which ingot writes it, so that not one byte of it
// can be changed unseen.
function openEnvelope(bytes, type, name) {
  const text = textOf(bytes, name);
  if (/^\s*</.test(text)) refuse(`${name} is a web page, not an ingot file`);
  if (text.trim() === "") refuse(`${name} is empty`);
  const fields = new Fields(parseJson(text, LIMITS.envelopeText), ["payload", "payloadType", "signatures"]);
  const payloadText = fields.text("payload");
  const payload = bytesOfBase64(payloadText);
  if (!payload) fields.refuse("payload", "is not base64");
  if (fields.text("payloadType") !== type) refuse(`${name} holds something else: its payloadType is not ${type}`);
  const signatures = readSignatures(fields, "signatures");
  const written = signatures.map(({ keyid, sig }) => `{"keyid":${JSON.stringify(keyid)},"sig":"${sig}"}`).join(",");
  if (text !== `{"payload":"${payloadText}","payloadType":"${type}","signatures":[${written}]}\n`) refuse(`${name} is not written as ingot writes it`);
  if (payload.length > LIMITS.signed) refuse(`${name} is longer than 64 KiB`);
  return { type, payload, signatures };
}

function signedBytes(type, payload) {
  const before = utf8Encoder.encode(`DSSEv1 ${type.length} ${type} ${payload.length} `);
  const bytes = new Uint8Array(before.length + payload.length);
  bytes.set(before);
  bytes.set(payload, before.length);
  return bytes;
}

const keyId = async (hex) => (await sha256(bytesOfHex(hex))).slice(0, 16);

// The keys among `keys` that signed. Strictly: every signature must be by one of them, and none may sign twice.
async function signersOf(envelope, keys, name) {
  const bytes = signedBytes(envelope.type, envelope.payload);
  const signers = new Set();
  for (const { keyid, bytes: signature } of envelope.signatures) {
    let signer = null;
    for (const key of keys) {
      if (!signers.has(key) && isUsableKey(key) && (await keyId(key)) === keyid && (await signatureOr(key, bytes, signature))) signer = key;
    }
    if (signer === null) refuse(`${name} has a signature that is not by a key that may sign it, or was changed after it was signed`);
    signers.add(signer);
  }
  return signers;
}

function requireThreshold(signers, role, name) {
  const count = role.keys.filter((key) => signers.has(key)).length;
  if (count < role.threshold) refuse(`${name} is signed by ${count} of the ${role.threshold} keys that must sign it`);
}

function readRole(fields) {
  const keys = fields.list("keys");
  for (const key of keys) {
    if (typeof key !== "string" || !/^[0-9a-f]{64}$/.test(key)) fields.refuse("keys", "holds something that is not a key");
    if (!isUsableKey(key)) fields.refuse("keys", "holds an unsafe key (of small order)");
  }
  if (keys.length < 1 || keys.length > LIMITS.keys || new Set(keys).size !== keys.length) fields.refuse("keys", `does not hold 1 to ${LIMITS.keys} distinct keys`);
  return { keys, threshold: fields.number("threshold", 1, keys.length) };
}

function readRoot(payload, name) {
  const fields = new Fields(parseJson(textOf(payload, name)), ["format", "version", "epoch", "expires", "threshold", "keys", "catalog", "release", "previous", "critical"]);
  fields.requireFormat("ingot.root");
  const root = {
    version: fields.number("version", 1), epoch: fields.number("epoch", 1), expires: fields.time("expires"), root: readRole(fields),
    catalog: readRole(fields.object("catalog", ["threshold", "keys"])),
    release: fields.has("release") ? readRole(fields.object("release", ["threshold", "keys"])) : null,
    previous: fields.has("previous") ? fields.digest("previous") : null,
  };
  if ((root.previous !== null) !== root.version > 1) fields.refuse("previous", "does not fit the version");
  return root;
}

// The root after `before` (null: the first) of the server `id`, verified.
const fetchRoot = (version, before, id) =>
  anew(`root/${version}.dsse`, LIMITS.signed, (bytes) => openRoot(bytes, version, before, id, `root ${version}`));

async function openRoot(bytes, version, before, id, name) {
  const envelope = openEnvelope(bytes, ROOT_TYPE, name);
  const root = readRoot(envelope.payload, name);
  if (root.version !== version) refuse(`${name} has the version ${root.version}`);
  if (before && checking && root.previous !== before.digest) refuse(`${name} was made for another root ${version - 1}`);
  if (before && root.epoch < before.epoch) refuse(`${name} goes back from epoch ${before.epoch} to ${root.epoch}`);
  if (checking) {
    const signers = await signersOf(envelope, [...new Set([...(before ? before.root.keys : []), ...root.root.keys])], name);
    if (before) requireThreshold(signers, before.root, name);
    requireThreshold(signers, root.root, name);
  }
  const hex = await sha256(envelope.payload);
  const digest = hex === null ? root.previous : "sha256:" + hex;
  if (version === 1 && checking && digest !== id) refuse(`root 1 is of the server ${digest}, but the head says ${id}`);
  return { ...root, digest };
}

function readHead(payload) {
  const known = ["format", "server", "epoch", "serial", "issued", "expires", "root", "index", "previous", "state", "note", "critical"];
  const fields = new Fields(parseJson(textOf(payload, "the head")), known);
  fields.requireFormat("ingot.head");
  const server = fields.object("server", ["name", "id"]);
  const head = {
    name: server.serverName("name"), id: server.digest("id"), epoch: fields.number("epoch", 1), serial: fields.number("serial", 1),
    issued: fields.time("issued"), expires: fields.time("expires"), rootVersion: fields.object("root", ["version"]).number("version", 1),
    index: fields.object("index", ["digest", "length"]).piece(LIMITS.index),
    previous: fields.has("previous") ? fields.digest("previous") : null,
    commit: fields.has("note") ? fields.object("note", ["commit"]).textOr("commit", "") : "",
  };
  if (fields.has("state")) fields.object("state", ["digest", "length"]).piece(64 * MIB);
  if (head.expires < head.issued) fields.refuse("expires", 'is before "issued"');
  return head;
}

const timeText = (time) => new Date(time).toISOString().slice(0, 16).replace("T", " ") + " UTC";

function requireInTime(head, root, now) {
  if (head.issued > now + LIMITS.clockSlack * 1000) refuse(`the head was signed at ${timeText(head.issued)}, but this computer's clock says ${timeText(now)}`);
  if (now >= root.expires) refuse(`the root of trust expired at ${timeText(root.expires)}; its owner must renew it`);
  if (now >= head.expires) refuse(`the head expired at ${timeText(head.expires)}: nobody has published a newer one, or it is withheld`);
}

// Fetches and verifies the head and all roots up to the one that it names.
async function fetchTrusted() {
  const bytes = await fetchBytes("head.dsse", LIMITS.signed, "no-store");
  const envelope = openEnvelope(bytes, HEAD_TYPE, "the head");
  const head = readHead(envelope.payload);
  if (head.rootVersion > LIMITS.roots) refuse(`the head names root ${head.rootVersion}; this page follows no more than ${LIMITS.roots}`);
  let root = null;
  for (let version = 1; version <= head.rootVersion; ++version) {
    root = await fetchRoot(version, root, head.id);
  }
  if (checking) requireThreshold(await signersOf(envelope, root.catalog.keys, "the head"), root.catalog, "the head");
  if (head.epoch !== root.epoch) refuse(`the head has the epoch ${head.epoch}, but root ${root.version} says ${root.epoch}`);
  requireInTime(head, root, Date.now());
  const hex = await sha256(envelope.payload);
  return { head, root, digest: hex };
}
