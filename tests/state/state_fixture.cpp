#include "tests/state/state_fixture.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace ingot {

ServerId server_id(std::uint8_t number) {
  ServerId id;
  id.root.bytes.fill(number);
  return id;
}

Digest digest_of(const std::string& text) {
  // FNV-1a, stretched: tests need digests that differ, not that resist.
  Digest digest;
  std::uint64_t hash = 14695981039346656037ULL;
  for (std::size_t i = 0; i < digest.bytes.size(); ++i) {
    for (const char c : text + std::to_string(i)) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    digest.bytes[i] = static_cast<std::uint8_t>(hash >> 32U);
  }
  return digest;
}

Packed packed_of(const std::string& text) {
  return Packed{.file = {.digest = digest_of("packed " + text), .length = 10},
                .segments = 2,
                .table = Piece{.digest = digest_of("table " + text), .length = 3}};
}

Time at(std::int64_t second) { return Time{Seconds(1'000'000 + second)}; }

namespace {

state::ImageRow plain_row(const std::string& name, const ServerName& origin) {
  return state::ImageRow{.key = 0,
                         .name = ImageName::of(name),
                         .copy = false,
                         .identity = std::nullopt,
                         .origin_name = origin,
                         .copied_from = std::nullopt,
                         .digest = digest_of(name),
                         .size = 7,
                         .kind = ImageKind::tree,
                         .type = default_type(),
                         .version = "1.0",
                         .platform = "linux-x86_64",
                         .description = "a \"test\"\nin two lines",
                         .labels = {{"team", "dba"}, {"back\\slash", ""}},
                         .state = ImageState::published,
                         .reason = "",
                         .withdrawn_by_origin = false,
                         .is_private = false,
                         .was_public = false,
                         .protect = false,
                         .managed = true,
                         .parent_name = "",
                         .parent = std::nullopt,
                         .parent_identity = std::nullopt,
                         .source_stamp = "stamp",
                         .unwanted_since = std::nullopt,
                         .rule = "image." + name,
                         .deleted = false,
                         .created = std::nullopt,
                         .papers = {.time = at(5),
                                    .run = "run-0",
                                    .actor = "me@here",
                                    .commit = "c0ffee",
                                    .rule = "image." + name,
                                    .peer = std::nullopt,
                                    .head = std::nullopt}};
}

}  // namespace

state::ImageRow own_row(const std::string& name, const std::string& bits) {
  state::ImageRow row = plain_row(name, ServerName::of("here"));
  if (!bits.empty()) row.digest = digest_of(bits);
  return row;
}

state::ImageRow copy_row(const ServerId& origin, const std::string& name, Serial created) {
  state::ImageRow row = plain_row(name, ServerName::of("there"));
  row.copy = true;
  row.identity = ImageIdentity{origin, row.name, created};
  row.copied_from = ServerName::of("there");
  row.digest = digest_of(name + " of " + origin.text());
  row.source_stamp = "";
  row.managed = false;
  row.rule = "subscription.there.all";
  row.papers.peer = "there";
  row.papers.head = digest_of("head");
  return row;
}

state::PutImage put(const state::ImageRow& row) { return state::PutImage{.row = row, .packed = packed_of(row.digest.hex())}; }

state::Registration registration(const ServerId& id, const std::string& name) {
  return state::Registration{.name = ServerName::of(name),
                             .own_name = ServerName::of("own-" + name),
                             .id = id,
                             .urls = {"https://one.example/", "https://two.example/"},
                             .serial = 3,
                             .head = digest_of("head 3"),
                             .registered = at(1),
                             .seen = at(2)};
}

state::SubscriptionRow subscription(const ServerId& peer, const Selector& selector, const std::string& rule) {
  return state::SubscriptionRow{.peer = peer,
                                .peer_name = ServerName::of("there"),
                                .selector = selector,
                                .baseline = 4,
                                .since = "now",
                                .options = "states=[\"PUBLISHED\"]",
                                .rule = rule,
                                .instantiated = at(3),
                                .stopped = std::nullopt,
                                .copies = 0};
}

Catalog catalog_of(const state::State& state, bool publish_copies) {
  Catalog catalog;
  state.each_public(publish_copies,
                    {.image = [&](const ImageEntry& entry) { catalog.images.push_back(entry); },
                     .deleted_image = [&](const ImageTombstone& entry) { catalog.deleted.push_back(entry); },
                     .series = [&](const SeriesEntry& entry) { catalog.series.push_back(entry); },
                     .deleted_series = [&](const SeriesTombstone& entry) { catalog.deleted_series.push_back(entry); },
                     .type = [&](const TypeEntry& entry) { catalog.types.push_back(entry); }});
  return catalog;
}

const ImageEntry* find_entry(const Catalog& catalog, const std::string& name) {
  const auto found =
      std::find_if(catalog.images.begin(), catalog.images.end(), [&](const auto& entry) { return entry.name.text() == name; });
  return found == catalog.images.end() ? nullptr : &*found;
}

const state::ImageRow* find_image(const state::Snapshot& snapshot, const std::string& name) {
  const state::ImageRow* result = nullptr;
  for (const auto& image : snapshot.images) {
    if (image.name.text() == name && (result == nullptr || !image.deleted)) result = &image;
  }
  return result;
}

StateTest::StateTest()
    : path(folder.path() + "/ingot.db"),
      place(place_for_a_state(folder)),
      state(state::State::create(place, lineage, self, ServerName::of("here"))) {}

std::vector<state::ImageKey> StateTest::record(const state::Effects& effects) {
  if (!state.run(run)) {
    state.begin_run({.id = run,
                     .started = at(0),
                     .command = "apply",
                     .actor = "me@here",
                     .manifest_path = "ingot.toml",
                     .manifest_digest = {},
                     .git = std::nullopt,
                     .plan_id = "p",
                     .planned = 0});
  }
  return state.finish_action(state.begin_action(run, catalog_address(), Verb::add, "", at(0)), Done{}, effects, at(1));
}

state::ImageKey StateTest::add(const state::ImageRow& row) { return record({put(row)}).front(); }

Serial StateTest::publish(bool publish_copies) {
  const Serial serial = state.reserve_serial(0);
  state.finish_publish({.serial = serial,
                        .head = digest_of("head"),
                        .index = digest_of("index"),
                        .expires = at(100),
                        .copies_published = publish_copies});
  return serial;
}

state::ImageRow StateTest::image(const std::string& name) const {
  const auto snapshot = state.snapshot();
  const auto* const row = find_image(snapshot, name);
  if (row == nullptr) throw std::runtime_error("no image " + name);
  return *row;
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
}

}  // namespace ingot
