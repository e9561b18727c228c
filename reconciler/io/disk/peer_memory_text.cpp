#include "reconciler/io/disk/peer_memory_text.hpp"

#include <charconv>
#include <initializer_list>
#include <utility>

#include "reconciler/io/printable.hpp"
#include "schema/text/json_text.hpp"
#include "schema/text/strict_json.hpp"

namespace ingot::io {

namespace {

constexpr std::string_view head_format = "ingot.cached-head/1";
constexpr std::string_view settled_format = "ingot.settled/1";
constexpr std::string_view floor_format = "ingot.floor/1";

/// One line, begun with its format.
class LineWriter {
 public:
  explicit LineWriter(std::string_view format) { member("format", format); }

  LineWriter& member(std::string_view key, std::string_view text) {
    begin(key);
    append_text(line_, text);
    return *this;
  }
  LineWriter& member(std::string_view key, std::uint64_t number) {
    begin(key);
    append_number(line_, number);
    return *this;
  }
  /// A value that is JSON already.
  LineWriter& raw(std::string_view key, std::string_view json) {
    begin(key);
    line_ += json;
    return *this;
  }
  std::string line() const { return line_ + "}\n"; }

 private:
  void begin(std::string_view key) {
    line_ += line_.empty() ? '{' : ',';
    append_text(line_, key);
    line_ += ':';
  }

  std::string line_;
};

/// What the first line says, by `read`, and what follows it. Whatever is missing or of another type makes the whole nothing.
template <class Read>
auto read_line(std::string_view text, std::string_view format, std::initializer_list<std::string_view> keys, Read read)
    -> std::optional<decltype(read(std::declval<const JsonObject&>(), std::string()))> {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  try {
    StrictJson json(largest_mark);  // a text may fill the file
    const JsonObject object(json.parse(text.substr(0, end)), keys);
    if (object.text("format") != format) return std::nullopt;
    return read(object, std::string(text.substr(end + 1)));
  } catch (const Refusal&) { return std::nullopt; }
}

Digest digest_in(const JsonObject& object, std::string_view key) {
  const auto digest = Digest::parse(object.text(key));
  if (!digest) object.refuse(key, "is not a digest");
  return *digest;
}

Time time_in(const JsonObject& object, std::string_view key) {
  const auto time = parse_time(object.text(key));
  if (!time) object.refuse(key, "is not a time");
  return *time;
}

std::string notes_json(const std::vector<Note>& notes) {
  std::string json = "[";
  for (const auto& note : notes) {
    json += json.size() == 1 ? "{\"code\":" : ",{\"code\":";
    append_text(json, text_of(note.code));
    json += ",\"address\":";
    append_text(json, printable(note.address));
    json += ",\"text\":";
    append_text(json, printable(note.text));  // as it is shown: the reader takes no control characters
    json += '}';
  }
  return json + "]";
}

Note note_in(const JsonObject& note) {
  const auto code = parse_code(note.text("code"));
  if (!code) note.refuse("code", "is no code");
  return {.code = *code, .address = std::string(note.text("address")), .text = std::string(note.text("text"))};
}

}  // namespace

std::string write_cached_head(const CachedHead& head) {
  return LineWriter(head_format)
             .member("url", head.url)
             .member("fetched", time_text(head.fetched))
             .member("length", head.bytes.size())
             .line() +
         head.bytes;
}

std::optional<CachedHead> parse_cached_head(std::string_view text) {
  return read_line(text, head_format, {"format", "url", "fetched", "length"}, [](const JsonObject& line, std::string rest) {
    if (line.number("length") != rest.size()) line.refuse("length", "is not the length of what follows: it was cut");
    return CachedHead{std::move(rest), std::string(line.text("url")), time_in(line, "fetched")};
  });
}

std::string write_settled(const SettledMark& mark) {
  LineWriter line(settled_format);
  line.member("fingerprint", mark.fingerprint.text());
  if (mark.until)
    line.member("until", time_text(*mark.until));
  else
    line.raw("until", "null");
  return line.raw("notes", notes_json(mark.notes)).line();
}

std::optional<SettledMark> parse_settled(std::string_view text) {
  return read_line(text, settled_format, {"format", "fingerprint", "until", "notes"},
                   [](const JsonObject& line, const std::string& rest) {
                     if (!rest.empty()) line.refuse("format", "is followed by more");
                     SettledMark mark{digest_in(line, "fingerprint"), std::nullopt, {}};
                     if (line.has("until")) mark.until = time_in(line, "until");
                     for (const std::uint32_t index : line.list("notes"))
                       mark.notes.push_back(note_in(line.object_in(index, "notes", {"code", "address", "text"})));
                     return mark;
                   });
}

std::string write_floor(const FloorRecord& record) {
  const Floor& floor = record.floor;
  return LineWriter(floor_format)
             .member("id", floor.id.text())
             .member("epoch", floor.epoch)
             .member("serial", floor.serial)
             .member("head", floor.head.text())
             .member("root_version", floor.root_version)
             .member("issued", time_text(floor.issued))
             .line() +
         record.head_envelope;
}

std::optional<FloorRecord> parse_floor(std::string_view text) {
  return read_line(text, floor_format, {"format", "id", "epoch", "serial", "head", "root_version", "issued"},
                   [](const JsonObject& line, std::string rest) {
                     return FloorRecord{{ServerId{digest_in(line, "id")}, line.number("epoch"), line.number("serial"),
                                         digest_in(line, "head"), line.number("root_version"), time_in(line, "issued")},
                                        std::move(rest)};
                   });
}

std::string write_evidence(const std::vector<std::string>& heads) {
  std::string text;
  for (const std::string& head : heads) text += std::to_string(head.size()) + "\n" + head;
  return text;
}

std::vector<std::string> parse_evidence(std::string_view text) {
  std::vector<std::string> heads;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    std::size_t length = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + end, length);
    if (error != std::errc() || stop != text.data() + end || length > text.size() - end - 1) break;
    heads.emplace_back(text.substr(end + 1, length));
    text.remove_prefix(end + 1 + length);
  }
  return heads;
}

}  // namespace ingot::io
