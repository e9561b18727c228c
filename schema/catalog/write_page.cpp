// Cuts entries into pages. Where a page ends is decided by the entries themselves, so that a change moves no page but its own.
#include <algorithm>
#include <stdexcept>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "schema/catalog/catalog_weight.hpp"
#include "schema/catalog/page_kind.hpp"
#include "schema/catalog/write_catalog.hpp"
#include "schema/catalog/write_entry.hpp"

namespace ingot {

namespace {

/// One entry in 128 ends a page.
constexpr std::uint8_t ends_below = 2;
constexpr std::size_t longest_page = 4 * 1024 * 1024;

struct Line {
  std::string key;  ///< decides whether the page ends behind it
  std::string text;
};

/// An entry of the catalog with all its lines, waiting for others of its name.
struct Waiting {
  PageKind kind = PageKind::images;
  std::string name;
  Serial serial = 0;
  bool live = false;
  std::vector<Line> lines;
  auto place() const { return std::tie(kind, name, serial, live); }
};

template <class Entry>
std::string line_of(const Entry& entry) {
  std::string text;
  append_line(text, entry);
  return text;
}

}  // namespace

struct PageWriter::Impl {
  std::function<Digest(std::string_view)> digest;
  std::function<void(const PageRef&, const std::string&)> emit;
  std::vector<Waiting> waiting;  ///< all of one kind and name
  PageRef page;                  ///< being filled, if entries > 0
  std::string bytes;
  Index index;
  std::uint64_t weight = 0;  ///< of all entries so far

  void add(Waiting entry);
  void flush();
  void append(const Waiting& entry, std::size_t line);
  void begin_page(const Waiting& entry, std::size_t line);
  void end_page();
};

void PageWriter::Impl::add(Waiting entry) {
  if (!waiting.empty()) {
    const Waiting& before = waiting.back();
    if (std::tie(entry.kind, entry.name) < std::tie(before.kind, before.name)) {
      throw std::logic_error(fmt::format("catalog entry \"{}\" comes out of order", entry.name));
    }
    if (entry.kind != before.kind || entry.name != before.name) flush();
  }
  waiting.push_back(std::move(entry));
}

/// Writes the entries of one name in their order.
void PageWriter::Impl::flush() {
  const auto by_place = [](const Waiting& one, const Waiting& other) { return one.place() < other.place(); };
  std::sort(waiting.begin(), waiting.end(), by_place);
  const auto same_place = [](const Waiting& one, const Waiting& other) { return one.place() == other.place(); };
  const bool twice = std::adjacent_find(waiting.begin(), waiting.end(), same_place) != waiting.end();
  const auto alive = std::count_if(waiting.begin(), waiting.end(), [](const Waiting& entry) { return entry.live; });
  if (twice || alive > 1) throw std::logic_error(fmt::format("catalog entry \"{}\" is there twice", waiting.back().name));
  for (const Waiting& entry : waiting) {
    for (std::size_t line = 0; line < entry.lines.size(); ++line) append(entry, line);
  }
  waiting.clear();
}

void PageWriter::Impl::append(const Waiting& entry, std::size_t line) {
  const Line& added = entry.lines[line];
  const bool full = page.entries == most_page_entries || bytes.size() + added.text.size() > longest_page;
  if (page.entries > 0 && (full || page.kind != entry.kind)) end_page();
  if (page.entries == 0) begin_page(entry, line);
  bytes += added.text;
  ++page.entries;
  if (digest(added.key).bytes[0] < ends_below) end_page();
}

void PageWriter::Impl::begin_page(const Waiting& entry, std::size_t line) {
  page = PageRef{.kind = entry.kind, .first = entry.name, .entries = 0, .piece = {}};
  bytes = fmt::format("{{\"format\":\"ingot.page/1\",\"kind\":\"{}\"", text_of(entry.kind));
  if (line > 0) bytes += fmt::format(",\"continues\":\"{}\"", entry.name);
  bytes += "}\n";
}

void PageWriter::Impl::end_page() {
  page.piece = Piece{.digest = digest(bytes), .length = bytes.size()};
  emit(page, bytes);
  index.pages.push_back(page);
  page.entries = 0;
}

PageWriter::PageWriter(std::function<Digest(std::string_view)> digest,
                       std::function<void(const PageRef&, const std::string& bytes)> emit)
    : impl_(new Impl{.digest = std::move(digest),
                     .emit = std::move(emit),
                     .waiting = {},
                     .page = {},
                     .bytes = {},
                     .index = {},
                     .weight = 0}) {}
PageWriter::~PageWriter() = default;

void PageWriter::add(const ImageEntry& image) {
  impl_->weight += weight_of(image);
  impl_->add({.kind = PageKind::images,
              .name = image.name.text(),
              .serial = image.listed,
              .live = true,
              .lines = {{.key = fmt::format("image {} {}", image.name.text(), image.listed), .text = line_of(image)}}});
}

// The key is the one that the image had while it lived: deleting it moves no page.
void PageWriter::add(const ImageTombstone& tombstone) {
  impl_->weight += weight_of(tombstone);
  const ImageIdentity& identity = tombstone.identity;
  impl_->add(
      {.kind = PageKind::images,
       .name = identity.name.text(),
       .serial = identity.created,
       .live = false,
       .lines = {{.key = fmt::format("image {} {}", identity.name.text(), identity.created), .text = line_of(tombstone)}}});
}

void PageWriter::add(const SeriesEntry& series) {
  impl_->weight += weight_of(series);
  Waiting entry{.kind = PageKind::series,
                .name = series.name.text(),
                .serial = series.created,
                .live = true,
                .lines = {{.key = fmt::format("series {} {}", series.name.text(), series.created), .text = line_of(series)}}};
  std::unordered_set<ImageIdentity> images;
  for (const SeriesMember& member : series.members) {
    const ImageIdentity& image = member.image;
    if (!images.insert(image).second) {
      throw std::logic_error(fmt::format("image \"{}\" is in series \"{}\" twice", image.name.text(), series.name.text()));
    }
    entry.lines.push_back({.key = fmt::format("member {} {} {}", image.origin.root.hex(), image.name.text(), image.created),
                           .text = line_of(member)});
  }
  impl_->add(std::move(entry));
}

void PageWriter::add(const SeriesTombstone& tombstone) {
  impl_->weight += weight_of(tombstone);
  impl_->add(
      {.kind = PageKind::series,
       .name = tombstone.name.text(),
       .serial = tombstone.created,
       .live = false,
       .lines = {{.key = fmt::format("series {} {}", tombstone.name.text(), tombstone.created), .text = line_of(tombstone)}}});
}

void PageWriter::add(const TypeEntry& type) {
  impl_->weight += weight_of(type);
  impl_->add({.kind = PageKind::types,
              .name = type.name.text(),
              .serial = 0,
              .live = true,
              .lines = {{.key = fmt::format("imagetype {}", type.name.text()), .text = line_of(type)}}});
}

Index PageWriter::finish() {
  if (!impl_->waiting.empty()) impl_->flush();
  if (impl_->page.entries > 0) impl_->end_page();
  if (impl_->weight > heaviest_catalog) {
    throw std::length_error(
        fmt::format("the catalog weighs more than the {} MiB that readers take: there are too many images, or "
                    "too many labels",
                    heaviest_catalog / (1024 * 1024)));
  }
  return std::move(impl_->index);
}

}  // namespace ingot
