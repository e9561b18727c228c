// The values that plans are made of, with sensible defaults, for case files and properties.
#pragma once

#include <algorithm>
#include <string>
#include <tuple>

#include "reconciler/io/hash.hpp"
#include "reconciler/plan/observed.hpp"
#include "state/snapshot.hpp"
#include "tests/support/plan_case.hpp"

namespace ingot::testing_support {

/// The digest that a word stands for.
inline Digest bits(const std::string& word) { return io::sha256("bits " + word); }

inline Packed packed_of(const Digest& digest, std::uint64_t length) {
  return {.file = {.digest = io::sha256("packed " + digest.hex()), .length = length}, .segments = 1, .table = {}};
}

inline plan::SeenHead head_of(const std::string& card, Serial serial) {
  const std::string text = card + " " + std::to_string(serial);
  return {.id = case_server(card),
          .own_name = ServerName::of(card),
          .epoch = 1,
          .serial = serial,
          .digest = io::sha256("head " + text),
          .index = io::sha256("index " + text),
          .issued = case_now() - Seconds(3600),
          .expires = case_now() + Seconds(86'400),
          .url = "https://" + card + ".example/"};
}

inline state::Registration registration(const std::string& name, const std::string& card, Serial serial) {
  return {.name = ServerName::of(name),
          .own_name = ServerName::of(card),
          .id = case_server(card),
          .urls = {"https://" + card + ".example/"},
          .serial = serial,
          .head = {},
          .registered = case_now() - Seconds(86'400),
          .seen = case_now() - Seconds(86'400)};
}

/// A published file image of `origin`.
inline ImageEntry entry(const ServerId& origin, const std::string& name, Serial created) {
  return {.name = ImageName::of(name),
          .identity = {.origin = origin, .name = ImageName::of(name), .created = created},
          .origin_name = ServerName::of("somewhere"),
          .copied_from = {},
          .listed = created,
          .digest = bits(name),
          .size = 1'000'000,
          .kind = ImageKind::file,
          .type = default_type(),
          .version = "",
          .platform = "",
          .description = "",
          .labels = {},
          .states = {{.state = ImageState::published, .since = created}},
          .reason = "",
          .parent = {},
          .packed = packed_of(bits(name), 400'000)};
}

inline state::ImageRow image_row(state::ImageKey key, const std::string& name) {
  return {.key = key,
          .name = ImageName::of(name),
          .copy = false,
          .identity = {},
          .origin_name = ServerName::of("here"),
          .copied_from = {},
          .digest = bits(name),
          .size = 1'000'000,
          .kind = ImageKind::file,
          .type = default_type(),
          .version = "",
          .platform = "",
          .description = "",
          .labels = {},
          .state = ImageState::published,
          .reason = "",
          .withdrawn_by_origin = false,
          .is_private = false,
          .was_public = false,
          .protect = false,
          .managed = false,
          .parent_name = "",
          .parent = {},
          .parent_identity = {},
          .source_stamp = "",
          .unwanted_since = {},
          .rule = "",
          .deleted = false,
          .created = {},
          .papers = {}};
}

/// What the state counts and sorts by itself.
inline void settle_snapshot(state::Snapshot& snapshot) {
  snapshot.images_total = 0;
  for (auto& type : snapshot.types) type.images = 0;
  for (const auto& row : snapshot.images) {
    if (row.deleted) continue;
    ++snapshot.images_total;
    for (auto& type : snapshot.types) type.images += type.name == row.type ? 1U : 0U;
  }
  const auto by_name = [](const auto& one, const auto& other) { return one.name < other.name; };
  std::sort(snapshot.registrations.begin(), snapshot.registrations.end(), by_name);
  std::sort(snapshot.types.begin(), snapshot.types.end(), by_name);
  std::sort(snapshot.series.begin(), snapshot.series.end(), by_name);
  std::sort(snapshot.images.begin(), snapshot.images.end(),
            [](const auto& one, const auto& other) { return std::tie(one.name, one.key) < std::tie(other.name, other.key); });
  std::sort(snapshot.subscriptions.begin(), snapshot.subscriptions.end(), [](const auto& one, const auto& other) {
    return std::tie(one.peer, one.selector) < std::tie(other.peer, other.selector);
  });
}

}  // namespace ingot::testing_support
