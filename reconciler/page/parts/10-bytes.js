
// ---- 10-bytes: what is read, bounded; and the digests and decoders for it. ----

const KIB = 1024;
const MIB = 1024 * 1024;

// The bounds of schema/published-tree.md.
const LIMITS = Object.freeze({
  signed: 64 * KIB, index: 8 * MIB, page: 8 * MIB, allPages: 512 * MIB, pageEntries: 512,
  text: 4096, envelopeText: 128 * KIB, depth: 16, labels: 64, states: 64, signatures: 16, keys: 16, deltas: 8,
  roots: 1024, weight: 512 * MIB, entries: 1024 * 1024, image: 2 ** 46, jump: 2 ** 32, clockSlack: 600,
});

// A piece that does not fit: the catalog counts as failed, and nothing of it is shown.
class Refusal extends Error {}
// A piece that did not come. It may come the next time.
class Unreached extends Error {}

const refuse = (why) => { throw new Refusal(why); };

// The folder that this page lies in. Nothing else is ever asked.
const BASE = new URL(".", location.href.split(/[?#]/)[0]);

// Whether digests and signatures are checked. Off only after the reader asked for it where this browser cannot check.
let checking = true;

async function collect(reader, atMost, name) {
  const parts = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.byteLength;
    if (length > atMost) {
      reader.cancel().catch(() => {});
      refuse(`${name} is longer than the ${atMost} bytes that it may have`);
    }
    parts.push(value);
  }
  if (parts.length === 1) return parts[0];
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.byteLength; }
  return whole;
}

// At most `atMost` bytes of a file of the tree. Gives up when nothing comes for half a minute.
async function fetchBytes(path, atMost, cache) {
  const control = new AbortController();
  let timer = setTimeout(() => control.abort(), 30000);
  try {
    const response = await fetch(new URL(path, BASE), {
      cache, credentials: "same-origin", redirect: "error", referrerPolicy: "no-referrer", signal: control.signal,
    });
    if (response.status !== 200) {
      const gone = response.status === 404 || response.status === 410;
      if (gone) refuse(`${path} is not there (the web server answers ${response.status})`);
      throw new Unreached(`${path} could not be fetched: the web server answers ${response.status}`);
    }
    const body = response.body.getReader();
    const watched = {
      cancel: () => body.cancel(),
      read: () => { clearTimeout(timer); timer = setTimeout(() => control.abort(), 30000); return body.read(); },
    };
    return await collect(watched, atMost, path);
  } catch (error) {
    if (error instanceof Refusal || error instanceof Unreached) throw error;
    throw new Unreached(`${path} could not be fetched: the connection failed, or the web server sent the browser elsewhere`);
  } finally { clearTimeout(timer); }
}

const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

function bytesOfHex(hex) {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; ++i) bytes[i] = parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

// null: not checked.
async function sha256(bytes) {
  if (!checking) return null;
  return hexOf(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

async function requireDigest(bytes, digest, name) {
  const hex = await sha256(bytes);
  if (hex !== null && "sha256:" + hex !== digest) refuse(`${name} has other bytes than those that were signed`);
}

// RFC 4648 with padding, in its one form. null: it is not that.
function bytesOfBase64(text) {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return null;
  const raw = atob(text);
  if (btoa(raw) !== text) return null;
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; ++i) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const utf8Encoder = new TextEncoder();
const byteLength = (text) => (/^[\0-\x7f]*$/.test(text) ? text.length : utf8Encoder.encode(text).length);

function textOf(bytes, name) {
  let text;
  try { text = utf8.decode(bytes); } catch { refuse(`${name} is not valid UTF-8`); }
  if (text.startsWith("\uFEFF")) refuse(`${name} starts with a byte order mark`);
  return text;
}

// What `open` makes of a file. If it does not fit, the file is fetched once more, past the browser's cache: that may hold what a portal
// or a broken server once sent.
async function anew(path, atMost, open) {
  try {
    return await open(await fetchBytes(path, atMost, "default"));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return open(await fetchBytes(path, atMost, "reload"));
  }
}

// A file named by the digest of its stored bytes. `piece.plain`: the length of what is in it, if it is stored as gzip.
async function fetchPiece(piece, name) {
  const bytes = await anew("c/" + piece.digest.slice("sha256:".length), piece.length, async (bytes) => {
    if (bytes.byteLength !== piece.length) refuse(`${name} has ${bytes.byteLength} bytes, not ${piece.length}`);
    await requireDigest(bytes, piece.digest, name);
    return bytes;
  });
  return piece.plain === undefined ? bytes : gunzip(bytes, piece.plain, name);
}

async function gunzip(bytes, plain, name) {
  let opened;
  try {
    opened = await collect(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")).getReader(), plain, name);
  } catch (error) {
    refuse(error instanceof Refusal ? error.message : `${name} is no whole gzip file`);
  }
  if (opened.byteLength !== plain) refuse(`${name} opens to ${opened.byteLength} bytes, not ${plain}`);
  return opened;
}
