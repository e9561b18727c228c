#include "tests/support/server_fixture.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "reconciler/apply/fresh_ids.hpp"
#include "reconciler/apply/published.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/overloaded.hpp"
#include "schema/root.hpp"

namespace ingot::testing_support {
namespace {

ServerSection section(const std::string& folder, const std::string& name) {
  return ServerSection{.name = ServerName::of(name),
                       .url = "https://" + name + ".example.net/",
                       .store = folder + "/store",
                       .state = folder + "/state/ingot.db",
                       .keys = folder + "/keys",
                       .clients = {},
                       .targets = {},
                       .at = {}};
}

}  // namespace

TestServer::TestServer(const std::string& folder, const std::string& name, Files* files)
    : manifest{.path = "ingot.toml",
               .digest = {},
               .server = section(folder + "/" + name, name),
               .limits = {},
               .guard = {},
               .peers = {},
               .types = {},
               .images = {},
               .series = {},
               .subscriptions = {},
               .copies = {}},
      folder_(folder + "/" + name),
      card_(init_server(manifest.server, disk_, clock, [](const std::string&) {})) {
  std::filesystem::create_directories(folder_ + "/sources");
  reopen(files);
}

void TestServer::close() {
  store_.reset();
  state_.reset();
}

void TestServer::reopen(Files* files) {
  close();
  files_ = files ? files : &disk_;
  state_.emplace(State::open(manifest.server.state, Access::read_write));
  store_.emplace(Store::open(disk_, manifest.server.store, state_->lineage()));
  if (files) store_.emplace(Store::open(*files_, manifest.server.store, state_->lineage()));
  memory_.emplace(*files_, folder_ + "/state");
  keys_ = load_catalog_keys(disk_, manifest.server.keys, newest_own_root(*store_, state_->self()));
}

void TestServer::know(const TestServer& other, std::optional<std::uint32_t> most) {
  transport.peers[other.card().name.text()].folder = other.public_folder();
  manifest.peers.push_back(PeerEntry{.name = other.card().name,
                                     .card_path = "card.toml",
                                     .card = other.card(),
                                     .urls = {other.card().url},
                                     .credentials = {},
                                     .max_age = {},
                                     .bandwidth = {},
                                     .parallel = most,
                                     .replaces = {},
                                     .at = {}});
}

Plan TestServer::plan_of(const std::vector<Change>& changes) const {
  Plan plan = testing_support::plan_of(changes);
  plan.server = manifest.server.name;
  plan.id_of_server = card_.id;
  plan.manifest_path = manifest.path;
  return plan;
}

Account TestServer::apply(const std::vector<Change>& changes) { return apply(plan_of(changes)); }

Account TestServer::apply(const Plan& plan) {
  Workshop shop{.state = *state_,
                .store = *store_,
                .files = *files_,
                .transport = transport_to ? *transport_to : transport,
                .memory = *memory_,
                .clock = clock,
                .catalog_keys = keys_,
                .manifest = manifest,
                .events = events_to ? *events_to : events,
                .parallel = parallel,
                .actor = "tester@here",
                .commit = std::nullopt,
                .seen = seen,
                .deadline = deadline};
  const RunStart start{.id = new_run_id(clock.now(), random_bits()),
                       .started = clock.now(),
                       .command = "apply",
                       .actor = "tester@here",
                       .manifest_path = manifest.path,
                       .manifest_digest = {},
                       .git = std::nullopt,
                       .plan_id = "plan",
                       .planned = plan.actions.size()};
  return ingot::apply(plan, start, shop);
}

std::string TestServer::source(const std::string& name, const std::string& bytes) const {
  const std::string path = folder_ + "/sources/" + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

ImageRow TestServer::image(const std::string& name) const {
  for (const ImageRow& row : state_->snapshot().images) {
    if (!row.deleted && row.name.text() == name) return row;
  }
  throw std::runtime_error("there is no image " + name);
}

std::vector<std::string> TestServer::image_names() const {
  std::vector<std::string> names;
  for (const ImageRow& row : state_->snapshot().images) {
    if (!row.deleted) names.push_back(row.name.text());
  }
  return names;
}

SeenHead TestServer::head() const {
  const std::string bytes = store_->published_head().value();
  const auto envelope = std::get<Envelope>(parse_envelope(bytes));
  const auto head = std::get<Head>(parse_head(envelope.payload));
  return SeenHead{.id = head.id,
                  .own_name = head.name,
                  .epoch = head.epoch,
                  .serial = head.serial,
                  .digest = sha256(bytes),
                  .index = head.index.digest,
                  .issued = head.issued,
                  .expires = head.expires,
                  .url = "file://" + public_folder() + "/"};
}

ImageEntry TestServer::entry(const std::string& name) const {
  std::optional<ImageEntry> found;
  state_->each_public(manifest.server.publish_copies, {.image =
                                                           [&](const ImageEntry& image) {
                                                             if (image.name.text() == name) found = image;
                                                           },
                                                       .deleted_image = [](const ImageTombstone&) {},
                                                       .series = [](const SeriesEntry&) {},
                                                       .deleted_series = [](const SeriesTombstone&) {},
                                                       .type = [](const TypeEntry&) {}});
  return found.value();
}

Plan plan_of(std::vector<Change> changes) {
  return Plan{.server = ServerName::of("here"),
              .id_of_server = {},
              .manifest_path = "ingot.toml",
              .manifest_digest = {},
              .actions = std::move(changes),
              .blocked = {},
              .held = {},
              .unknown = {},
              .notes = {},
              .limits = {},
              .wantedness = {},
              .settled = {},
              .settled_until = {}};
}

Change change_of(const Address& address, Action action, std::vector<std::string> after) {
  const Verb verb = verb_of(action);
  Change change{.address = address, .verb = verb, .action = std::move(action), .because = {}, .after = {}, .deferred_why = {}};
  change.because.push_back({.code = "new", .rule = address.text, .at = std::nullopt, .text = "it is wanted"});
  for (std::string& one : after) change.after.push_back(Address{std::move(one)});
  return change;
}

LocalImage local_image(const std::string& name, const std::string& source) {
  return LocalImage{.name = ImageName::of(name),
                    .source = source,
                    .digest = {},
                    .exclude = {},
                    .parent = {},
                    .version = {},
                    .reason = {},
                    .platform = {},
                    .description = {},
                    .labels = {},
                    .at = {}};
}

Change add(const LocalImage& image, std::vector<std::string> after) {
  return change_of(image_address(image.name), AddImage{.image = image, .parent = std::nullopt}, std::move(after));
}

Change add(const TestServer& server, const std::string& name, const std::string& bytes) {
  return add(local_image(name, server.source(name, bytes)));
}

Change publish_change() { return change_of(catalog_address(), Publish{}); }

Change register_change(const TestServer& peer) {
  return change_of(peer_address(peer.card().name),
                   RegisterPeer{.peer = peer.card().name, .card = peer.card(), .urls = {peer.card().url}, .head = peer.head()});
}

Change copy_change(const TestServer& peer, const std::string& image, std::vector<std::string> after) {
  const ImageEntry entry = peer.entry(image);
  CopyImage copy{.peer = peer.card().name,
                 .head = std::make_shared<const SeenHead>(peer.head()),
                 .entry = std::make_shared<const ImageEntry>(entry),
                 .name = entry.name,
                 .transfer = {.method = Method::whole, .from = {}, .bytes = entry.packed->file.length}};
  Change change = change_of(copy_address(peer.card().name, entry.name), std::move(copy), std::move(after));
  change.size = entry.size;
  change.because.front().rule = "subscription." + peer.card().name.text() + ".all";
  return change;
}

Change series_change(const std::string& name, const std::vector<std::string>& members, std::vector<std::string> after) {
  CreateSeries series{.name = SeriesName::of(name), .members = {}, .follow = {}};
  for (const std::string& member : members) series.members.push_back(ImageName::of(member));
  const Address address = series_address(series.name);
  return change_of(address, std::move(series), std::move(after));
}

Change delete_change(const ImageRow& row) {
  return change_of(image_address(row.name), DeleteImage{.key = row.key, .name = row.name});
}

std::vector<std::string> lines_of(const Account& account) {
  std::vector<std::string> lines;
  const auto enter = [&lines](const std::vector<ActionResult>& results) {
    for (const ActionResult& result : results) {
      const std::string& address = result.address.text;
      lines.push_back(std::visit(Overloaded{[&](const Done&) { return "done " + address; },
                                            [&](const Failed& it) { return "failed " + address + " " + it.code; },
                                            [&](const Skipped& it) { return "skipped " + address + " " + it.why; }},
                                 result.outcome));
    }
  };
  enter(account.done);
  enter(account.failed);
  enter(account.not_started);
  return lines;
}

}  // namespace ingot::testing_support
