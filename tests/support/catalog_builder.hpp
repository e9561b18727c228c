// Catalogs for tests: entries with sensible defaults, and whole catalogs through the writer and the reader.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "reconciler/io/hash.hpp"
#include "schema/catalog/catalog.hpp"
#include "schema/catalog/parse_catalog.hpp"
#include "schema/catalog/write_catalog.hpp"

namespace ingot::testing_support {

inline ServerId server_id(std::string_view seed) { return ServerId{io::sha256(seed)}; }

/// One of each thing that a server may say of its state, and of each shape.
inline Stated some_stated() {
  const auto server = [](const char* name) { return ServerName::of(name); };
  const auto image = [](const char* name) { return ImageName::of(name); };
  return {.copies_published = true,
          .peers = {{.name = server("fpps-2"),
                     .own_name = server("fpps-2"),
                     .id = server_id("two"),
                     .urls = {"https://two.example.net/", "file:///two/"}},
                    {.name = server("three"), .own_name = server("fpps-3"), .id = server_id("three"), .urls = {}}},
          .subscriptions = {{.peer = server_id("two"),
                             .peer_name = server("fpps-2"),
                             .selector = SelectAll{},
                             .baseline = 4,
                             .since = "now",
                             .options = "states=[PUBLISHED] \"x\"",
                             .rule = "subscription.fpps-2.all",
                             .stopped = std::nullopt},
                            {.peer = server_id("two"),
                             .peer_name = server("fpps-2"),
                             .selector = SelectSeries{SeriesName::of("db19")},
                             .baseline = 0,
                             .since = "start",
                             .options = "",
                             .rule = "subscription.fpps-2.series.db19",
                             .stopped = 9}},
          .types = {{.name = TypeName::of("DB_PSU"), .base = TypeName::of("ORACLEDBSOFTWARE"), .managed = true}},
          .images = {{.name = image("a"),
                      .managed = false,
                      .protect = false,
                      .parent = {},
                      .parent_now = {},
                      .under_withdrawal = {},
                      .unwanted_since = {},
                      .rule = {}},
                     {.name = image("b"),
                      .managed = true,
                      .protect = true,
                      .parent = image("a"),
                      .parent_now = image("z"),
                      .under_withdrawal = {},
                      .unwanted_since = {},
                      .rule = {}},
                     {.name = image("c"),
                      .managed = false,
                      .protect = false,
                      .parent = {},
                      .parent_now = {},
                      .under_withdrawal = ImageState::testable,
                      .unwanted_since = parse_time("2026-11-23T02:00:00Z"),
                      .rule = "subscription.fpps-2.all"}},
          .series = {{.name = SeriesName::of("db19"), .managed = true, .follow = {}},
                     {.name = SeriesName::of("followed"),
                      .managed = false,
                      .follow = Follow{.peer = server("fpps-2"), .series = SeriesName::of("db19")}}}};
}

/// A published file image of `id`'s own, with its bytes.
inline ImageEntry own_image(const ServerId& id, std::string_view name, Serial created) {
  const Digest digest = io::sha256(std::string(name) + std::to_string(created));
  return {.name = ImageName::of(name),
          .identity = {.origin = id, .name = ImageName::of(name), .created = created},
          .origin_name = ServerName::of("fpps-1"),
          .copied_from = {},
          .listed = created,
          .digest = digest,
          .size = 1'000'000,
          .kind = ImageKind::file,
          .type = default_type(),
          .version = "1.0",
          .platform = "linux-x86_64",
          .description = "",
          .labels = {},
          .states = {{.state = ImageState::published, .since = created}},
          .reason = "",
          .parent = {},
          .packed = Packed{.file = {.digest = io::sha256(digest.hex()), .length = 400'000}, .segments = 1, .table = {}}};
}

/// A copy in `id`'s catalog of an image of `origin`, without its bytes.
inline ImageEntry copied_image(const ServerId& origin, std::string_view name, Serial created, Serial listed) {
  ImageEntry image = own_image(origin, name, created);
  image.origin_name = ServerName::of("fpps-2");
  image.copied_from = ServerName::of("peer-2");
  image.listed = listed;
  image.states = {{.state = ImageState::published, .since = listed}};
  image.packed = {};
  return image;
}

inline ImageTombstone tombstone(const ServerId& id, std::string_view name, Serial created, Serial deleted) {
  return {.identity = {.origin = id, .name = ImageName::of(name), .created = created},
          .deleted = deleted,
          .digest = io::sha256(name),
          .type = default_type(),
          .parent = {}};
}

/// A catalog as it is published.
struct Pages {
  Index index;
  std::vector<std::string> bytes;  ///< of each page of the index
};

/// Both halves of a sorted pair of lists in one order by (name, serial), as a publisher gives them.
inline Pages write_pages(const Catalog& catalog) {
  Pages pages;
  PageWriter writer([](std::string_view bytes) { return io::sha256(bytes); },
                    [&](const PageRef&, const std::string& bytes) { pages.bytes.push_back(bytes); });
  auto dead = catalog.deleted.begin();
  for (const ImageEntry& image : catalog.images) {
    for (; dead != catalog.deleted.end() && dead->identity.name <= image.name; ++dead) writer.add(*dead);
    writer.add(image);
  }
  for (; dead != catalog.deleted.end(); ++dead) writer.add(*dead);
  auto ended = catalog.deleted_series.begin();
  for (const SeriesEntry& series : catalog.series) {
    for (; ended != catalog.deleted_series.end() && ended->name <= series.name; ++ended) writer.add(*ended);
    writer.add(series);
  }
  for (; ended != catalog.deleted_series.end(); ++ended) writer.add(*ended);
  for (const TypeEntry& type : catalog.types) writer.add(type);
  pages.index = writer.finish();
  return pages;
}

/// A visitor that fills `catalog`, which must outlive it.
inline PageVisitor into(Catalog& catalog) {
  return {.image = [&](ImageEntry&& image) { catalog.images.push_back(std::move(image)); },
          .deleted_image = [&](ImageTombstone&& image) { catalog.deleted.push_back(std::move(image)); },
          .series = [&](SeriesEntry&& series) { catalog.series.push_back(std::move(series)); },
          .member = [&](SeriesMember&& member) { catalog.series.back().members.push_back(std::move(member)); },
          .deleted_series = [&](SeriesTombstone&& series) { catalog.deleted_series.push_back(std::move(series)); },
          .type = [&](TypeEntry&& type) { catalog.types.push_back(std::move(type)); }};
}

inline std::variant<Catalog, Malformed> read_pages(const ServerId& id, Serial newest, const Pages& pages) {
  Catalog catalog;
  PageReader reader(id, newest, into(catalog));
  for (std::size_t i = 0; i < pages.index.pages.size(); ++i) {
    if (auto malformed = reader.read(pages.index.pages[i], pages.bytes[i])) return *std::move(malformed);
  }
  return catalog;
}

}  // namespace ingot::testing_support
