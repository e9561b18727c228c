#include "schema/text/strict_json.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <simdjson.h>

#include "schema/text/text.hpp"

namespace ingot {

namespace {

namespace dom = simdjson::dom;

/// The key that lists those which a reader must know.
constexpr std::string_view critical = "critical";

/// Keys of one object up to this many are compared one by one; the writers of this folder never make more.
constexpr std::size_t few_keys = 80;

std::string_view complaint_of(simdjson::error_code error) {
  if (error == simdjson::UTF8_ERROR) return "is not valid UTF-8";
  if (error == simdjson::UNESCAPED_CHARS) return "holds a raw control character";
  if (error == simdjson::NUMBER_ERROR) return "holds a number that is not one from 0 to 2^53-1";
  if (error == simdjson::DEPTH_ERROR) return "is nested too deeply";
  if (error == simdjson::EMPTY) return "is empty";
  return "is not valid JSON";
}

/// A bit for a key, so that most keys are known to be new without comparing.
std::uint64_t bit_of(std::string_view key) {
  if (key.empty()) return 1;
  const auto code = [](char c) { return static_cast<unsigned>(static_cast<unsigned char>(c)); };
  const unsigned mixed = code(key.front()) * 7U + code(key.back()) * 31U + static_cast<unsigned>(key.size()) * 13U;
  return std::uint64_t{1} << (mixed % 64U);
}

std::uint64_t whole_number(dom::element element, std::string_view key) {
  std::uint64_t number = 0;
  if (element.get_uint64().get(number) == simdjson::SUCCESS && number <= largest_serial) return number;
  throw Refusal{fmt::format("{} is not a whole number from 0 to 2^53-1", excerpt(key))};
}

int one_deeper(int depth) {
  if (depth == deepest_json) throw Refusal{fmt::format("is nested deeper than {} levels", deepest_json)};
  return depth + 1;
}

}  // namespace

struct StrictJson::Impl {
  explicit Impl(std::size_t longest_text) : longest(longest_text) {}

  void add(dom::element element, std::string_view key, int depth);
  void add_object(dom::object object, std::uint32_t self, int depth);
  void add_list(dom::array list, int depth);
  void refuse_if_before(std::uint32_t object, std::string_view key) const;
  void refuse_twice(std::uint32_t object);
  void check_text(std::string_view text, std::string_view key, std::string_view what) const;

  std::size_t longest;
  dom::parser parser;
  std::vector<JsonNode> nodes;
  std::vector<std::string_view> sorted_keys;
};

void StrictJson::Impl::check_text(std::string_view text, std::string_view key, std::string_view what) const {
  if (is_text(text, longest)) return;
  throw Refusal{fmt::format("{} {} {}", what, excerpt(key), why_not_a_text(text, longest).value_or(""))};
}

void StrictJson::Impl::add(dom::element element, std::string_view key, int depth) {
  const auto self = static_cast<std::uint32_t>(nodes.size());
  nodes.push_back(JsonNode{.key = key, .text = {}, .number = 0, .end = self + 1, .kind = JsonKind::null});
  JsonNode& node = nodes.back();
  switch (element.type()) {
    case dom::element_type::NULL_VALUE: return;
    case dom::element_type::BOOL:
      node.kind = JsonKind::boolean;
      node.number = element.get_bool().value_unsafe() ? 1 : 0;
      return;
    case dom::element_type::STRING:
      node.kind = JsonKind::text;
      node.text = element.get_string().value_unsafe();
      return check_text(node.text, key, "the text of");
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
    case dom::element_type::DOUBLE:
      node.kind = JsonKind::number;
      node.number = whole_number(element, key);
      return;
    case dom::element_type::OBJECT:
      node.kind = JsonKind::object;
      add_object(element.get_object().value_unsafe(), self, one_deeper(depth));
      break;
    case dom::element_type::ARRAY:
      node.kind = JsonKind::list;
      add_list(element.get_array().value_unsafe(), one_deeper(depth));
      break;
  }
  nodes[self].end = static_cast<std::uint32_t>(nodes.size());
}

void StrictJson::Impl::add_list(dom::array list, int depth) {
  for (const dom::element element : list) add(element, {}, depth);
}

// The library keeps all of several equal keys and finds the first; others find the last. So none may be there.
void StrictJson::Impl::add_object(dom::object object, std::uint32_t self, int depth) {
  std::uint64_t seen = 0;
  std::size_t count = 0;
  for (const dom::key_value_pair field : object) {
    check_text(field.key, field.key, "the key");
    const std::uint64_t bit = bit_of(field.key);
    if ((seen & bit) != 0 && count < few_keys) refuse_if_before(self, field.key);
    seen |= bit;
    ++count;
    if (field.key == critical) nodes[self].number = 1;
    add(field.value, field.key, depth);
  }
  nodes[self].end = static_cast<std::uint32_t>(nodes.size());
  if (count > few_keys) refuse_twice(self);
}

/// Compares with the keys of an object that is still being filled.
void StrictJson::Impl::refuse_if_before(std::uint32_t object, std::string_view key) const {
  for (std::uint32_t i = object + 1; i < nodes.size(); i = nodes[i].end) {
    if (nodes[i].key == key) throw Refusal{fmt::format("{} stands there twice", excerpt(key))};
  }
}

void StrictJson::Impl::refuse_twice(std::uint32_t object) {
  sorted_keys.clear();
  for (std::uint32_t i = object + 1; i < nodes[object].end; i = nodes[i].end) sorted_keys.push_back(nodes[i].key);
  std::sort(sorted_keys.begin(), sorted_keys.end());
  const auto twice = std::adjacent_find(sorted_keys.begin(), sorted_keys.end());
  if (twice != sorted_keys.end()) throw Refusal{fmt::format("{} stands there twice", excerpt(*twice))};
}

StrictJson::StrictJson(std::size_t longest) : impl_(std::make_unique<Impl>(longest)) {}
StrictJson::~StrictJson() = default;

const std::vector<JsonNode>& StrictJson::parse(std::string_view document) {
  if (document.starts_with("\xEF\xBB\xBF")) throw Refusal{"starts with a byte order mark"};
  dom::element whole;
  const simdjson::error_code error = impl_->parser.parse(document.data(), document.size()).get(whole);
  if (error != simdjson::SUCCESS) throw Refusal{std::string(complaint_of(error))};
  impl_->nodes.clear();
  impl_->add(whole, {}, 0);
  return impl_->nodes;
}

JsonObject::JsonObject(const std::vector<JsonNode>& nodes, std::initializer_list<std::string_view> keys)
    : JsonObject(&nodes, 0, nullptr, {}, keys) {}

JsonObject::JsonObject(const std::vector<JsonNode>* nodes, std::uint32_t at, const JsonObject* outer, std::string_view name,
                       std::initializer_list<std::string_view> keys)
    : nodes_(nodes), at_(at), outer_(outer), name_(name), cursor_(at + 1) {
  if (node(at).kind != JsonKind::object) {
    throw Refusal{outer == nullptr ? "is not a JSON object" : fmt::format("\"{}\" is not an object", outer->path(name))};
  }
  if (node(at).number != 0) refuse_unknown_critical(keys);
}

void JsonObject::refuse_unknown_critical(std::initializer_list<std::string_view> keys) const {
  for (const std::uint32_t i : list(critical)) {
    if (node(i).kind != JsonKind::text) refuse(critical, "is not a list of keys");
    if (std::find(keys.begin(), keys.end(), node(i).text) == keys.end()) {
      throw Refusal{
          fmt::format("needs a newer ingot: its key {} must be understood, and this one does not", excerpt(node(i).text))};
    }
  }
}

// Starts at the key found last: it may be asked for again, or the one behind it.
const JsonNode* JsonObject::find(std::string_view key) const {
  const JsonNode* const nodes = nodes_->data();
  const std::uint32_t first = at_ + 1;
  const std::uint32_t end = nodes[at_].end;
  for (std::uint32_t i = cursor_; i < end; i = nodes[i].end) {
    if (nodes[i].key == key) return &nodes[cursor_ = i];
  }
  for (std::uint32_t i = first; i < cursor_; i = nodes[i].end) {
    if (nodes[i].key == key) return &nodes[cursor_ = i];
  }
  return nullptr;
}

const JsonNode& JsonObject::get(std::string_view key, JsonKind kind, std::string_view what) const {
  const JsonNode* found = find(key);
  if (found == nullptr) refuse(key, "is missing");
  if (found->kind != kind) refuse(key, fmt::format("is not {}", what));
  return *found;
}

bool JsonObject::has(std::string_view key) const {
  const JsonNode* found = find(key);
  return found != nullptr && found->kind != JsonKind::null;
}

std::uint64_t JsonObject::number(std::string_view key, std::uint64_t least, std::uint64_t most) const {
  const std::uint64_t number = get(key, JsonKind::number, "a whole number").number;
  if (number < least) refuse(key, fmt::format("is {}, less than {}", number, least));
  if (number > most) refuse(key, fmt::format("is {}, more than {}", number, most));
  return number;
}

bool JsonObject::flag(std::string_view key) const { return get(key, JsonKind::boolean, "true or false").number == 1; }

std::string_view JsonObject::text(std::string_view key) const { return get(key, JsonKind::text, "a text").text; }

std::string_view JsonObject::text_or(std::string_view key, std::string_view otherwise) const {
  const JsonNode* found = find(key);
  if (found == nullptr || found->kind == JsonKind::null) return otherwise;
  if (found->kind != JsonKind::text) refuse(key, "is not a text");
  return found->text;
}

JsonObject JsonObject::object(std::string_view key, std::initializer_list<std::string_view> keys) const {
  return JsonObject(nodes_, index_of(get(key, JsonKind::object, "an object")), this, key, keys);
}

std::vector<std::uint32_t> JsonObject::list(std::string_view key) const {
  const JsonNode& whole = get(key, JsonKind::list, "a list");
  std::vector<std::uint32_t> members;
  for (std::uint32_t i = index_of(whole) + 1; i < whole.end; i = node(i).end) members.push_back(i);
  return members;
}

JsonObject JsonObject::object_in(std::uint32_t index, std::string_view list_key,
                                 std::initializer_list<std::string_view> keys) const {
  return JsonObject(nodes_, index, this, list_key, keys);
}

std::string JsonObject::path(std::string_view key) const {
  return outer_ == nullptr ? std::string(key) : fmt::format("{}.{}", outer_->path(name_), key);
}

void JsonObject::refuse(std::string_view key, std::string_view complaint) const {
  throw Refusal{fmt::format("\"{}\" {}", path(key), complaint)};
}

void JsonObject::require_format(std::string_view word) const {
  const std::string_view format = text("format");
  const std::string ours = fmt::format("{}/1", word);
  if (format == ours) return;
  if (format.starts_with(word) && format.substr(word.size()).starts_with("/")) {
    refuse("format", fmt::format("is {}: that needs a newer ingot (this one reads \"{}\"); upgrade it", excerpt(format), ours));
  }
  refuse("format", fmt::format("is {}, not \"{}\"", excerpt(format), ours));
}

}  // namespace ingot
