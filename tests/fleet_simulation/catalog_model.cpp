#include "tests/fleet_simulation/catalog_model.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/trust/keys.hpp"
#include "schema/catalog/page_kind.hpp"
#include "schema/catalog/root.hpp"
#include "schema/catalog/write_catalog.hpp"
#include "schema/catalog/write_entry.hpp"
#include "tests/fleet_simulation/fleet.hpp"

namespace ingot::fleet_simulation {

namespace {

/// As in schema/catalog/write_page.
constexpr std::uint8_t ends_below = 2;
constexpr std::uint64_t longest_page = 4 * 1024 * 1024;

template <class Entry>
std::string text_of_line(const Entry& entry) {
  std::string text;
  append_line(text, entry);
  return text;
}

std::uint64_t page_header(PageKind kind) {
  return fmt::formatted_size("{{\"format\":\"ingot.page/1\",\"kind\":\"{}\"}}\n", ingot::text_of(kind));
}

std::uint64_t continues(const std::string& name) { return fmt::formatted_size(",\"continues\":\"{}\"", name); }

/// One signature is as long as any other.
std::uint64_t envelope_bytes(const Head& head) {
  static const trust::PrivateKey key = trust::PrivateKey::generate();
  return write_envelope(trust::sign_envelope(head_payload_type, write_head(head), {&key})).size();
}

}  // namespace

CatalogModel::CatalogModel(ServerId id, ServerName name, std::size_t series) : id_(id), name_(std::move(name)), series_(series) {}

CatalogModel::Line CatalogModel::line_of(const std::string& key, const std::string& text) const {
  return {.content = std::hash<std::string>{}(text),
          .length = static_cast<std::uint32_t>(text.size()),
          .ends_page = io::sha256(key).bytes[0] < ends_below};
}

std::size_t CatalogModel::add(const ImageEntry& image, const SeriesName& series_name, std::size_t series) {
  Series& into = series_[series];
  const Serial serial = next_serial();
  const std::string& name = image.name.text();
  if (into.members.empty()) {
    into.name = series_name.text();
    into.line = line_of(fmt::format("series {} {}", into.name, serial),
                        text_of_line(SeriesEntry{.name = series_name, .created = serial, .members = {}}));
  }
  const Line member = line_of(fmt::format("member {} {} {}", id_.root.hex(), name, serial),
                              text_of_line(SeriesMember{.image = image.identity, .added = serial}));
  const Line line = line_of(fmt::format("image {} {}", name, serial), text_of_line(image));
  into.members.push_back({.name = name, .image = line, .member = member});
  has_changes_ = true;
  return into.members.size() - 1;
}

void CatalogModel::change(const ImageEntry& image, std::size_t series, std::size_t place) {
  Line& line = series_[series].members[place].image;
  const bool ends_page = line.ends_page;  // by its key, which stays
  line = line_of("", text_of_line(image));
  line.ends_page = ends_page;
  has_changes_ = true;
}

/// The page that is complete.
void CatalogModel::keep(PageKind kind, Page& page, Serial serial) {
  if (page.entries == 0) return;
  const auto known = current_.find(page.content);
  if (known != current_.end()) {
    kept_.insert(*known);
  } else {
    const Index one{
        .pages = {{.kind = kind, .first = page.first, .entries = page.entries, .piece = {.digest = {}, .length = page.length}}}};
    const std::uint64_t index_line = write_index(one).size() - write_index(Index{}).size();
    kept_.emplace(page.content, versions_.size());
    versions_.push_back({.created = serial, .removed = 0, .length = page.length, .index_line = index_line});
    ever_ += {.requests = 1, .bytes = page.length};
  }
  page = {};
}

void CatalogModel::cut_pages(Serial serial) {
  kept_.clear();
  Page page;
  PageKind kind = PageKind::images;
  const auto add = [&](const Line& line, const std::string& first, bool is_member) {
    if (page.entries == most_page_entries || (page.entries > 0 && page.length + line.length > longest_page))
      keep(kind, page, serial);
    if (page.entries == 0) {
      page.first = first;
      page.length = page_header(kind) + (is_member ? continues(first) : 0);
      page.content = static_cast<std::uint64_t>(kind);
    }
    page.content = page.content * 0x9E3779B97F4A7C15ULL + line.content;
    page.length += line.length;
    ++page.entries;
    if (line.ends_page) keep(kind, page, serial);
  };
  for (const Series& series : series_) {
    for (const Member& member : series.members) add(member.image, member.name, false);
  }
  keep(kind, page, serial);
  kind = PageKind::series;
  for (const Series& series : series_) {
    if (series.members.empty()) continue;
    add(series.line, series.name, false);
    for (const Member& member : series.members) add(member.member, series.name, true);
  }
  keep(kind, page, serial);
  for (const auto& [content, place] : current_) {
    if (!kept_.contains(content)) versions_[place].removed = serial;
  }
  current_.swap(kept_);
}

Serial CatalogModel::publish(Time now) {
  const Serial serial = next_serial();
  HeadRow row{.issued = now, .bytes = 0, .index_bytes = 0, .index_since = serial};
  if (has_changes_) {
    cut_pages(serial);
    whole_ = {};
    row.index_bytes = fmt::formatted_size("{{\"format\":\"ingot.index/1\",\"pages\":{}}}\n", current_.size());
    for (const auto& [content, place] : current_) {
      row.index_bytes += versions_[place].index_line;
      whole_ += {.requests = 1, .bytes = versions_[place].length};
    }
    whole_ += {.requests = 1, .bytes = row.index_bytes};
    ever_ += {.requests = 1, .bytes = row.index_bytes};
    has_changes_ = false;
  } else {
    row.index_bytes = heads_.back().index_bytes;
    row.index_since = heads_.back().index_since;
  }
  const Head head{.id = id_,
                  .name = name_,
                  .serial = serial,
                  .issued = now,
                  .expires = now + Seconds(head_life),
                  .index = {.digest = {}, .length = row.index_bytes},
                  .previous = heads_.empty() ? std::nullopt : std::optional(Digest{})};
  row.bytes = envelope_bytes(head);
  heads_.push_back(row);
  return serial;
}

bool CatalogModel::same_index(Serial one, Serial other) const {
  return one != 0 && other != 0 && heads_[one - 1].index_since == heads_[other - 1].index_since;
}

void CatalogModel::each_new_piece(Serial from, Serial to, const std::function<bool(std::uint64_t, std::uint64_t)>& visit) const {
  if (from >= to || same_index(from, to)) return;
  if (!visit(2 * heads_[to - 1].index_since, index_bytes(to))) return;
  auto version = std::upper_bound(versions_.begin(), versions_.end(), from,
                                  [](Serial serial, const PageVersion& one) { return serial < one.created; });
  for (; version != versions_.end() && version->created <= to; ++version) {
    if (version->removed != 0 && version->removed <= to) continue;
    if (!visit(2 * static_cast<std::uint64_t>(version - versions_.begin()) + 1, version->length)) return;
  }
}

Fetch CatalogModel::news(Serial from, Serial to) {
  const auto known = news_.find({from, to});
  if (known != news_.end()) return known->second;
  Fetch fetch;
  each_new_piece(from, to, [&](std::uint64_t, std::uint64_t bytes) {
    fetch += {.requests = 1, .bytes = bytes};
    return true;
  });
  news_.emplace(std::pair(from, to), fetch);
  return fetch;
}

}  // namespace ingot::fleet_simulation
