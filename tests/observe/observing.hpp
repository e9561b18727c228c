// The stage for tests of observing: publishers, each served over real HTTP, and a reader with its memory on disk.
#pragma once

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/io/disk/peer_memory.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/io/net/curl_transport.hpp"
#include "reconciler/observe/observe.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/peer_fixture.hpp"
#include "tests/support/test_folder.hpp"
#include "tests/support/tree_server.hpp"

namespace ingot::testing_support {

inline PeerEntry peer_entry(const std::string& name, const Publisher& publisher, const std::vector<std::string>& urls) {
  return {.name = ServerName::of(name),
          .card_path = "peers/" + name + ".card.toml",
          .card = publisher.card(urls.empty() ? "" : urls[0]),
          .urls = urls,
          .credentials = {},
          .allow_http = false,
          .max_age = {},
          .bandwidth = {},
          .parallel = {},
          .replaces = {},
          .at = {}};
}

inline Catalog catalog_of(const ServerId& id, const std::vector<std::pair<std::string, Serial>>& images) {
  Catalog catalog;
  for (const auto& [name, created] : images) catalog.images.push_back(own_image(id, name, created));
  std::sort(catalog.images.begin(), catalog.images.end(),
            [](const auto& one, const auto& other) { return one.name < other.name; });
  return catalog;
}

class observing : public testing::Test {
 protected:
  observing() {
    manifest_.peers.push_back(peer_entry("fpps-2", peer_, {server_.url()}));
    questions_.known.resize(1);
    publish({{"db19_24", 1}});
  }

  /// The peer publishes these, and serves them.
  void publish(const std::vector<std::pair<std::string, Serial>>& images) { publish(catalog_of(peer_.id(), images)); }
  void publish(const Catalog& catalog) {
    peer_.publish(catalog);
    server_.serve(peer_.tree());
  }

  /// One run: a fresh memory on the same disk, a fresh transport.
  std::vector<plan::PeerView> observe() {
    memory_ = std::make_unique<io::PeerMemory>(files_, folder_.path());
    io::CurlTransport transport(clock_, {.connect_timeout = std::chrono::seconds(5), .retry = {}, .seed = 1});
    questions_.manifest = &manifest_;
    questions_.now = now_;
    return observe::observe_peers(questions_, transport, *memory_, clock_, {});
  }
  plan::PeerView view() { return observe().at(0); }

  plan::Unknown unknown() {
    const plan::PeerView seen = view();
    if (const auto* found = std::get_if<plan::Unknown>(&seen)) return *found;
    ADD_FAILURE() << "the peer was seen";
    return {};
  }
  plan::PeerCatalog catalog() {
    const plan::PeerView seen = view();
    if (const auto* found = std::get_if<plan::PeerCatalog>(&seen)) return *found;
    const auto* not_seen = std::get_if<plan::Unknown>(&seen);
    ADD_FAILURE() << "no catalog: "
                  << (not_seen != nullptr ? std::string(text_of(not_seen->code)) + " " + not_seen->why : "settled or own");
    return {plan::SeenHead{
                .id = {}, .own_name = ServerName::of("none"), .digest = {}, .index = {}, .issued = {}, .expires = {}, .url = {}},
            std::make_shared<Catalog>()};
  }
  std::vector<std::string> names() {
    const plan::PeerCatalog seen = catalog();
    std::vector<std::string> found;
    for (const auto& image : seen.catalog->images) found.push_back(image.name.text());
    return found;
  }
  void expect_unknown(const std::string& code, const std::string& detail, const std::string& part = "") {
    const plan::Unknown found = unknown();
    EXPECT_EQ(text_of(found.code), code) << found.why;
    EXPECT_EQ(text_of(found.detail_code), detail) << found.why;
    EXPECT_THAT(found.why, testing::HasSubstr(part));
    EXPECT_THAT(found.why, testing::HasSubstr("127.0.0.1")) << "the URL is named";
  }
  /// The paths asked for since the last call.
  std::vector<std::string> asked() {
    auto paths = server_.asked_paths();
    server_.forget();
    return paths;
  }
  std::string path_of_page(std::size_t page = 0) const { return "c/" + peer_.index().pages.at(page).piece.digest.hex(); }
  std::string path_of_index() const { return "c/" + peer_.head().index.digest.hex(); }
  /// As after a plan that found nothing to do for the peer.
  void settle(const plan::SeenHead& head, std::optional<Time> until = {}) {
    io::PeerMemory(files_, folder_.path())
        .keep_settled(peer_.id(),
                      {observe::settled_fingerprint(head, questions_.known[0]), until, {{Code::before_baseline, "copy.x", "x"}}});
  }

  Time now_{Seconds(1'795'000'000)};
  FakeClock clock_{now_};
  Publisher peer_{"fpps-2", now_};
  TreeServer server_;
  TestFolder folder_;
  io::PosixFiles files_;
  std::unique_ptr<io::PeerMemory> memory_;
  Manifest manifest_{.path = "ingot.toml",
                     .digest = {},
                     .server = {.name = ServerName::of("fpps-1"), .url = {}, .clients = {}, .targets = {}, .at = {}},
                     .limits = {},
                     .guard = {},
                     .peers = {},
                     .types = {},
                     .images = {},
                     .series = {},
                     .subscriptions = {},
                     .copies = {}};
  observe::PeerQuestions questions_{
      .manifest = nullptr, .self = ServerId{io::sha256("self")}, .known = {}, .now = {}, .read_settled = false, .only = {}};
};

}  // namespace ingot::testing_support
