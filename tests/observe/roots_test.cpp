// Who a peer is (R1, R5), and how its root is followed (A8, A11, A12).
#include <filesystem>

#include "reconciler/observe/follow_roots.hpp"
#include "tests/observe/observing.hpp"

namespace ingot::testing_support {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(observing, R1_a_peer_that_is_this_server_is_not_asked) {
  questions_.self = peer_.id();
  EXPECT_TRUE(std::holds_alternative<plan::OwnPeer>(view()));
  EXPECT_THAT(asked(), IsEmpty());
}

TEST_F(observing, R1_a_peer_with_this_servers_name_is_like_any_other) {
  manifest_.peers[0].name = ServerName::of("fpps-1");
  manifest_.peers[0].card.name = ServerName::of("fpps-1");
  EXPECT_THAT(names(), ElementsAre("db19_24"));
}

TEST_F(observing, R5_another_root_under_the_same_name_is_not_asked_until_it_is_said_to_replace) {
  const ServerId before{io::sha256("before")};
  questions_.known[0].registered_id = before;
  const plan::Unknown found = unknown();
  EXPECT_EQ(found.code, Code::untrusted);
  EXPECT_EQ(found.detail_code, Code::identity_changed);
  EXPECT_THAT(found.why, HasSubstr("replaces = \"" + before.text() + "\""));
  EXPECT_THAT(asked(), IsEmpty());
  manifest_.peers[0].replaces = ServerId{io::sha256("somebody else")};
  EXPECT_EQ(unknown().detail_code, Code::identity_changed);
  manifest_.peers[0].replaces = before;
  catalog();
  questions_.known[0].registered_id = peer_.id();
  catalog();
}

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

TEST_F(observing, R19_a_head_whose_root_cannot_be_had_is_not_called_untrusted) {
  catalog();
  peer_.rotate_catalog_key();
  publish({{"db19_24", 1}});
  server_.instead("root/2.dsse", [](const Asked&) { return Answer{503, "", "text/plain", {}}; });
  EXPECT_EQ(unknown().code, Code::unreachable);
  server_.instead("root/2.dsse", nullptr);
  EXPECT_EQ(catalog().head.serial, 2U);
}

TEST_F(observing, A11_a_head_by_a_revoked_key_is_untrusted) {
  const auto stolen = trust::PrivateKey::from_pem(peer_.catalog_key().to_pem(), "test");
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

TEST_F(observing, A11_a_rotated_key_does_not_come_back_when_the_cache_is_gone) {
  const auto old_key = trust::PrivateKey::from_pem(peer_.catalog_key().to_pem(), "test");
  peer_.rotate_catalog_key();
  publish({{"db19_24", 1}});
  catalog();
  std::filesystem::remove_all(folder_.path() + "/cache");
  Head head = peer_.head();
  head.serial = 9;
  head.root_version = 1;
  server_.put("head.dsse", peer_.signed_head(head, &old_key));
  server_.remove("root/2.dsse");
  expect_unknown("untrusted", "rollback", "root 2 was accepted before");
}

TEST_F(observing, A11_a_head_between_a_new_root_and_the_head_under_it_is_no_attack_unless_keys_were_revoked) {
  for (const bool revoked : {false, true}) {
    publish({{"db19_24", 1}});
    EXPECT_THAT(names(), ElementsAre("db19_24"));
    peer_.rotate_catalog_key();
    publish({{"db19_24", 1}});
    peer_.rotate_catalog_key(revoked);  // its publisher has died before the head under it
    server_.serve(peer_.tree());
    for (const char* poll : {"the first", "one that has kept all roots"}) {
      SCOPED_TRACE(poll);
      if (revoked)
        expect_unknown("untrusted", "bad-signature");
      else
        expect_unknown("unreachable", "", "signed under root 2, but root 3 exists; the peer may be publishing now");
    }
    publish({{"db19_24", 1}});
    EXPECT_THAT(names(), ElementsAre("db19_24"));
  }
}

TEST_F(observing, A12_a_root_that_was_made_for_another_one_is_untrusted) {
  peer_.rotate_catalog_key();
  Root next = peer_.root();
  next.previous = io::sha256("another root 1");
  server_.put("root/2.dsse", write_envelope(trust::sign_envelope(root_payload_type, write_root(next), {&peer_.root_key()})));
  Head head = peer_.head();
  head.serial = 2;
  head.root_version = 2;
  server_.put("head.dsse", peer_.signed_head(head));
  expect_unknown("untrusted", "broken-chain", "root/2.dsse");
}

TEST_F(observing, A12_a_gap_in_the_chain_ends_it) {
  for (int i = 0; i < 3; ++i) peer_.rotate_catalog_key();
  publish({{"db19_24", 1}});
  server_.remove("root/2.dsse");
  expect_unknown("untrusted", "bad-signature");
}

TEST_F(observing, A12_a_chain_without_end_is_cut) {
  for (int i = 0; i < observe::most_new_roots + 5; ++i) peer_.rotate_catalog_key();
  publish({{"db19_24", 1}});
  const plan::Unknown found = unknown();
  EXPECT_EQ(found.code, Code::untrusted);
  std::size_t roots = 0;
  for (const auto& path : asked()) roots += path.starts_with("root/") ? 1U : 0U;
  EXPECT_LE(roots, static_cast<std::size_t>(observe::most_new_roots) + 2);
  EXPECT_THAT(names(), ElementsAre("db19_24")) << "the next run goes on from the last root";
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

}  // namespace
}  // namespace ingot::testing_support
