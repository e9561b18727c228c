// What is made of a peer: R19's classes, R1, R3, R5, and what an attacker between us can and cannot do (rows A and B).
#include "reconciler/observe/observe.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "reconciler/io/interrupt.hpp"
#include "reconciler/observe/follow_roots.hpp"
#include "schema/error.hpp"
#include "tests/observe/observing.hpp"

namespace ingot::testing_support {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

TEST_F(observing, R3_a_peer_whose_head_verifies_against_its_card_is_seen) {
  const PeerCatalog seen = catalog();
  EXPECT_EQ(seen.head.id, peer_.id());
  EXPECT_EQ(seen.head.own_name.text(), "fpps-2");
  EXPECT_EQ(seen.head.serial, 1U);
  EXPECT_EQ(seen.head.digest, sha256(peer_.tree().at("head.dsse")));
  EXPECT_EQ(seen.head.index, peer_.head().index.digest);
  EXPECT_EQ(seen.head.url, server_.url());
  EXPECT_EQ(*seen.catalog, catalog_of(peer_.id(), {{"db19_24", 1}}));
  EXPECT_EQ(memory_->trouble(), std::nullopt);
}

TEST_F(observing, R19_no_answer_is_unreachable) {
  const std::vector<Answer> answers{{404, "no", "text/plain", {}}, {500, "no", "text/plain", {}}, {403, "no", "text/plain", {}},
                                    {302, "", "", {{"Location", "/x"}}}, {200, "", "text/plain", {}}, {200, "<html><body>Please log in", "text/html", {}},
                                    {200, "\n  <!DOCTYPE html>", "application/json", {}}, {200, peer_.tree().at("head.dsse").substr(0, 100), "application/json", {}},
                                    {200, "<html>" + std::string(100'000, ' '), "text/html", {}}, {200, "{}", "text/plain", {{"Content-Encoding", "gzip"}}}};
  for (const auto& answer : answers) {
    server_.instead("head.dsse", [=](const Asked&) { return answer; });
    const Unknown found = unknown();
    EXPECT_EQ(found.code, "unreachable") << answer.status << answer.body.substr(0, 100) << found.why;
    EXPECT_THAT(found.why, HasSubstr(server_.url() + "head.dsse"));
    EXPECT_EQ(memory_->head(peer_.id()), std::nullopt) << "B14: nothing of it is kept";
  }
  server_.instead("head.dsse", nullptr);
  EXPECT_THAT(names(), ElementsAre("db19_24"));
}

TEST_F(observing, R19_a_dead_server_is_unreachable_and_the_last_head_is_told) {
  const auto last = catalog().head;
  manifest_.peers[0].urls = {"http://127.0.0.1:1/"};
  const Unknown found = unknown();
  EXPECT_EQ(found.code, "unreachable");
  EXPECT_EQ(found.last, last);
}

TEST_F(observing, R19_anything_else_in_place_of_a_head_is_untrusted) {
  const std::string good = peer_.tree().at("head.dsse");
  Publisher other("fpps-2", now_);
  other.publish(catalog_of(other.id(), {{"evil", 1}}));
  const auto key = PrivateKey::generate();
  Head of_another = peer_.head();
  of_another.id = other.id();
  const std::vector<std::pair<std::string, std::string>> heads{
      {"not-a-head", "hello"}, {"not-a-head", "{}"}, {"not-a-head", "[]"}, {"not-a-head", std::string(70'000, ' ') + good}, {"not-a-head", peer_.tree().at("root/1.dsse")},
      {"bad-signature", other.tree().at("head.dsse")}, {"bad-signature", peer_.signed_head(peer_.head(), &key)}, {"wrong-server", peer_.signed_head(of_another)}};
  for (const auto& [code, head] : heads) {
    server_.put("head.dsse", head);
    asked();
    expect_unknown("untrusted", code);
    for (const auto& path : asked()) EXPECT_FALSE(path.starts_with("c/")) << "A1: nothing is asked after a bad head";
    EXPECT_EQ(memory_->head(peer_.id()), std::nullopt);
    EXPECT_EQ(memory_->floor(peer_.id()), std::nullopt);
  }
}

TEST_F(observing, A1_no_flipped_bit_of_a_head_is_accepted) {
  catalog();
  publish({{"db19_24", 1}, {"db19_25", 2}});
  const std::string good = peer_.tree().at("head.dsse");
  for (std::size_t at = 0; at < good.size(); at += 7) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    server_.put("head.dsse", bad);
    const PeerView seen = view();
    if (const auto* found = std::get_if<PeerCatalog>(&seen)) {
      EXPECT_EQ(found->head.index, peer_.head().index.digest) << "a hint such as keyid may change, the content may not: byte " << at;
    }
  }
}

TEST_F(observing, R19_the_wrong_servers_tree_is_untrusted) {
  Publisher other("fpps-2", now_);
  other.publish(catalog_of(other.id(), {{"evil", 1}}));
  server_.serve(other.tree());
  expect_unknown("untrusted", "wrong-server", "card");
}

TEST_F(observing, R19_a_piece_with_a_wrong_digest_or_length_is_untrusted) {
  for (const auto& path : {path_of_index(), path_of_page()}) {
    const std::string good = peer_.tree().at(path);
    std::string swapped = good;
    swapped[5] = static_cast<char>(swapped[5] ^ 1);
    for (const auto& bad : {swapped, good + "x", good.substr(1), good + std::string(1'000'000, 'x'), std::string("x")}) {
      server_.put(path, bad);
      expect_unknown("untrusted", "bad-digest");
    }
    server_.put(path, good);
  }
  EXPECT_THAT(names(), ElementsAre("db19_24"));
}

TEST_F(observing, B14_a_web_page_or_nothing_in_place_of_a_piece_is_unreachable) {
  for (const auto& path : {path_of_index(), path_of_page()}) {
    for (const auto& body : {std::string("<html>portal"), std::string(), "<html>" + std::string(1'000'000, ' ')}) {
      server_.instead(path, [=](const Asked&) { return Answer{200, body, "text/html", {}}; });
      EXPECT_EQ(unknown().code, "unreachable") << body.substr(0, 20);
    }
    server_.instead(path, nullptr);
  }
  EXPECT_THAT(names(), ElementsAre("db19_24"));
}

TEST_F(observing, A5_a_rollback_is_untrusted_also_after_a_restart) {
  for (Serial serial = 2; serial <= 6; ++serial) publish({{"db19_24", 1}});
  const Tree old = peer_.tree();
  publish({{"db19_24", 1}, {"db19_25", 7}});
  EXPECT_EQ(catalog().head.serial, 7U);
  server_.serve(old);
  for (int run = 0; run < 2; ++run) expect_unknown("untrusted", "rollback", "7->6");
  EXPECT_EQ(unknown().last->serial, 7U);
  EXPECT_EQ(memory_->floor(peer_.id())->serial, 7U);
  server_.serve(peer_.tree());
  EXPECT_EQ(catalog().head.serial, 7U);
}

TEST_F(observing, A5_the_states_floor_holds_without_the_files) {
  for (Serial serial = 2; serial <= 7; ++serial) publish({{"db19_24", 1}});
  questions_.known[0].floor = Floor{.id = peer_.id(), .epoch = 1, .serial = 8, .head = sha256("x"), .root_version = 1, .issued = now_};
  expect_unknown("untrusted", "rollback", "8->7");
}

TEST_F(observing, A5_the_files_floor_holds_without_the_state_and_the_cache) {
  publish({{"db19_24", 1}});
  const Tree old = peer_.tree();
  publish({{"db19_24", 1}});
  catalog();
  fs::remove_all(folder_.path() + "/cache");
  server_.serve(old);
  expect_unknown("untrusted", "rollback", "3->2");
}

TEST_F(observing, G5_a_damaged_floor_is_not_no_floor) {
  for (int i = 0; i < 5; ++i) publish({{"db19_24", 1}});
  const Tree old = peer_.tree();
  publish({{"db19_24", 1}});
  publish({{"db19_24", 1}});
  catalog();
  for (const auto& entry : fs::recursive_directory_iterator(folder_.path() + "/trust")) {
    if (entry.is_regular_file()) fs::resize_file(entry.path(), 3);
  }
  fs::remove_all(folder_.path() + "/cache");
  server_.serve(old);
  expect_unknown("untrusted", "rollback");
  EXPECT_THAT(memory_->trouble().value_or(""), HasSubstr("damaged"));
  server_.serve(peer_.tree());
  EXPECT_EQ(catalog().head.serial, 8U) << "the newest head is accepted, and the floor heals";
  catalog();
  EXPECT_EQ(memory_->trouble(), std::nullopt);
}

TEST_F(observing, A6_equivocation_is_kept_as_evidence_and_sticks) {
  catalog();
  const Tree first = peer_.tree();
  peer_.publish(catalog_of(peer_.id(), {{"other", 1}}), 1);
  server_.serve(peer_.tree());
  expect_unknown("untrusted", "equivocation");
  const std::string folder = memory_->evidence_folder(peer_.id());
  EXPECT_EQ(files_.list(folder).size(), 2U);
  EXPECT_EQ(read_file(files_, folder + "/" + sha256(first.at("head.dsse")).hex() + ".dsse", largest_head), first.at("head.dsse"));
  EXPECT_EQ(read_file(files_, folder + "/" + sha256(peer_.tree().at("head.dsse")).hex() + ".dsse", largest_head), peer_.tree().at("head.dsse"));

  server_.serve(first);
  asked();
  const Unknown still = unknown();
  EXPECT_EQ(still.code, "untrusted");
  EXPECT_EQ(still.detail_code, "equivocation");
  EXPECT_THAT(still.why, HasSubstr(folder));
  EXPECT_THAT(asked(), IsEmpty()) << "it is not even asked";

  fs::remove_all(folder);
  EXPECT_THAT(names(), ElementsAre("db19_24")) << "a human has looked";
}

TEST_F(observing, A7_a_head_is_good_until_its_end) {
  now_ += hours(24 * 14) - Seconds(1);
  catalog();
  now_ += Seconds(1);
  expect_unknown("expired", "", "ingot publish");
  EXPECT_EQ(unknown().last->serial, 1U);
  peer_.set_now(now_);
  publish({{"db19_24", 1}});
  EXPECT_THAT(names(), ElementsAre("db19_24")) << "a fresh head mends it with no step by hand";
}

TEST_F(observing, A7_max_age_replaces_it_both_ways) {
  manifest_.peers[0].max_age = hours(1);
  now_ += hours(1) - Seconds(1);
  catalog();
  now_ += Seconds(1);
  expect_unknown("expired", "");
  manifest_.peers[0].max_age = hours(24 * 90);
  now_ += hours(24 * 80);
  catalog();
}

TEST_F(observing, G12_a_clock_behind_or_a_head_from_the_future_is_told) {
  catalog();
  now_ -= hours(24 * 365 * 10);
  expect_unknown("untrusted", "clock-behind", "clock");
  fs::remove_all(folder_.path() + "/trust");
  expect_unknown("untrusted", "from-the-future", "clock");
}

TEST_F(observing, A9_authentic_pieces_of_another_head_are_untrusted) {
  const Tree old = peer_.tree();
  const std::string old_index = path_of_index();
  const std::string old_page = path_of_page();
  publish({{"db19_24", 1}, {"db19_25", 2}});
  const std::string new_index = path_of_index();
  const std::string new_page = path_of_page();
  server_.put(new_index, old.at(old_index));
  expect_unknown("untrusted", "bad-digest");
  server_.put(new_index, peer_.tree().at(new_index));
  server_.put(new_page, old.at(old_page));
  expect_unknown("untrusted", "bad-digest");
}

TEST_F(observing, A10_a_serial_blown_up_is_untrusted) {
  catalog();
  peer_.publish(catalog_of(peer_.id(), {{"db19_24", 1}}), 1 + largest_jump + 1);
  server_.serve(peer_.tree());
  expect_unknown("untrusted", "jump");
  peer_.publish(catalog_of(peer_.id(), {{"db19_24", 1}}), 1 + largest_jump);
  server_.serve(peer_.tree());
  catalog();
}

TEST_F(observing, A13_a_catalog_beyond_the_bounds_is_not_fetched) {
  Index huge;
  for (int i = 0; i < 65; ++i) {
    huge.pages.push_back({.kind = PageKind::images, .first = "image" + std::to_string(1000 + i), .entries = 512,
                          .piece = {.digest = sha256(std::to_string(i)), .length = largest_page}});
  }
  const std::string bytes = write_index(huge);
  Head head = peer_.head();
  head.serial = 2;
  head.index = Publisher::piece_of(bytes);
  server_.put("c/" + head.index.digest.hex(), bytes);
  server_.put("head.dsse", peer_.signed_head(head));
  asked();
  expect_unknown("untrusted", "malformed", "512 MiB");
  EXPECT_THAT(asked(), ElementsAre("root/1.dsse", "head.dsse", "c/" + head.index.digest.hex())) << "no page is";
  head.serial = 3;
  head.index.length = largest_index + 1;
  server_.put("head.dsse", peer_.signed_head(head));
  EXPECT_EQ(unknown().code, "untrusted");
  EXPECT_THAT(asked(), ElementsAre("head.dsse"));
}

TEST_F(observing, R19_a_signed_catalog_that_is_malformed_is_untrusted) {
  for (const bool index_is_bad : {true, false}) {
    const std::string page = "{\"format\":\"ingot.page/1\",\"kind\":\"images\"}\n{\"image\":\"../../etc/passwd\"}\n";
    Index index{.pages = {{.kind = PageKind::images, .first = "a", .entries = 1, .piece = Publisher::piece_of(page)}}};
    const std::string bytes = index_is_bad ? "{\"format\":\"ingot.index/1\",\"pages\":5}\n" : write_index(index);
    Head head = peer_.head();
    head.serial += index_is_bad ? 1 : 2;
    head.index = Publisher::piece_of(bytes);
    server_.put("c/" + head.index.digest.hex(), bytes);
    server_.put("c/" + sha256(page).hex(), page);
    server_.put("head.dsse", peer_.signed_head(head));
    expect_unknown("untrusted", "malformed");
  }
}

// Several URLs (A15).

class observing_mirrors : public observing {
 protected:
  observing_mirrors() { manifest_.peers[0].urls = {mirror_.url(), server_.url()}; }
  TreeServer mirror_;
};

TEST_F(observing_mirrors, A15_a_bad_mirror_does_not_block_a_good_one) {
  Publisher other("fpps-2", now_);
  other.publish({});
  const Tree good = peer_.tree();
  Tree bad_page = good;
  bad_page[path_of_page()] += "x";
  Tree bad_signature = good;
  bad_signature["head.dsse"] = other.tree().at("head.dsse");
  Tree no_page = good;
  no_page.erase(path_of_page());
  for (const auto& bad : {Tree{}, other.tree(), bad_page, bad_signature, no_page, Tree{{"head.dsse", "<html>"}, {"root/1.dsse", "garbage"}}}) {
    fs::remove_all(folder_.path() + "/cache");
    mirror_.serve(bad);
    const PeerCatalog seen = catalog();
    EXPECT_EQ(seen.head.url, server_.url());
  }
}

TEST_F(observing_mirrors, A15_a_good_answer_of_one_vouches_for_no_other) {
  mirror_.serve(peer_.tree());
  EXPECT_EQ(catalog().head.url, mirror_.url());
  EXPECT_THAT(asked(), IsEmpty()) << "the second URL is not needed";
  mirror_.serve({});
  Publisher other("fpps-2", now_);
  other.publish({});
  server_.serve(other.tree());
  const Unknown found = unknown();
  EXPECT_EQ(found.code, "untrusted");
  EXPECT_THAT(found.why, HasSubstr(mirror_.url()));
  EXPECT_THAT(found.why, HasSubstr(server_.url())) << "both reasons are told";
}

TEST_F(observing_mirrors, A15_a_mirror_that_lags_is_passed_over) {
  mirror_.serve(peer_.tree());
  catalog();
  publish({{"db19_24", 1}, {"db19_25", 2}});
  mirror_.serve(peer_.tree());
  catalog();
  const Tree newest = peer_.tree();
  mirror_.serve({});
  publish({{"db19_24", 1}, {"db19_25", 2}, {"db19_26", 3}});
  EXPECT_EQ(catalog().head.serial, 3U);
  mirror_.serve(newest);
  EXPECT_EQ(catalog().head.serial, 3U);
  server_.serve({});
  EXPECT_EQ(unknown().detail_code, "rollback") << "with no better answer it is one";
}

TEST_F(observing_mirrors, B7_validators_of_one_url_are_not_sent_to_another) {
  mirror_.serve(peer_.tree());
  catalog();
  mirror_.serve({});
  catalog();
  for (const auto& question : server_.asked()) EXPECT_FALSE(question.headers.contains("if-none-match"));
}

// What a server says of its cache (B6, B7).

TEST_F(observing, B6_a_server_that_always_answers_304_is_judged_by_the_heads_own_end) {
  catalog();
  server_.instead("head.dsse", [](const Asked&) { return Answer{304, "", "", {}}; });
  catalog();
  now_ += hours(24 * 15);
  EXPECT_EQ(unknown().code, "unreachable") << "it was asked plainly, and had no answer to that";
}

TEST_F(observing, B6_304_with_nothing_cached_is_no_answer) {
  server_.instead("head.dsse", [](const Asked&) { return Answer{304, "", "", {}}; });
  expect_unknown("unreachable", "", "304");
}

TEST_F(observing, B6_a_damaged_cache_is_fetched_anew) {
  catalog();
  for (const auto& entry : fs::recursive_directory_iterator(folder_.path() + "/cache")) {
    if (entry.is_regular_file()) fs::resize_file(entry.path(), 5);
  }
  EXPECT_THAT(names(), ElementsAre("db19_24"));
  EXPECT_THAT(names(), ElementsAre("db19_24"));
}

TEST_F(observing, B7_an_etag_that_lies_delays_news_and_no_more) {
  catalog();
  publish({{"db19_24", 1}, {"db19_25", 2}});
  server_.instead("head.dsse", [this](const Asked& asked) {
    return asked.headers.contains("if-none-match") ? Answer{304, "", "", {}} : Answer{200, peer_.tree().at("head.dsse"), "text/plain", {{"ETag", "\"same\""}}};
  });
  EXPECT_EQ(catalog().head.serial, 1U);
  peer_.set_now(now_ += hours(24 * 15));
  publish({{"db19_24", 1}, {"db19_25", 2}});
  EXPECT_EQ(catalog().head.serial, 3U) << "when the old head is over it is asked for plainly";
}

// Costs.

TEST_F(observing, an_idle_poll_is_one_request) {
  const auto first = catalog();
  asked();
  catalog();
  EXPECT_THAT(asked(), ElementsAre("head.dsse")) << "pages come from the cache";
  settle(first.head);
  server_.forget();
  const PeerView seen = view();
  ASSERT_TRUE(std::holds_alternative<Settled>(seen));
  const auto requests = server_.asked();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_TRUE(requests[0].headers.contains("if-none-match"));
  EXPECT_EQ(requests[0].headers.at("cache-control"), "no-cache");
}

TEST_F(observing, a_change_costs_the_head_the_index_and_the_pages_it_touched) {
  std::vector<std::pair<std::string, Serial>> images;
  for (int i = 0; i < 5000; ++i) images.emplace_back("image" + std::to_string(100'000 + i), 2);
  publish(images);
  ASSERT_GT(peer_.index().pages.size(), 20U);
  EXPECT_EQ(names().size(), 5000U);
  images.emplace_back("image102500a", 3);
  publish(images);
  asked();
  EXPECT_EQ(names().size(), 5001U);
  EXPECT_LE(asked().size(), 4U);
}

TEST_F(observing, old_pieces_are_forgotten_but_those_of_the_last_two_heads) {
  for (int i = 0; i < 5; ++i) {
    publish({{"db19_24", 1}, {"x" + std::to_string(i), static_cast<Serial>(i + 2)}});
    Catalog next = catalog_of(peer_.id(), {{"db19_24", 1}});
    for (int old = 0; old <= i; ++old) next.images.push_back(own_image(peer_.id(), "x" + std::to_string(old), static_cast<Serial>(old + 2)));
    publish(next);
    catalog();
  }
  EXPECT_LE(files_.list(folder_.path() + "/cache/" + peer_.id().root.hex() + "/c").size(), 4U);
}

TEST_F(observing, an_idle_run_writes_nothing) {
  settle(catalog().head);
  const auto state_of_disk = [&] {
    std::map<std::string, fs::file_time_type> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) found[entry.path()] = entry.last_write_time();
    return found;
  };
  const auto before = state_of_disk();
  ASSERT_TRUE(std::holds_alternative<Settled>(view()));
  EXPECT_EQ(state_of_disk(), before);
}

// Settled.

TEST_F(observing, a_settled_peer_is_read_again_when_anything_changed) {
  const auto head = catalog().head;
  settle(head);
  const PeerView seen = view();
  ASSERT_TRUE(std::holds_alternative<Settled>(seen));
  EXPECT_EQ(std::get<Settled>(seen).head, head);
  EXPECT_EQ(std::get<Settled>(seen).notes.size(), 1U);

  questions_.read_settled = true;
  catalog();
  questions_.read_settled = false;
  questions_.known[0].rules = sha256("other rules");
  catalog();
  questions_.known[0].rules = {};
  ASSERT_TRUE(std::holds_alternative<Settled>(view()));
  publish({{"db19_24", 1}, {"db19_25", 2}});
  catalog();
}

TEST_F(observing, a_settled_peer_is_read_again_when_its_time_comes) {
  settle(catalog().head, now_ + hours(1));
  ASSERT_TRUE(std::holds_alternative<Settled>(view()));
  now_ += hours(1);
  catalog();
}

TEST_F(observing, a_renewed_head_leaves_a_peer_settled) {
  settle(catalog().head);
  peer_.set_now(now_ += hours(24));
  publish({{"db19_24", 1}});
  const PeerView seen = view();
  ASSERT_TRUE(std::holds_alternative<Settled>(seen));
  EXPECT_EQ(std::get<Settled>(seen).head.serial, 2U);
  asked();
  view();
  EXPECT_THAT(server_.asked_paths(), ElementsAre("head.dsse"));
  EXPECT_TRUE(server_.asked()[0].headers.contains("if-none-match"));
}

TEST_F(observing, R19_a_settled_peer_whose_head_is_over_is_expired_all_the_same) {
  settle(catalog().head);
  now_ += hours(24 * 15);
  expect_unknown("expired", "");
}

// Who it is.

TEST_F(observing, R1_a_peer_that_is_this_server_is_not_asked) {
  questions_.self = peer_.id();
  EXPECT_TRUE(std::holds_alternative<OwnPeer>(view()));
  EXPECT_THAT(asked(), IsEmpty());
}

TEST_F(observing, R1_a_peer_with_this_servers_name_is_like_any_other) {
  manifest_.peers[0].name = ServerName::of("fpps-1");
  manifest_.peers[0].card.name = ServerName::of("fpps-1");
  EXPECT_THAT(names(), ElementsAre("db19_24"));
}

TEST_F(observing, R5_another_root_under_the_same_name_is_not_asked_until_it_is_said_to_replace) {
  const ServerId before{sha256("before")};
  questions_.known[0].registered_id = before;
  const Unknown found = unknown();
  EXPECT_EQ(found.code, "untrusted");
  EXPECT_EQ(found.detail_code, "identity-changed");
  EXPECT_THAT(found.why, HasSubstr("replaces = \"" + before.text() + "\""));
  EXPECT_THAT(asked(), IsEmpty());
  manifest_.peers[0].replaces = ServerId{sha256("somebody else")};
  EXPECT_EQ(unknown().detail_code, "identity-changed");
  manifest_.peers[0].replaces = before;
  catalog();
  questions_.known[0].registered_id = peer_.id();
  catalog();
}

// Roots.

TEST_F(observing, A11_a_new_catalog_key_is_followed_through_the_root) {
  catalog();
  peer_.rotate_catalog_key();
  publish({{"db19_24", 1}});
  asked();
  EXPECT_EQ(catalog().head.serial, 2U);
  EXPECT_THAT(asked(), testing::Contains("root/2.dsse"));
  catalog();
  EXPECT_THAT(asked(), ElementsAre("head.dsse")) << "the chain is in the cache";
}

TEST_F(observing, A11_a_head_by_a_revoked_key_is_untrusted) {
  const auto stolen = PrivateKey::from_pem(peer_.catalog_key().to_pem(), "test");
  peer_.rotate_catalog_key();
  publish({{"db19_24", 1}});
  catalog();
  Head head = peer_.head();
  head.serial = 3;
  server_.put("head.dsse", peer_.signed_head(head, &stolen));
  expect_unknown("untrusted", "bad-signature");
}

TEST_F(observing, A11_an_epoch_revokes_and_serials_go_on) {
  for (int i = 0; i < 5; ++i) publish({{"db19_24", 1}});
  catalog();
  peer_.rotate_catalog_key(true);
  peer_.publish(catalog_of(peer_.id(), {{"db19_24", 1}}), 3);
  server_.serve(peer_.tree());
  expect_unknown("untrusted", "rollback", "");
  peer_.publish(catalog_of(peer_.id(), {{"db19_24", 1}}), 7);
  server_.serve(peer_.tree());
  EXPECT_EQ(catalog().head.epoch, 2U);
}

TEST_F(observing, G11_a_reader_that_was_away_for_long_follows_the_chain) {
  catalog();
  for (int i = 0; i < 40; ++i) peer_.rotate_catalog_key();
  publish({{"db19_24", 1}});
  EXPECT_THAT(names(), ElementsAre("db19_24"));
}

TEST_F(observing, A12_a_gap_in_the_chain_ends_it) {
  for (int i = 0; i < 3; ++i) peer_.rotate_catalog_key();
  publish({{"db19_24", 1}});
  server_.remove("root/2.dsse");
  expect_unknown("untrusted", "bad-signature");
}

TEST_F(observing, A12_a_chain_without_end_is_cut) {
  for (int i = 0; i < most_new_roots + 5; ++i) peer_.rotate_catalog_key();
  publish({{"db19_24", 1}});
  const Unknown found = unknown();
  EXPECT_EQ(found.code, "untrusted");
  std::size_t roots = 0;
  for (const auto& path : asked()) roots += path.starts_with("root/") ? 1U : 0U;
  EXPECT_LE(roots, static_cast<std::size_t>(most_new_roots) + 2);
}

TEST_F(observing, A11_a_next_root_by_strangers_is_untrusted) {
  Publisher other("fpps-2", now_);
  other.rotate_catalog_key();
  server_.put("root/2.dsse", other.tree().at("root/2.dsse"));
  Head head = peer_.head();
  head.serial = 2;
  head.root_version = 2;
  server_.put("head.dsse", peer_.signed_head(head));
  expect_unknown("untrusted", "bad-signature");
}

TEST_F(observing, A8_a_root_that_is_over_is_untrusted_until_a_new_one_comes) {
  catalog();
  now_ += hours(24 * 3650);
  peer_.set_now(now_);
  publish({{"db19_24", 1}});
  expect_unknown("untrusted", "root-expired");
  peer_.publish_root_with(2, now_ + hours(24));
  server_.serve(peer_.tree());
  EXPECT_THAT(names(), ElementsAre("db19_24"));
}

TEST_F(observing, no_newer_root_is_asked_for_without_need) {
  catalog();
  for (const auto& path : asked()) EXPECT_NE(path, "root/2.dsse");
}

// Vanished (R19).

TEST_F(observing, R19_an_image_that_vanished_without_a_tombstone_is_untrusted_and_stays_so) {
  publish({{"db19_24", 1}, {"db19_25", 2}});
  catalog();
  publish({{"db19_25", 2}});
  for (int run = 0; run < 2; ++run) expect_unknown("untrusted", "vanished", "\"db19_24\"");
  EXPECT_EQ(unknown().last->serial, 2U) << "the last good head is still the one before";
}

TEST_F(observing, R19_an_image_with_a_tombstone_has_not_vanished) {
  publish({{"db19_24", 1}, {"db19_25", 2}});
  catalog();
  Catalog next = catalog_of(peer_.id(), {{"db19_25", 2}});
  next.deleted.push_back(tombstone(peer_.id(), "db19_24", 1, 3));
  publish(next);
  EXPECT_THAT(names(), ElementsAre("db19_25"));
  publish({{"db19_25", 2}});
  expect_unknown("untrusted", "vanished", "\"db19_24\"");
}

TEST_F(observing, R19_a_name_that_bears_another_image_now_needs_the_tombstone_of_the_first) {
  catalog();
  Catalog next = catalog_of(peer_.id(), {{"db19_24", 2}});
  publish(next);
  expect_unknown("untrusted", "vanished", "\"db19_24\"");
  next.deleted.push_back(tombstone(peer_.id(), "db19_24", 1, 2));
  next.images[0] = own_image(peer_.id(), "db19_24", 3);
  publish(next);
  EXPECT_THAT(names(), ElementsAre("db19_24"));
}

TEST_F(observing, R19_a_series_that_vanished_is_untrusted_and_one_that_ended_is_not) {
  Catalog with = catalog_of(peer_.id(), {{"db19_24", 1}});
  with.series.push_back({.name = SeriesName::of("db19"), .created = 2, .members = {{with.images[0].identity, 2}}});
  publish(with);
  catalog();
  Catalog without = catalog_of(peer_.id(), {{"db19_24", 1}});
  publish(without);
  expect_unknown("untrusted", "vanished", "\"db19\"");
  without.deleted_series.push_back({.name = SeriesName::of("db19"), .created = 2, .deleted = 3});
  publish(without);
  catalog();
}

TEST_F(observing, R19_copies_may_go_and_members_may_be_unknown) {
  Catalog with = catalog_of(peer_.id(), {{"db19_24", 1}});
  with.images.push_back(copied_image(server_id("third"), "other", 5, 2));
  with.series.push_back({.name = SeriesName::of("db19"), .created = 2, .members = {{ImageIdentity{server_id("third"), ImageName::of("unseen"), 3}, 2}}});
  publish(with);
  catalog();
  with.images.pop_back();
  publish(with);
  EXPECT_THAT(names(), ElementsAre("db19_24"));
}

TEST_F(observing, R19_vanishing_is_noticed_in_a_large_catalog) {
  std::vector<std::pair<std::string, Serial>> images;
  for (int i = 0; i < 2000; ++i) images.emplace_back("image" + std::to_string(100'000 + i), 2);
  publish(images);
  catalog();
  images.erase(images.begin() + 1234);
  publish(images);
  expect_unknown("untrusted", "vanished", "image101234");
}

// Pieces that are missing (B15, N9).

TEST_F(observing, B15_a_missing_piece_makes_it_ask_for_the_head_again) {
  const Tree old = peer_.tree();
  const std::string lost = path_of_page();
  publish({{"db19_24", 1}, {"db19_25", 2}});
  Tree mixed = peer_.tree();
  mixed.erase(lost);
  server_.serve(mixed);
  int heads = 0;
  server_.instead("head.dsse", [&](const Asked&) { return Answer{200, ++heads == 1 ? old.at("head.dsse") : mixed.at("head.dsse"), "text/plain", {}}; });
  EXPECT_EQ(catalog().head.serial, 2U) << "the publisher had moved on";
  EXPECT_EQ(heads, 2);
}

TEST_F(observing, B15_a_piece_that_stays_missing_is_unreachable_and_N9_recovers) {
  catalog();
  publish({{"db19_24", 1}, {"db19_25", 2}});
  server_.remove(path_of_page());
  expect_unknown("unreachable", "missing-piece");
  EXPECT_EQ(unknown().last->serial, 1U) << "N9: the old head is still the last good one";
  EXPECT_EQ(memory_->floor(peer_.id())->serial, 2U) << "but its number is remembered";
  server_.serve(peer_.tree());
  EXPECT_EQ(catalog().head.serial, 2U);
}

// All peers together.

TEST_F(observing, R19_one_bad_peer_never_stops_the_others) {
  std::vector<std::unique_ptr<Publisher>> publishers;
  std::vector<std::unique_ptr<TreeServer>> servers;
  for (int i = 0; i < 12; ++i) {
    publishers.push_back(std::make_unique<Publisher>("p" + std::to_string(i), now_));
    publishers.back()->publish(catalog_of(publishers.back()->id(), {{"image" + std::to_string(i), 1}}));
    servers.push_back(std::make_unique<TreeServer>());
    servers.back()->serve(publishers.back()->tree());
    manifest_.peers.push_back(peer_entry("p" + std::to_string(i), *publishers.back(), {servers.back()->url()}));
  }
  questions_.known.resize(manifest_.peers.size());
  servers[0]->put("head.dsse", "garbage");
  servers[3]->serve({});
  servers[5]->instead("*", [](const Asked&) { return Answer{200, "<html>", "text/html", {}}; });
  manifest_.peers[8].urls = {"http://127.0.0.1:1/"};
  manifest_.peers[9].credentials.token_env = "INGOT_NO_SUCH_VARIABLE";
  const auto views = observe();
  ASSERT_EQ(views.size(), 13U);
  for (std::size_t i = 0; i < views.size(); ++i) {
    const bool bad = i == 1 || i == 4 || i == 6 || i == 8 || i == 9;
    EXPECT_EQ(std::holds_alternative<Unknown>(views[i]), bad) << i;
    EXPECT_EQ(std::holds_alternative<PeerCatalog>(views[i]), !bad) << i;
  }
  EXPECT_EQ(std::get<Unknown>(views[1]).code, "untrusted");
  EXPECT_THAT(std::get<Unknown>(views[9]).why, HasSubstr("INGOT_NO_SUCH_VARIABLE"));
}

TEST_F(observing, asks_only_whom_it_shall) {
  manifest_.peers.push_back(peer_entry("other", peer_, {server_.url()}));
  questions_.known.resize(2);
  questions_.only = {ServerName::of("other")};
  const auto views = observe();
  EXPECT_EQ(std::get<Unknown>(views[0]).detail_code, "not-asked");
  EXPECT_TRUE(std::holds_alternative<PeerCatalog>(views[1]));
}

TEST_F(observing, R24_a_disk_that_cannot_be_written_is_a_note_and_no_more) {
  fs::remove_all(folder_.path());
  std::ofstream(folder_.path()) << "not a folder";
  EXPECT_THAT(names(), ElementsAre("db19_24"));
  EXPECT_NE(memory_->trouble(), std::nullopt);
}

TEST_F(observing, an_interrupt_ends_the_round) {
  pretend_interrupted(SIGINT);
  EXPECT_THROW(observe(), Error);
  pretend_interrupted(0);
}

TEST_F(observing, N7_no_text_shows_a_token) {
  ::setenv("INGOT_TEST_TOKEN", "s3cr3t-canary", 1);
  manifest_.peers[0].credentials.token_env = "INGOT_TEST_TOKEN";
  std::vector<std::string> texts;
  for (const int status : {401, 403, 500, 302, 200}) {
    server_.instead("*", [=](const Asked& asked) { return Answer{status, asked.headers.contains("authorization") ? "{" : "x", "text/plain", {}}; });
    texts.push_back(unknown().why);
  }
  ::unsetenv("INGOT_TEST_TOKEN");
  ASSERT_TRUE(server_.asked()[0].headers.contains("authorization"));
  for (const auto& text : texts) EXPECT_THAT(text, Not(HasSubstr("canary")));
  for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
    if (!entry.is_regular_file()) continue;
    EXPECT_THAT(read_file(files_, entry.path(), 1 << 20), Not(HasSubstr("canary")));
  }
}

TEST_F(observing, a_disk_is_a_peer_like_any_other) {
  TestFolder disk;
  peer_.write_to(disk.path());
  manifest_.peers[0].urls = {"file://" + disk.path() + "/"};
  EXPECT_THAT(names(), ElementsAre("db19_24"));
  publish({{"db19_24", 1}, {"db19_25", 2}});
  peer_.write_to(disk.path());
  EXPECT_THAT(names(), UnorderedElementsAre("db19_24", "db19_25"));
}

TEST_F(observing, tells_what_it_is_doing) {
  memory_ = std::make_unique<PeerMemory>(files_, folder_.path());
  CurlTransport transport(clock_, {});
  questions_.manifest = &manifest_;
  questions_.now = now_;
  std::vector<std::string> told;
  observe_peers(questions_, transport, *memory_, clock_, [&](const ServerName& name, const std::string& what) { told.push_back(name.text() + ": " + what); });
  EXPECT_THAT(told, ElementsAre("fpps-2: asking " + server_.url(), "fpps-2: read 1 of 1 pages"));
}

}  // namespace
}  // namespace ingot::testing_support
