
// ---- 20-strict-json: JSON as published-tree.md wants it. Objects have no prototype, so that no key means anything. ----

const PLAIN_TEXT = /[^"\\\u0000-\u001f\u007f-\u009f]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)/y;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
const ESCAPES = Object.freeze({ '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" });
const LITERALS = Object.freeze([["true", true], ["false", false], ["null", null]]);

class StrictJson {
  constructor(text, longest) {
    this.text = text;
    this.at = 0;
    this.longest = longest;
  }

  whole() {
    const value = this.value(0);
    this.skip();
    if (this.at !== this.text.length) refuse("is not valid JSON");
    return value;
  }

  skip() {
    for (;; ++this.at) {
      const c = this.text.charCodeAt(this.at);
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
    }
  }

  // Whether the next character, but for blanks, is this one; it is then behind us.
  takes(code) {
    this.skip();
    if (this.text.charCodeAt(this.at) !== code) return false;
    ++this.at;
    return true;
  }

  value(depth) {
    this.skip();
    const c = this.text.charCodeAt(this.at);
    if (c === 0x22) return this.string();
    if (c === 0x7b) return this.object(depth + 1);
    if (c === 0x5b) return this.list(depth + 1);
    if (c === 0x2d || (c >= 0x30 && c <= 0x39)) return this.number();
    for (const [word, value] of LITERALS) {
      if (this.text.startsWith(word, this.at)) { this.at += word.length; return value; }
    }
    return refuse("is not valid JSON");
  }

  object(depth) {
    if (depth > LIMITS.depth) refuse("is nested too deeply");
    ++this.at;
    const object = Object.create(null);
    if (this.takes(0x7d)) return object;
    do {
      this.skip();
      if (this.text.charCodeAt(this.at) !== 0x22) refuse("is not valid JSON");
      const key = this.string();
      if (key in object) refuse("holds a key twice");
      if (!this.takes(0x3a)) refuse("is not valid JSON");
      object[key] = this.value(depth);
    } while (this.takes(0x2c));
    if (!this.takes(0x7d)) refuse("is not valid JSON");
    return object;
  }

  list(depth) {
    if (depth > LIMITS.depth) refuse("is nested too deeply");
    ++this.at;
    const list = [];
    if (this.takes(0x5d)) return list;
    do list.push(this.value(depth)); while (this.takes(0x2c));
    if (!this.takes(0x5d)) refuse("is not valid JSON");
    return list;
  }

  number() {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text);
    const number = found ? Number(found[0]) : NaN;
    if (found) this.at += found[0].length;
    const next = this.text.charAt(this.at);
    const whole = Number.isSafeInteger(number) && number >= 0 && !/[.eE0-9]/.test(next);
    if (!whole) refuse("holds a number that is not one from 0 to 2^53-1");
    return number + 0;  // -0 is 0
  }

  string() {
    const begin = ++this.at;
    let text = this.plain();
    while (this.text.charCodeAt(this.at) === 0x5c) text += this.escape() + this.plain();
    if (this.text.charCodeAt(this.at) !== 0x22) refuse("holds a raw control character, or ends within a text");
    ++this.at;
    if (this.at - 1 - begin !== text.length && (LONE_SURROGATE.test(text) || CONTROL.test(text))) refuse("holds a control character, or half of a surrogate pair");
    if (text.length * 3 > this.longest && byteLength(text) > this.longest) refuse(`holds a text of more than ${this.longest} bytes`);
    return text;
  }

  plain() {
    PLAIN_TEXT.lastIndex = this.at;
    const text = PLAIN_TEXT.exec(this.text)[0];
    this.at += text.length;
    return text;
  }

  escape() {
    const c = this.text.charAt(this.at + 1);
    if (c === "u") {
      const hex = this.text.slice(this.at + 2, this.at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) refuse("is not valid JSON");
      this.at += 6;
      return String.fromCharCode(parseInt(hex, 16));
    }
    if (c === "" || !Object.hasOwn(ESCAPES, c)) refuse("is not valid JSON");
    this.at += 2;
    return ESCAPES[c];
  }
}

const parseJson = (text, longest = LIMITS.text) => new StrictJson(text, longest).whole();

// Each line is a document and ends with a newline; none is empty.
function linesOf(text) {
  if (!text.endsWith("\n")) refuse("does not end with a newline");
  const lines = text.split("\n");
  lines.pop();
  if (lines.includes("")) refuse("has an empty line");
  return lines;
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const SERVER_NAME = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,127}$/;
const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/;

// The keys of one object, each asked for with its type and bounds.
class Fields {
  constructor(value, known, path = "") {
    this.path = path;
    if (!isObject(value)) refuse(path ? `"${path}" is not an object` : "is not a JSON object");
    this.value = value;
    if (value.critical === undefined) return;
    for (const key of this.list("critical")) {
      if (typeof key !== "string") this.refuse("critical", "is not a list of keys");
      if (!known.includes(key)) refuse("needs a newer ingot: it has a key that must be understood, and this page does not");
    }
  }

  refuse(key, why) { refuse(`"${this.path ? this.path + "." : ""}${key}" ${why}`); }
  has(key) { return this.value[key] !== undefined && this.value[key] !== null; }

  get(key, fits, what) {
    const value = this.value[key];
    if (value === undefined) this.refuse(key, "is missing");
    if (!fits(value)) this.refuse(key, `is not ${what}`);
    return value;
  }

  text(key) { return this.get(key, (value) => typeof value === "string", "a text"); }
  textOr(key, otherwise) { return this.has(key) ? this.text(key) : otherwise; }
  list(key) { return this.get(key, Array.isArray, "a list"); }
  object(key, known) { return new Fields(this.get(key, isObject, "an object"), known, this.path ? `${this.path}.${key}` : key); }

  number(key, least = 0, most = Number.MAX_SAFE_INTEGER) {
    const number = this.get(key, (value) => typeof value === "number", "a whole number");
    if (number < least || number > most) this.refuse(key, `is ${number}, not from ${least} to ${most}`);
    return number;
  }

  like(key, pattern, what) {
    const text = this.text(key);
    if (!pattern.test(text)) this.refuse(key, `is not ${what}`);
    return text;
  }

  digest(key) { return this.like(key, DIGEST, 'sha256: and 64 of 0-9a-f'); }
  name(key) { return this.like(key, NAME, "a name"); }
  serverName(key) { return this.like(key, SERVER_NAME, "the name of a server"); }
  piece(most) { return { digest: this.digest("digest"), length: this.number("length", 1, most) }; }

  // In milliseconds.
  time(key) {
    const text = this.like(key, TIME, "a time like 2026-11-23T02:00:00Z");
    const time = Date.parse(text);
    if (Number.isNaN(time) || time < 0 || new Date(time).toISOString() !== text.replace("Z", ".000Z")) this.refuse(key, "is no time");
    return time;
  }

  identity(key) {
    const identity = this.object(key, ["origin", "name", "created"]);
    return { origin: identity.digest("origin"), name: identity.name("name"), created: identity.number("created", 1) };
  }

  requireFormat(word) {
    const format = this.text("format");
    if (format === word + "/1") return;
    this.refuse("format", format.startsWith(word + "/") ? "is of a newer ingot than this page" : `is not ${word}/1`);
  }
}
