// What is served in place of a head or a piece, and how it is judged: R19's classes, and the attacker between us (rows A).
#include <filesystem>

#include "reconciler/trust/verify.hpp"
#include "tests/observe/observing.hpp"

namespace ingot::testing_support {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(observing, R3_a_peer_whose_head_verifies_against_its_card_is_seen) {
  const plan::PeerCatalog seen = catalog();
  EXPECT_EQ(seen.head.id, peer_.id());
  EXPECT_EQ(seen.head.own_name.text(), "fpps-2");
  EXPECT_EQ(seen.head.serial, 1U);
  EXPECT_EQ(seen.head.digest, trust::head_digest(peer_.tree().at("head.dsse")));
  EXPECT_EQ(seen.head.index, peer_.head().index.digest);
  EXPECT_EQ(seen.head.url, server_.url());
  EXPECT_EQ(*seen.catalog, catalog_of(peer_.id(), {{"db19_24", 1}}));
  EXPECT_EQ(memory_->trouble(), std::nullopt);
}

TEST_F(observing, R19_no_answer_is_unreachable) {
  const std::vector<Answer> answers{{404, "no", "text/plain", {}},
                                    {500, "no", "text/plain", {}},
                                    {403, "no", "text/plain", {}},
                                    {302, "", "", {{"Location", "/x"}}},
                                    {200, "", "text/plain", {}},
                                    {200, "<html><body>Please log in", "text/html", {}},
                                    {200, "\n  <!DOCTYPE html>", "application/json", {}},
                                    {200, peer_.tree().at("head.dsse").substr(0, 100), "application/json", {}},
                                    {200, "<html>" + std::string(100'000, ' '), "text/html", {}},
                                    {200, "{}", "text/plain", {{"Content-Encoding", "gzip"}}}};
  for (const auto& answer : answers) {
    server_.instead("head.dsse", [=](const Asked&) { return answer; });
    const plan::Unknown found = unknown();
    EXPECT_EQ(found.code, Code::unreachable) << answer.status << answer.body.substr(0, 100) << found.why;
    EXPECT_THAT(found.why, HasSubstr(server_.url() + "head.dsse"));
    EXPECT_EQ(memory_->head(peer_.id()), std::nullopt) << "B14: nothing of it is kept";
  }
  server_.instead("head.dsse", nullptr);
  EXPECT_THAT(names(), ElementsAre("db19_24"));
}

TEST_F(observing, R19_whoever_answers_with_something_else_gets_a_mend_of_its_own) {
  const auto mend_after = [&](const Answer& answer) {
    server_.instead("*", [=](const Asked&) { return answer; });
    const plan::Unknown found = unknown();
    EXPECT_EQ(found.code, Code::unreachable);
    EXPECT_THAT(found.why, HasSubstr(found.mend)) << "who sees the reason alone is told too";
    return found.mend;
  };
  for (const int status : {401, 403}) EXPECT_THAT(mend_after({status, "", "", {}}), HasSubstr("names no token")) << status;
  ::setenv("INGOT_TEST_TOKEN", "x", 1);
  manifest_.peers[0].credentials.token_env = "INGOT_TEST_TOKEN";
  for (const int status : {401, 403})
    EXPECT_THAT(mend_after({status, "", "", {}}), HasSubstr("\"INGOT_TEST_TOKEN\" (token_env)")) << status;
  ::unsetenv("INGOT_TEST_TOKEN");
  EXPECT_THAT(mend_after({200, "", "", {}}), HasSubstr("set INGOT_TEST_TOKEN"));
  manifest_.peers[0].credentials = {};
  EXPECT_THAT(mend_after({404, "", "", {}}), HasSubstr("head.dsse"));
  EXPECT_THAT(mend_after({200, "<html>log in", "text/html", {}}), HasSubstr("captive portal"));
  EXPECT_THAT(mend_after({200, "<html>" + std::string(100'000, ' '), "text/html", {}}), HasSubstr("captive portal"));
  EXPECT_THAT(mend_after({302, "", "", {{"Location", "/x"}}}), HasSubstr("urls"));
  EXPECT_EQ(mend_after({500, "", "", {}}), "") << "it may go away by itself";
}

TEST_F(observing, R19_a_dead_server_is_unreachable_and_the_last_head_is_told) {
  const auto last = catalog().head;
  manifest_.peers[0].urls = {"http://127.0.0.1:1/"};
  const plan::Unknown found = unknown();
  EXPECT_EQ(found.code, Code::unreachable);
  EXPECT_EQ(found.last.value().digest, last.digest);
}

TEST_F(observing, R19_anything_else_in_place_of_a_head_is_untrusted) {
  const std::string good = peer_.tree().at("head.dsse");
  Publisher other("fpps-2", now_);
  other.publish(catalog_of(other.id(), {{"evil", 1}}));
  const auto key = trust::PrivateKey::generate();
  Head of_another = peer_.head();
  of_another.id = other.id();
  const std::vector<std::pair<std::string, std::string>> heads{{"not-a-head", "hello"},
                                                               {"not-a-head", "{}"},
                                                               {"not-a-head", "[]"},
                                                               {"not-a-head", std::string(70'000, ' ') + good},
                                                               {"not-a-head", peer_.tree().at("root/1.dsse")},
                                                               {"bad-signature", other.tree().at("head.dsse")},
                                                               {"bad-signature", peer_.signed_head(peer_.head(), &key)},
                                                               {"wrong-server", peer_.signed_head(of_another)}};
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
    const plan::PeerView seen = view();
    if (const auto* found = std::get_if<plan::PeerCatalog>(&seen)) {
      EXPECT_EQ(found->head.index, peer_.head().index.digest)
          << "a hint such as keyid may change, the content may not: byte " << at;
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
      for (const char* type : {"text/html", "application/octet-stream"}) {
        server_.instead(path, [=](const Asked&) { return Answer{200, body, type, {}}; });
        EXPECT_EQ(unknown().code, Code::unreachable) << body.substr(0, 20);
      }
    }
    server_.instead(path, nullptr);
  }
  EXPECT_THAT(names(), ElementsAre("db19_24"));
}

TEST_F(observing, A5_an_older_catalog_is_never_used_also_after_a_restart) {
  for (Serial serial = 2; serial <= 6; ++serial) publish({{"db19_24", 1}});
  const Tree old = peer_.tree();
  publish({{"db19_24", 1}, {"db19_25", 7}});
  EXPECT_EQ(catalog().head.serial, 7U);
  server_.serve(old);
  for (int run = 0; run < 2; ++run) EXPECT_THAT(names(), ElementsAre("db19_24", "db19_25"));
  EXPECT_EQ(memory_->floor(peer_.id())->serial, 7U);
  server_.serve(peer_.tree());
  EXPECT_EQ(catalog().head.serial, 7U);
}

TEST_F(observing, A5_the_states_floor_holds_without_the_files) {
  for (Serial serial = 2; serial <= 7; ++serial) publish({{"db19_24", 1}});
  questions_.known[0].floor =
      Floor{.id = peer_.id(), .epoch = 1, .serial = 8, .head = io::sha256("x"), .root_version = 1, .issued = now_};
  expect_unknown("unreachable", "stale", "serves serial 7, but serial 8 was seen before");
}

TEST_F(observing, A5_the_files_floor_holds_without_the_state_and_the_cache) {
  publish({{"db19_24", 1}});
  const Tree old = peer_.tree();
  publish({{"db19_24", 1}});
  catalog();
  fs::remove_all(folder_.path() + "/cache");
  server_.serve(old);
  expect_unknown("unreachable", "stale", "serves serial 2, but serial 3");
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
  expect_unknown("unreachable", "stale");
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
  EXPECT_EQ(io::read_file(files_, folder + "/" + io::sha256(first.at("head.dsse")).hex() + ".dsse", largest_head),
            first.at("head.dsse"));
  EXPECT_EQ(io::read_file(files_, folder + "/" + io::sha256(peer_.tree().at("head.dsse")).hex() + ".dsse", largest_head),
            peer_.tree().at("head.dsse"));

  server_.serve(first);
  asked();
  const plan::Unknown still = unknown();
  EXPECT_EQ(still.code, Code::untrusted);
  EXPECT_EQ(still.detail_code, Code::equivocation);
  EXPECT_THAT(still.why, HasSubstr(folder));
  EXPECT_THAT(asked(), IsEmpty()) << "it is not even asked";

  fs::remove_all(folder);
  EXPECT_THAT(names(), ElementsAre("db19_24")) << "a human has looked";
}

TEST_F(observing, A6_who_alters_what_is_not_signed_makes_no_second_head) {
  catalog();
  Tree tree = peer_.tree();
  auto envelope = std::get<Envelope>(parse_envelope(tree.at("head.dsse")));
  envelope.signatures.insert(envelope.signatures.begin(), {.key_id = "nobody", .bytes = std::string(64, 'x')});
  tree["head.dsse"] = write_envelope(envelope);
  ASSERT_NE(tree.at("head.dsse"), peer_.tree().at("head.dsse"));
  server_.serve(tree);
  EXPECT_THAT(names(), ElementsAre("db19_24"));
  EXPECT_FALSE(files_.status(memory_->evidence_folder(peer_.id())));
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

TEST_F(observing, R19_both_clocks_a_year_ahead_once_lock_nobody_out) {
  constexpr Seconds year = hours(24 * 365);
  peer_.set_now(now_ += year);
  publish({{"db19_24", 1}});
  catalog();
  now_ -= year;
  expect_unknown("untrusted", "clock-behind", "clock");
  peer_.set_now(now_);
  publish({{"db19_24", 1}, {"db19_25", 3}});
  const plan::PeerCatalog seen = catalog();
  ASSERT_EQ(seen.remarks.size(), 1U);
  EXPECT_EQ(seen.remarks[0].code, Code::clock_was_ahead);
  EXPECT_FALSE(seen.remarks[0].incomplete);
  EXPECT_EQ(memory_->floor(peer_.id())->issued, now_) << "the time of the accepted head is what is remembered";
  EXPECT_THAT(catalog().remarks, IsEmpty());
}

TEST_F(observing, R19_a_clock_that_was_ahead_lets_no_older_head_in) {
  publish({{"db19_24", 1}});
  const Tree old = peer_.tree();
  peer_.set_now(now_ += hours(24 * 365));
  publish({{"db19_24", 1}, {"db19_25", 3}});
  catalog();
  now_ -= hours(24 * 365);
  server_.serve(old);
  EXPECT_NE(unknown().code, Code::none) << "what was seen last is from the future, so nothing counts";
  Head other = peer_.head();
  other.issued = now_;
  server_.put("head.dsse", peer_.signed_head(other));
  expect_unknown("untrusted", "equivocation");
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
    huge.pages.push_back({.kind = PageKind::images,
                          .first = "image" + std::to_string(1000 + i),
                          .entries = 512,
                          .piece = {.digest = io::sha256(std::to_string(i)), .length = largest_page}});
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
  EXPECT_EQ(unknown().code, Code::untrusted);
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
    server_.put("c/" + io::sha256(page).hex(), page);
    server_.put("head.dsse", peer_.signed_head(head));
    expect_unknown("untrusted", "malformed");
  }
}

}  // namespace
}  // namespace ingot::testing_support
