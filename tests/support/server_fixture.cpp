#include "tests/support/server_fixture.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "reconciler/apply/publish/fresh_ids.hpp"
#include "reconciler/apply/publish/published.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/catalog/root.hpp"
#include "schema/overloaded.hpp"

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

TestServer::TestServer(const std::string& folder, const std::string& name, io::Files* files)
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
      card_(apply::init_server(manifest.server, disk_, clock, [](const std::string&) {})) {
  std::filesystem::create_directories(folder_ + "/sources");
  reopen(files);
}

void TestServer::close() {
  store_.reset();
  state_.reset();
}

void TestServer::reopen(io::Files* files) {
  close();
  files_ = files ? files : &disk_;
  state_.emplace(state::State::open(manifest.server.state, state::Access::read_write));
  store_.emplace(store::Store::open(disk_, manifest.server.store, state_->lineage()));
  if (files) store_.emplace(store::Store::open(*files_, manifest.server.store, state_->lineage()));
  memory_.emplace(*files_, folder_ + "/state");
  keys_ = apply::load_catalog_keys(disk_, manifest.server.keys, apply::newest_own_root(*store_, state_->self()));
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

plan::Plan TestServer::plan_of(const std::vector<plan::Change>& changes) const {
  plan::Plan plan = testing_support::plan_of(changes);
  plan.server = manifest.server.name;
  plan.id_of_server = card_.id;
  plan.manifest_path = manifest.path;
  return plan;
}

apply::Account TestServer::apply(const std::vector<plan::Change>& changes) { return apply(plan_of(changes)); }

apply::Account TestServer::apply(const plan::Plan& plan) {
  apply::ApplyContext shop{.state = *state_,
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
  const state::RunStart start{.id = apply::new_run_id(clock.now(), apply::random_bits()),
                              .started = clock.now(),
                              .command = "apply",
                              .actor = "tester@here",
                              .manifest_path = manifest.path,
                              .manifest_digest = {},
                              .git = std::nullopt,
                              .plan_id = "plan",
                              .planned = plan.actions.size()};
  return ingot::apply::apply(plan, start, shop);
}

std::string TestServer::source(const std::string& name, const std::string& bytes) const {
  const std::string path = folder_ + "/sources/" + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

state::ImageRow TestServer::image(const std::string& name) const {
  for (const state::ImageRow& row : state_->snapshot().images) {
    if (!row.deleted && row.name.text() == name) return row;
  }
  throw std::runtime_error("there is no image " + name);
}

std::vector<std::string> TestServer::image_names() const {
  std::vector<std::string> names;
  for (const state::ImageRow& row : state_->snapshot().images) {
    if (!row.deleted) names.push_back(row.name.text());
  }
  return names;
}

plan::SeenHead TestServer::head() const {
  const std::string bytes = store_->published_head().value();
  const auto envelope = std::get<Envelope>(parse_envelope(bytes));
  const auto head = std::get<Head>(parse_head(envelope.payload));
  return plan::SeenHead{.id = head.id,
                        .own_name = head.name,
                        .epoch = head.epoch,
                        .serial = head.serial,
                        .digest = io::sha256(bytes),
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

plan::Plan plan_of(std::vector<plan::Change> changes) {
  return plan::Plan{.server = ServerName::of("here"),
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

plan::Change change_of(const Address& address, plan::Action action, std::vector<std::string> after) {
  const Verb verb = plan::verb_of(action);
  plan::Change change{
      .address = address, .verb = verb, .action = std::move(action), .because = {}, .after = {}, .deferred_why = {}};
  change.because.push_back({.code = Code::new_, .rule = address.text, .at = std::nullopt, .text = "it is wanted"});
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

plan::Change add(const LocalImage& image, std::vector<std::string> after) {
  return change_of(image_address(image.name), plan::AddImage{.image = image, .parent = std::nullopt}, std::move(after));
}

plan::Change add(const TestServer& server, const std::string& name, const std::string& bytes) {
  return add(local_image(name, server.source(name, bytes)));
}

plan::Change publish_change() { return change_of(catalog_address(), plan::Publish{}); }

plan::Change register_change(const TestServer& peer) {
  return change_of(
      peer_address(peer.card().name),
      plan::RegisterPeer{.peer = peer.card().name, .card = peer.card(), .urls = {peer.card().url}, .head = peer.head()});
}

plan::Change copy_change(const TestServer& peer, const std::string& image, std::vector<std::string> after) {
  const ImageEntry entry = peer.entry(image);
  plan::CopyImage copy{.peer = peer.card().name,
                       .head = std::make_shared<const plan::SeenHead>(peer.head()),
                       .entry = std::make_shared<const ImageEntry>(entry),
                       .name = entry.name,
                       .transfer = {.method = plan::Method::whole, .from = {}, .bytes = entry.packed->file.length}};
  plan::Change change = change_of(copy_address(peer.card().name, entry.name), std::move(copy), std::move(after));
  change.size = entry.size;
  change.because.front().rule = "subscription." + peer.card().name.text() + ".all";
  return change;
}

plan::Change series_change(const std::string& name, const std::vector<std::string>& members, std::vector<std::string> after) {
  plan::CreateSeries series{.name = SeriesName::of(name), .members = {}, .follow = {}};
  for (const std::string& member : members) series.members.push_back(ImageName::of(member));
  const Address address = series_address(series.name);
  return change_of(address, std::move(series), std::move(after));
}

plan::Change create_type(const std::string& name) {
  const TypeName type = TypeName::parse(name).value();
  return change_of(type_address(type), plan::CreateType{.name = type, .base = TypeName::parse("LINUX").value(), .managed = true});
}

plan::Change delete_change(const state::ImageRow& row) {
  return change_of(image_address(row.name), plan::DeleteImage{.key = row.key, .name = row.name});
}

std::vector<std::string> lines_of(const apply::Account& account) {
  std::vector<std::string> lines;
  const auto enter = [&lines](const std::vector<apply::ActionResult>& results) {
    for (const apply::ActionResult& result : results) {
      const std::string& address = result.address.text;
      lines.push_back(
          std::visit(Overloaded{[&](const Done&) { return "done " + address; },
                                [&](const Failed& it) { return "failed " + address + " " + std::string(text_of(it.code)); },
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
