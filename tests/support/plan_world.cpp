#include "tests/support/plan_world.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "tests/support/plan_builder.hpp"
#include "tests/support/plan_case.hpp"

namespace ingot::testing_support {

PlanWorld::PlanWorld(std::uint32_t seed) : random_(seed), manifest_(case_manifest("")) {
  for (const char* name : {"silver", "copper", "zinc"}) peers_.push_back({.name = name, .serial = 1, .catalog = {}});
  for (int i = 0; i < 4; ++i) sources_["own" + std::to_string(i)] = bits("own" + std::to_string(i));
  for (int i = 0; i < 6; ++i) sources_["i" + std::to_string(i)] = bits("i" + std::to_string(i));
  for (int i = 0; i < 3; ++i) evolve();
  write_manifest();
}

std::uint32_t PlanWorld::below(std::uint32_t bound) {
  return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(random_);
}

std::string PlanWorld::image_word() { return "i" + std::to_string(below(6)); }

void PlanWorld::add_image(Peer& peer) {
  const std::string name = image_word();
  const auto& images = peer.catalog.images;
  if (std::any_of(images.begin(), images.end(), [&](const auto& one) { return one.name.text() == name; })) return;
  ImageEntry image = entry(case_server(peer.name), name, peer.serial);
  // Mostly the same bits everywhere under one name, so that adoption and clashes both happen.
  image.digest = chance(70) ? bits(name) : bits(name + peer.name + std::to_string(peer.serial));
  image.packed = packed_of(image.digest, 100 + below(900));
  if (chance(20)) image.type = TypeName::of("CUSTOM");
  if (chance(30)) image.states = {{.state = ImageState::testable, .since = peer.serial}};
  if (!images.empty() && chance(50)) image.parent = images[below(static_cast<std::uint32_t>(images.size()))].identity;
  peer.catalog.images.push_back(std::move(image));
  if (peer.catalog.types.empty())
    peer.catalog.types.push_back({.name = TypeName::of("CUSTOM"), .base = TypeName::of("SOFTWARE")});
}

void PlanWorld::change_image(Peer& peer) {
  if (peer.catalog.images.empty()) return;
  ImageEntry& image = peer.catalog.images[below(static_cast<std::uint32_t>(peer.catalog.images.size()))];
  if (chance(40)) {
    image.labels["team"] = std::to_string(below(3));
    return;
  }
  const auto state = static_cast<ImageState>(below(4));
  if (state != image.state()) image.states.push_back({.state = state, .since = peer.serial});
}

void PlanWorld::delete_image(Peer& peer) {
  if (peer.catalog.images.empty()) return;
  const auto gone = peer.catalog.images.begin() + below(static_cast<std::uint32_t>(peer.catalog.images.size()));
  peer.catalog.deleted.push_back(
      {.identity = gone->identity, .deleted = peer.serial, .digest = gone->digest, .type = gone->type, .parent = gone->parent});
  for (auto& series : peer.catalog.series)
    std::erase_if(series.members, [&](const auto& member) { return member.image == gone->identity; });
  peer.catalog.images.erase(gone);
}

void PlanWorld::change_series(Peer& peer) {
  if (peer.catalog.images.empty()) return;
  if (peer.catalog.series.empty())
    peer.catalog.series.push_back({.name = SeriesName::of("s"), .created = peer.serial, .members = {}});
  SeriesEntry& series = peer.catalog.series.front();
  const ImageEntry& image = peer.catalog.images[below(static_cast<std::uint32_t>(peer.catalog.images.size()))];
  const auto member =
      std::find_if(series.members.begin(), series.members.end(), [&](const auto& one) { return one.image == image.identity; });
  if (member != series.members.end())
    series.members.erase(member);
  else
    series.members.insert(series.members.begin() + below(static_cast<std::uint32_t>(series.members.size()) + 1),
                          {.image = image.identity, .added = peer.serial});
}

void PlanWorld::evolve() {
  for (Peer& peer : peers_) {
    ++peer.serial;
    for (std::uint32_t i = 0; i < 3; ++i) {
      const std::uint32_t what = below(10);
      if (what < 4)
        add_image(peer);
      else if (what < 6)
        change_image(peer);
      else if (what < 7)
        delete_image(peer);
      else
        change_series(peer);
    }
  }
}

std::string PlanWorld::subscriptions() {
  std::string text;
  for (const Peer& peer : peers_) {
    if (chance(20)) continue;
    text += fmt::format("[[peer]]\nname = \"{0}\"\ncard = \"{0}.card\"\n", peer.name);
    std::set<std::string> selectors;
    for (std::uint32_t i = below(3) + 1; i > 0; --i) {
      const std::vector<std::string> offered{"all = true", "series = \"s\"", "imagetype = \"SOFTWARE\"",
                                             "image = \"" + image_word() + "\""};
      const std::string selector = offered[below(4)];
      if (!selectors.insert(selector).second) continue;
      text += fmt::format("[[subscription]]\npeer = \"{}\"\n{}\n", peer.name, selector);
      if (chance(60)) text += "since = \"start\"\n";
      if (chance(30)) text += fmt::format("as = \"{}\"\n", chance(50) ? "{peer}-{name}" : "x-{name}");
      if (chance(30)) text += "prune = \"0s\"\n";
      if (chance(20)) text += "arrive = \"origin\"\n";
      if (chance(30)) text += "states = [\"PUBLISHED\", \"TESTABLE\"]\n";
      if (chance(20)) text += "exclude = [\"" + image_word() + "\"]\n";
      if (selector.starts_with("series") && chance(50)) text += "latest = 2\n";
      if (chance(20)) text += fmt::format("priority = {}\n", below(3));
    }
    if (chance(20))
      text += fmt::format("[[copy]]\npeer = \"{}\"\nname = \"{}\"\nkeep = {}\n", peer.name, image_word(), chance(50));
    if (chance(40))
      text += fmt::format("[[series]]\nname = \"f-{0}\"\nfollow = {{ peer = \"{0}\", series = \"s\" }}\n", peer.name);
  }
  return text;
}

std::string PlanWorld::images_and_series() {
  std::string text;
  std::string members;
  std::vector<std::string> names;
  for (int i = 0; i < 4; ++i) {
    // Now and then one of ours bears a name that peers use too.
    const std::string name = chance(85) ? "own" + std::to_string(i) : image_word();
    if (chance(30) || std::find(names.begin(), names.end(), name) != names.end()) continue;
    text += fmt::format("[[image]]\nname = \"{0}\"\nsource = \"{0}\"\nversion = \"{1}\"\n", name, below(2));
    if (chance(20)) text += "private = true\n";
    if (chance(10)) text += "protect = true\n";
    if (!names.empty() && chance(20)) text += "parent = \"" + names.front() + "\"\n";
    names.push_back(name);
    members += (members.empty() ? "\"" : ", \"") + name + "\"";
  }
  if (!names.empty())
    text += "[[series]]\nname = \"mine\"\nimages = [" + members + (chance(30) ? ", \"x-i1\", \"i2\"" : "") + "]\n";
  if (chance(30)) text += "[[imagetype]]\nname = \"DECLARED\"\nbase = \"LINUXOS\"\n";
  return text;
}

std::string PlanWorld::exports() {
  if (chance(40)) return "";
  const std::vector<std::string> offered{"series = \"mine\"", "series = \"f-" + peers_.front().name + "\"", "image = \"own0\"",
                                         "image = \"" + image_word() + "\""};
  std::string text;
  for (const std::string name : {"one", "two"}) {
    if (chance(50)) continue;
    const std::string of = offered[below(4)];
    text += fmt::format("[[export]]\nname = \"{}\"\n{}\nto = \"/{}{}\"\n", name, of, name, below(2));
    if (of.starts_with("series")) text += fmt::format("latest = {}\n", below(3) + 1);
    if (chance(60)) text += chance(80) ? "link = \"current\"\n" : "link = \"newest\"\n";
    if (chance(20)) text += "mode = \"0750\"\n";
    if (text.ends_with("current\"\n") && chance(50)) text += "run = [\"/sbin/after\"]\n";
    if (chance(20)) text += "changes = [\"log/**\"]\n";
  }
  return text;
}

void PlanWorld::write_manifest() {
  // The text is made anew until it is a valid manifest: the parser, not this generator, knows what that is.
  for (;;) {
    try {
      manifest_ = case_manifest(images_and_series() + subscriptions() + exports() +
                                (chance(50) ? "[guard]\nremovals = { count = 50, percent = 100 }\nstops = 50\n" : "") +
                                (chance(20) ? "[limits]\nmax_bytes = \"1 kB\"\n" : ""));
      return;
    } catch (const BadCase&) {}
  }
}

plan::Observed PlanWorld::observed(Time now, const std::vector<std::string>& unknown) const {
  plan::Observed observed{
      .now = now, .self = case_server("here"), .peers = {}, .sources = {}, .disk = {}, .objects = {}, .publish_again = ""};
  for (const auto& peer : manifest_.peers) {
    const auto found =
        std::find_if(peers_.begin(), peers_.end(), [&](const Peer& one) { return one.name == peer.card.name.text(); });
    if (std::find(unknown.begin(), unknown.end(), peer.name.text()) != unknown.end()) {
      observed.peers.push_back(
          plan::Unknown{.code = Code::unreachable, .why = "no answer", .detail_code = Code::none, .last = {}});
    } else {
      observed.peers.push_back(
          plan::PeerCatalog{.head = head_of(found->name, found->serial), .catalog = std::make_shared<Catalog>(found->catalog)});
    }
  }
  for (const auto& image : manifest_.images) observed.sources[image.name] = plan::SourceStamp{"stamp"};
  return observed;
}

void see_exports(const Manifest& manifest, const state::Snapshot& snapshot, plan::Observed& observed) {
  for (const auto& entry : manifest.exports) {
    observed.export_folders.emplace(entry.name, entry.to);
    observed.exports[{entry.name, entry.to}];
  }
  for (const auto& row : snapshot.exported) {
    plan::ExportView& view = observed.exports[{row.name, row.folder}];
    view.entries.insert(row.image.text());
    view.exported.try_emplace(row.image);
  }
  for (const auto& row : snapshot.exports) {
    if (row.linked)
      observed.exports[{row.name, row.folder}].links.insert_or_assign(
          row.link, plan::LinkSight{.is_link = true, .target = row.linked->text()});
  }
}

void shuffle_snapshot(state::Snapshot& snapshot, std::mt19937& random) {
  const auto shuffle = [&](auto& list) { std::shuffle(list.begin(), list.end(), random); };
  shuffle(snapshot.registrations);
  shuffle(snapshot.subscriptions);
  shuffle(snapshot.types);
  shuffle(snapshot.images);
  shuffle(snapshot.series);
  shuffle(snapshot.exports);
  shuffle(snapshot.exported);
}

void shuffle_catalogs(plan::Observed& observed, std::mt19937& random) {
  for (auto& view : observed.peers) {
    auto* read = std::get_if<plan::PeerCatalog>(&view);
    if (!read) continue;
    auto catalog = std::make_shared<Catalog>(*read->catalog);
    std::shuffle(catalog->images.begin(), catalog->images.end(), random);
    std::shuffle(catalog->deleted.begin(), catalog->deleted.end(), random);
    std::shuffle(catalog->series.begin(), catalog->series.end(), random);
    std::shuffle(catalog->types.begin(), catalog->types.end(), random);
    read->catalog = std::move(catalog);
  }
}

}  // namespace ingot::testing_support
