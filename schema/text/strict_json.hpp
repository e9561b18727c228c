// Strict JSON from outside, as plain values: valid UTF-8, no BOM, no key twice in an object, whole numbers from 0 to
// 2^53-1 only, at most 16 levels, short texts without control characters. The only face of the JSON library to the readers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schema/catalog/serial.hpp"

namespace ingot {

/// Thrown by readers at the first fault; never leaves them (they give a value that says why).
struct Refusal {
  std::string why;
};

enum class JsonKind : std::uint8_t { null, boolean, number, text, list, object };

/// One value of a document. The nodes of a document stand in one row: a list or an object is followed by what it holds.
struct JsonNode {
  std::string_view key;      ///< in an object
  std::string_view text;     ///< if kind is text
  std::uint64_t number = 0;  ///< of a number; 1 for true and for an object that has the key "critical"
  std::uint32_t end = 0;     ///< index behind this node and all that it holds
  JsonKind kind = JsonKind::null;
};

/// The deepest nesting of lists and objects.
inline constexpr int deepest_json = 16;

/// Parses documents one after the other; memory is used again.
class StrictJson {
 public:
  /// Texts (and keys) longer than `longest` bytes are refused.
  explicit StrictJson(std::size_t longest);
  ~StrictJson();

  /// The document's nodes, the whole value first; valid until the next call. Throws Refusal.
  const std::vector<JsonNode>& parse(std::string_view document);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// An object of a document, read by key. Every question throws Refusal with the key's path if the answer is no.
class JsonObject {
 public:
  /// `keys` are those that the reader knows: others are ignored, unless the object's "critical" names one.
  JsonObject(const std::vector<JsonNode>& nodes, std::initializer_list<std::string_view> keys);

  bool has(std::string_view key) const;  ///< there, and not null
  std::uint64_t number(std::string_view key, std::uint64_t least = 0, std::uint64_t most = largest_serial) const;
  bool flag(std::string_view key) const;
  std::string_view text(std::string_view key) const;
  std::string_view text_or(std::string_view key, std::string_view otherwise) const;
  JsonObject object(std::string_view key, std::initializer_list<std::string_view> keys) const;
  /// The nodes of a list, only the direct ones; objects among them by `object_in`.
  std::vector<std::uint32_t> list(std::string_view key) const;
  const JsonNode& node(std::uint32_t index) const { return (*nodes_)[index]; }
  JsonObject object_in(std::uint32_t index, std::string_view list_key, std::initializer_list<std::string_view> keys) const;
  /// Calls `take(key, text)` for each member of an object of texts, in its order.
  template <class Take>
  void texts_of(std::string_view key, Take&& take) const;

  /// The complaint about a key: `"packed.length" is 9, more than 8`.
  [[noreturn]] void refuse(std::string_view key, std::string_view complaint) const;
  /// Throws unless "format" is `word` + "/1"; another number is said to need a newer ingot.
  void require_format(std::string_view word) const;

 private:
  JsonObject(const std::vector<JsonNode>* nodes, std::uint32_t at, const JsonObject* outer, std::string_view name,
             std::initializer_list<std::string_view> keys);
  const JsonNode* find(std::string_view key) const;
  const JsonNode& get(std::string_view key, JsonKind kind, std::string_view what) const;
  std::uint32_t index_of(const JsonNode& node) const { return static_cast<std::uint32_t>(&node - nodes_->data()); }
  void refuse_unknown_critical(std::initializer_list<std::string_view> keys) const;
  std::string path(std::string_view key) const;

  const std::vector<JsonNode>* nodes_;
  std::uint32_t at_;
  const JsonObject* outer_ = nullptr;  ///< for paths; an inner object is read while the outer one is
  std::string_view name_;
  mutable std::uint32_t cursor_;  ///< the key found last: keys mostly come in the order they are asked for
};

template <class Take>
void JsonObject::texts_of(std::string_view key, Take&& take) const {
  const JsonNode& inner = get(key, JsonKind::object, "an object of texts");
  for (std::uint32_t i = index_of(inner) + 1; i < inner.end; i = node(i).end) {
    if (node(i).kind != JsonKind::text) refuse(key, "holds something that is not a text");
    take(node(i).key, node(i).text);
  }
}

}  // namespace ingot
