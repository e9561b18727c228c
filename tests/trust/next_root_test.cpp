// The next root as an operator wants it: what may be asked for, and who has signed it.
#include "reconciler/trust/next_root.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/trust/signed_things.hpp"

namespace ingot::next_root_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Server& one() {
  static const Server server("one");
  return server;
}
PublicKey key(const std::string& name) { return test_key(name).public_key(); }
const PublicKey& root_key() { return one().root.root.keys.front(); }
const PublicKey& catalog_key() { return one().root.catalog.keys.front(); }

trust::RootChange nothing() { return {.root = {}, .catalog = {}, .revoke = {}, .expires = at("2040-01-01T00:00:00Z")}; }

Root made(const trust::RootChange& change) {
  const auto next = trust::next_root(trusted(one().root), change);
  if (const auto* why = std::get_if<trust::ImpossibleRoot>(&next)) ADD_FAILURE() << why->why;
  return std::get<Root>(next);
}
std::string refused(const trust::RootChange& change) {
  const auto next = trust::next_root(trusted(one().root), change);
  const auto* why = std::get_if<trust::ImpossibleRoot>(&next);
  return why != nullptr ? why->why : "";
}

TEST(next_root, renews_with_the_same_keys) {
  Root expected = next_of(one().root);
  expected.expires = at("2040-01-01T00:00:00Z");
  EXPECT_EQ(made(nothing()), expected);
}

TEST(next_root, adds_and_drops_keys_and_keeps_the_epoch) {
  trust::RootChange change = nothing();
  change.root = {.add = {key("a"), key("b")}, .drop = {root_key()}, .threshold = 2};
  change.catalog = {.add = {key("c")}, .drop = {}, .threshold = {}};
  const Root next = made(change);
  EXPECT_THAT(next.root.keys, ElementsAre(key("a"), key("b")));
  EXPECT_EQ(next.root.threshold, 2U);
  EXPECT_THAT(next.catalog.keys, ElementsAre(catalog_key(), key("c")));
  EXPECT_EQ(next.epoch, 1U);
}

TEST(next_root, A11_a_stolen_key_leaves_every_role_and_its_epoch_is_over) {
  trust::RootChange change = nothing();
  change.revoke = {catalog_key()};
  change.catalog.add = {key("c")};
  const Root next = made(change);
  EXPECT_THAT(next.catalog.keys, ElementsAre(key("c")));
  EXPECT_EQ(next.epoch, 2U);
}

TEST(next_root, A11_a_stolen_key_does_not_come_back_in_another_role) {
  trust::RootChange change = nothing();
  change.root.add = {key("a")};
  change.revoke = {root_key()};
  change.catalog.add = {root_key()};
  EXPECT_THAT(refused(change), HasSubstr("would be revoked and a catalog key again"));
}

TEST(next_root, A3_refuses_a_threshold_that_cannot_be_met_or_need_not_be) {
  trust::RootChange change = nothing();
  change.root.threshold = 2;
  EXPECT_THAT(refused(change), HasSubstr("2 of 1 root keys"));
  change.root.threshold = 0;
  EXPECT_THAT(refused(change), HasSubstr("0 of 1 root keys"));
  change.root = {.add = {}, .drop = {root_key()}, .threshold = {}};
  EXPECT_THAT(refused(change), HasSubstr("no root key would remain"));
  change = nothing();
  change.revoke = {catalog_key()};
  EXPECT_THAT(refused(change), HasSubstr("no catalog key would remain"));
}

TEST(next_root, refuses_keys_that_are_there_are_not_there_or_are_unsafe) {
  trust::RootChange change = nothing();
  change.root.add = {root_key()};
  EXPECT_THAT(refused(change), HasSubstr("is a root key already"));
  change.root.add = {PublicKey{}};
  EXPECT_THAT(refused(change), HasSubstr("unsafe"));
  change.root = {.add = {}, .drop = {catalog_key()}, .threshold = {}};
  EXPECT_THAT(refused(change), HasSubstr("is no root key"));
  change = nothing();
  change.revoke = {key("stranger")};
  EXPECT_THAT(refused(change), HasSubstr("root 1 names no key"));
  change = nothing();
  for (int i = 0; i < 16; ++i) change.catalog.add.push_back(key("k" + std::to_string(i)));
  EXPECT_THAT(refused(change), HasSubstr("more than a root may name"));
}

TEST(next_root, A2_a_key_signs_once_and_both_roots_thresholds_are_counted) {
  trust::RootChange change = nothing();
  change.root = {.add = {key("a"), key("b")}, .drop = {}, .threshold = 2};
  const Root next = made(change);
  Envelope envelope{.payload_type = std::string(root_payload_type), .payload = write_root(next), .signatures = {}};
  EXPECT_TRUE(trust::sign_too(envelope, test_key("a")));
  EXPECT_TRUE(trust::sign_too(envelope, test_key("a")));
  EXPECT_EQ(envelope.signatures.size(), 1U);
  trust::SignatureCount count = trust::count_signatures(envelope, one().root, next);
  EXPECT_EQ(count.before, 0U);
  EXPECT_EQ(count.own, 1U);
  EXPECT_FALSE(count.complete(one().root, next));
  EXPECT_TRUE(trust::sign_too(envelope, one().root_key));
  EXPECT_TRUE(trust::count_signatures(envelope, one().root, next).complete(one().root, next));
  EXPECT_EQ(code_of(trust::verify_next_root(write_envelope(envelope), trusted(one().root))), "");
  for (int i = 0; i < 14; ++i) EXPECT_TRUE(trust::sign_too(envelope, test_key("k" + std::to_string(i))));
  EXPECT_FALSE(trust::sign_too(envelope, test_key("one too many")));
}

}  // namespace
}  // namespace ingot::next_root_test
