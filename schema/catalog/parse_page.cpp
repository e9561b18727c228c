// Pages: the order of entries within and across them.
#include <tuple>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "schema/catalog/catalog_weight.hpp"
#include "schema/catalog/page_kind.hpp"
#include "schema/catalog/parse_fields.hpp"
#include "schema/catalog/parse_image.hpp"
#include "schema/overloaded.hpp"
#include "schema/text/text.hpp"

namespace ingot {

namespace {

void require_first(const PageRef& page, const std::string& name) {
  if (name == page.first) return;
  throw Refusal{fmt::format("{} is not {}, the first name that the index says", excerpt(name), excerpt(page.first))};
}

/// Where an entry stands among its kind: name, then the serial it is listed from, the dead before the living.
struct Place {
  std::string name;
  Serial serial = 0;
  bool live = false;
  auto operator<=>(const Place&) const = default;
};

}  // namespace

struct PageReader::Impl {
  Impl(Publisher whose, PageVisitor receiver) : publisher(whose), visitor(std::move(receiver)) {}

  Publisher publisher;
  PageVisitor visitor;
  StrictJson json{longest_text};
  std::optional<PageKind> kind;               ///< of the page before
  std::optional<Place> before;                ///< the entry before, of this kind
  bool name_lives = false;                    ///< a living entry had the name of the entry before
  bool in_series = false;                     ///< a living series' line was the last that was no member
  std::unordered_set<ImageIdentity> members;  ///< of that series so far

  std::uint64_t weight = 0;  ///< of all entries so far

  void read(const PageRef& page, std::string_view bytes);
  void read_header(const PageRef& page, std::string_view line);
  void read_entry(const PageRef& page, std::string_view line, bool first);
  void advance(Place place, const PageRef& page, bool first);
  void read_image(const PageRef& page, const std::vector<JsonNode>& nodes, bool first);
  void read_series(const PageRef& page, const std::vector<JsonNode>& nodes, bool first);
  void read_member(const JsonObject& object);
  void read_type(const PageRef& page, const std::vector<JsonNode>& nodes, bool first);

  /// Whoever makes a reader fetch more than it can hold is found out before that is held.
  template <class Function, class Entry>
  void give(const Function& function, Entry&& entry) {
    weight += weight_of(entry);
    if (weight > heaviest_catalog) {
      throw Refusal{fmt::format("makes the catalog heavier than the {} MiB that its entries may weigh together",
                                heaviest_catalog / (1024 * 1024))};
    }
    if (function) function(std::forward<Entry>(entry));
  }

  bool continues = false;  ///< the page's header says that it goes on with the series of the page before
};

void PageReader::Impl::read(const PageRef& page, std::string_view bytes) {
  if (bytes.size() > largest_page) throw Refusal{"is longer than 8 MiB"};
  if (bytes.size() != page.piece.length) {
    throw Refusal{fmt::format("is {} bytes long, not {} as the index says", bytes.size(), page.piece.length)};
  }
  std::uint64_t entries = 0;
  for_each_line(bytes, [&](std::string_view line, std::size_t number) {
    if (number == 1) return read_header(page, line);
    if (++entries > page.entries) throw Refusal{fmt::format("comes after the {} entries that the index says", page.entries)};
    read_entry(page, line, number == 2);
  });
  if (entries != page.entries) throw Refusal{fmt::format("holds {} entries, not {} as the index says", entries, page.entries)};
}

void PageReader::Impl::read_header(const PageRef& page, std::string_view line) {
  const JsonObject header(json.parse(line), {"format", "kind", "continues", "critical"});
  header.require_format("ingot.page");
  if (header.text("kind") != text_of(page.kind)) {
    header.refuse("kind", fmt::format("is {}, not \"{}\" as the index says", excerpt(header.text("kind")), text_of(page.kind)));
  }
  if (kind && page.kind < *kind) header.refuse("kind", "is out of order (images, then series, then types)");
  if (kind != page.kind) before.reset();
  if (kind != page.kind) in_series = false;
  kind = page.kind;
  continues = header.has("continues");
  if (!continues) return;
  const auto series = read_name<SeriesName>(header, "continues");
  if (!in_series || before->name != series.text())
    header.refuse("continues", "is not the series that the page before ended with");
}

void PageReader::Impl::read_entry(const PageRef& page, std::string_view line, bool first) {
  const auto& nodes = json.parse(line);
  switch (page.kind) {
    case PageKind::images: return read_image(page, nodes, first);
    case PageKind::series: return read_series(page, nodes, first);
    case PageKind::types: return read_type(page, nodes, first);
  }
}

void PageReader::Impl::advance(Place place, const PageRef& page, bool first) {
  if (first) require_first(page, place.name);
  if (first && continues) throw Refusal{"is no member, though the page continues a series"};
  if (before && !(*before < place)) {
    throw Refusal{fmt::format("{} is out of order after {}, or there twice", excerpt(place.name), excerpt(before->name))};
  }
  const bool same_name = before && before->name == place.name;
  if (same_name && name_lives && place.live) throw Refusal{fmt::format("{} is there twice", excerpt(place.name))};
  name_lives = place.live || (same_name && name_lives);
  before = std::move(place);
}

void PageReader::Impl::read_image(const PageRef& page, const std::vector<JsonNode>& nodes, bool first) {
  auto entry = read_image_line(nodes, publisher);
  std::visit(Overloaded{
                 [&](ImageEntry& image) {
                   advance({.name = image.name.text(), .serial = image.listed, .live = true}, page, first);
                   give(visitor.image, std::move(image));
                 },
                 [&](ImageTombstone& tombstone) {
                   const ImageIdentity& identity = tombstone.identity;
                   advance({.name = identity.name.text(), .serial = identity.created, .live = false}, page, first);
                   give(visitor.deleted_image, std::move(tombstone));
                 },
             },
             entry);
}

void PageReader::Impl::read_series(const PageRef& page, const std::vector<JsonNode>& nodes, bool first) {
  const JsonObject object(nodes, {"series", "created", "deleted", "member", "added", "critical"});
  if (object.has("member")) {
    if (first && !continues) throw Refusal{"is a member, but the page says of no series that it continues"};
    if (first) require_first(page, before->name);
    return read_member(object);
  }
  const auto name = read_name<SeriesName>(object, "series");
  const Serial created = object.number("created", 1, publisher.newest);
  in_series = !object.has("deleted");
  advance({.name = name.text(), .serial = created, .live = in_series}, page, first);
  members.clear();
  if (in_series) return give(visitor.series, SeriesEntry{.name = name, .created = created, .members = {}});
  const Serial deleted = object.number("deleted", created, publisher.newest);
  give(visitor.deleted_series, SeriesTombstone{.name = name, .created = created, .deleted = deleted});
}

void PageReader::Impl::read_member(const JsonObject& object) {
  if (!in_series) throw Refusal{"is a member of no series"};
  SeriesMember member{.image = read_identity(object, "member"), .added = object.number("added", 1, publisher.newest)};
  if (!members.insert(member.image).second) {
    throw Refusal{fmt::format("{} is in series {} twice", excerpt(member.image.name.text()), excerpt(before->name))};
  }
  give(visitor.member, std::move(member));
}

void PageReader::Impl::read_type(const PageRef& page, const std::vector<JsonNode>& nodes, bool first) {
  const JsonObject object(nodes, {"imagetype", "base", "critical"});
  TypeEntry type{.name = read_name<TypeName>(object, "imagetype"), .base = read_name<TypeName>(object, "base")};
  if (is_builtin(type.name)) object.refuse("imagetype", "is a built-in type");
  if (!is_builtin(type.base)) object.refuse("base", "is not a built-in type");
  advance({.name = type.name.text(), .serial = 0, .live = true}, page, first);
  give(visitor.type, std::move(type));
}

PageReader::PageReader(ServerId id, Serial newest, PageVisitor visitor)
    : impl_(std::make_unique<Impl>(Publisher{.id = id, .newest = newest}, std::move(visitor))) {}
PageReader::~PageReader() = default;

std::optional<Malformed> PageReader::read(const PageRef& page, std::string_view bytes) {
  try {
    impl_->read(page, bytes);
    return std::nullopt;
  } catch (const Refusal& refusal) { return Malformed{refusal.why}; }
}

PageVisitor collect_into(Catalog& catalog) {
  PageVisitor visitor;
  visitor.image = [&](ImageEntry&& entry) { catalog.images.push_back(std::move(entry)); };
  visitor.deleted_image = [&](ImageTombstone&& entry) { catalog.deleted.push_back(std::move(entry)); };
  visitor.series = [&](SeriesEntry&& entry) { catalog.series.push_back(std::move(entry)); };
  visitor.member = [&](SeriesMember&& member) { catalog.series.back().members.push_back(std::move(member)); };
  visitor.deleted_series = [&](SeriesTombstone&& entry) { catalog.deleted_series.push_back(std::move(entry)); };
  visitor.type = [&](TypeEntry&& entry) { catalog.types.push_back(std::move(entry)); };
  return visitor;
}

}  // namespace ingot
