// Any bytes as what a peer publishes. The first byte says as what; signed documents are signed here with a test key, so that
// the parser behind the signature is reached. What a reader takes, the writer writes and the reader reads again as the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "reconciler/trust/keys.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/catalog/parse_catalog.hpp"
#include "schema/catalog/root.hpp"
#include "schema/catalog/write_catalog.hpp"
#include "schema/catalog/write_entry.hpp"
#include "schema/text/strict_json.hpp"

namespace {

using namespace ingot;

void require(bool holds) {
  if (!holds) std::abort();
}

/// A reason is a line of printable text.
void check(const Malformed& malformed) {
  require(!malformed.why.empty());
  for (const char c : malformed.why) require(static_cast<unsigned char>(c) >= 0x20U && c != 0x7F);
}

template <class Value, class Write, class Parse>
void read_and_write(std::string_view text, Parse&& parse, Write&& write) {
  const std::variant<Value, Malformed> parsed = parse(text);
  if (const auto* malformed = std::get_if<Malformed>(&parsed)) return check(*malformed);
  require(parse(write(std::get<Value>(parsed))) == parsed);
}

PageVisitor writing_visitor(std::string& written) {
  return {.image = [&](ImageEntry&& entry) { append_line(written, entry); },
          .deleted_image = [&](ImageTombstone&& entry) { append_line(written, entry); },
          .series = [&](SeriesEntry&& entry) { append_line(written, entry); },
          .member = [&](SeriesMember&& entry) { append_line(written, entry); },
          .deleted_series = [&](SeriesTombstone&& entry) { append_line(written, entry); },
          .type = [&](TypeEntry&& entry) { append_line(written, entry); }};
}

/// The name that the page's first entry claims, so that what stands behind is reached.
std::string first_name(std::string_view text) {
  const std::size_t line = text.find('\n');
  const std::size_t quote = line == std::string_view::npos ? line : text.find("\":\"", line);
  if (quote == std::string_view::npos) return "";
  return std::string(text.substr(quote + 3, text.find('"', quote + 3) - quote - 3));
}

void read_page(PageKind kind, std::string_view text) {
  const auto lines = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
  const auto page = [&](std::string_view bytes) {
    return PageRef{.kind = kind,
                   .first = first_name(text),
                   .entries = lines == 0 ? 0 : lines - 1,
                   .piece = {.digest = {}, .length = bytes.size()}};
  };
  std::string written;
  PageReader reader(ServerId{}, 1000, writing_visitor(written));
  if (const auto malformed = reader.read(page(text), text)) return check(*malformed);
  std::string again;
  PageReader second(ServerId{}, 1000, writing_visitor(again));
  const std::string bytes = std::string(text.substr(0, text.find('\n') + 1)) + written;
  require(!second.read(page(bytes), bytes));
  require(again == written);
}

/// Another reader's tree must be the same as ours, wherever ours takes the bytes.
void compare(const std::vector<JsonNode>& nodes, std::uint32_t at, const nlohmann::json& other) {
  const JsonNode& node = nodes[at];
  switch (node.kind) {
    case JsonKind::null: return require(other.is_null());
    case JsonKind::boolean: return require(other.is_boolean() && other.get<bool>() == (node.number == 1));
    case JsonKind::number:
      return require(other.is_number_integer() && other.get<std::int64_t>() == static_cast<std::int64_t>(node.number));
    case JsonKind::text: return require(other.is_string() && other.get_ref<const std::string&>() == node.text);
    case JsonKind::list:
    case JsonKind::object: break;
  }
  const bool object = node.kind == JsonKind::object;
  require(object ? other.is_object() : other.is_array());
  std::size_t count = 0;
  for (std::uint32_t i = at + 1; i < node.end; i = nodes[i].end, ++count) {
    require(object ? other.contains(nodes[i].key) : count < other.size());
    compare(nodes, i, object ? other.at(std::string(nodes[i].key)) : other.at(count));
  }
  require(count == other.size());
}

void compare_readers(std::string_view text) {
  StrictJson reader(longest_text);
  try {
    const auto& nodes = reader.parse(text);
    const auto other = nlohmann::json::parse(text, nullptr, false);
    require(!other.is_discarded());
    compare(nodes, 0, other);
  } catch (const Refusal& refusal) { check(Malformed{refusal.why}); }
}

const trust::PrivateKey& test_key() {
  static const trust::PrivateKey key = trust::PrivateKey::from_pem(
      "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE "
      "KEY-----\n",
      "the test key");
  return key;
}

template <class Value>
void check_verdict(const std::variant<Value, trust::Distrust, trust::NotOurs>& verdict) {
  if (const auto* distrust = std::get_if<trust::Distrust>(&verdict))
    require(distrust->code != Code::none && !distrust->why.empty());
}

void verify_signed(std::string_view type, std::string_view payload) {
  const std::string bytes = write_envelope(trust::sign_envelope(type, std::string(payload), {&test_key()}));
  const Role role{.threshold = 1, .keys = {test_key().public_key()}};
  const Root root{.version = 1, .epoch = 1, .expires = {}, .root = role, .catalog = role, .previous = {}};
  check_verdict(trust::verify_head(bytes, ServerId{}, root));
  check_verdict(trust::verify_first_root(bytes, trust::id_of_root(payload)));
  check_verdict(trust::verify_next_root(bytes, trust::TrustedRoot{root, {}}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return -1;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'h': read_and_write<Head>(text, parse_head, write_head); return 0;
    case 'r': read_and_write<Root>(text, parse_root, write_root); return 0;
    case 'i': read_and_write<Index>(text, parse_index, write_index); return 0;
    case 'e': read_and_write<Envelope>(text, parse_envelope, write_envelope); return 0;
    case 'g':
      read_and_write<SegmentTable>(
          text, [](std::string_view bytes) { return parse_segment_table(bytes); }, write_segment_table);
      return 0;
    case 'S': read_and_write<Stated>(text, parse_stated, write_stated); return 0;
    case 'j': compare_readers(text); return 0;
    case 'p': read_page(PageKind::images, text); return 0;
    case 's': read_page(PageKind::series, text); return 0;
    case 't': read_page(PageKind::types, text); return 0;
    case 'H': verify_signed(head_payload_type, text); return 0;
    case 'R': verify_signed(root_payload_type, text); return 0;
    case 'v': {
      const Role role{.threshold = 1, .keys = {test_key().public_key()}};
      const Root root{.version = 1, .epoch = 1, .expires = {}, .root = role, .catalog = role, .previous = {}};
      check_verdict(trust::verify_head(text, ServerId{}, root));
      return 0;
    }
    default: return -1;  // not worth keeping
  }
}
