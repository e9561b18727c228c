// Roots: the pinned first one, and the chain from each to the next (A8, A9, A11, A12).
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/trust/signed_things.hpp"

namespace ingot::root_chain_test {
namespace {

const Server& one() {
  static const Server server("one");
  return server;
}

TEST(root_trust, A9_takes_the_pinned_first_root_only) {
  const Server two("two");
  EXPECT_EQ(code_of(trust::verify_first_root(one().sign_root(one().root), one().id)), "");
  EXPECT_EQ(code_of(trust::verify_first_root(two.sign_root(two.root), one().id)), "wrong-server");
  Root renewed = one().root;
  renewed.expires += std::chrono::hours(1);
  EXPECT_EQ(code_of(trust::verify_first_root(one().sign_root(renewed), one().id)), "wrong-server");
}

TEST(root_trust, A1_the_first_root_is_signed_by_its_own_keys) {
  const trust::PrivateKey stranger = test_key("stranger");
  const auto sign = [&](const std::vector<const trust::PrivateKey*>& keys, std::string_view type) {
    return write_envelope(trust::sign_envelope(type, write_root(one().root), keys));
  };
  EXPECT_EQ(code_of(trust::verify_first_root(sign({&stranger}, root_payload_type), one().id)), "bad-signature");
  EXPECT_EQ(code_of(trust::verify_first_root(sign({&one().catalog_key}, root_payload_type), one().id)), "bad-signature");
  EXPECT_EQ(code_of(trust::verify_first_root(sign({&one().root_key}, head_payload_type), one().id)), "not-a-root");
}

TEST(root_trust, R19_takes_nothing_or_a_web_page_for_no_answer) {
  for (const std::string other : {"", "<html>", "{\"payload\""}) {
    EXPECT_EQ(code_of(trust::verify_first_root(other, one().id)), "not-ours") << other;
    EXPECT_EQ(code_of(trust::verify_next_root(other, trusted(one().root))), "not-ours") << other;
  }
  EXPECT_EQ(code_of(trust::verify_first_root("{}", one().id)), "not-a-root");
}

TEST(root_trust, the_first_root_has_version_1) {
  Root root = one().root;
  root.version = 2;
  root.previous = io::sha256("x");
  const ServerId pinned = trust::id_of_root(write_root(root));
  EXPECT_EQ(code_of(trust::verify_first_root(one().sign_root(root), pinned)), "bad-root");
}

TEST(root_trust, refuses_a_root_with_a_key_of_small_order) {
  Root root = one().root;
  root.catalog.keys.push_back(PublicKey{});
  EXPECT_EQ(code_of(trust::verify_first_root(one().sign_root(root), trust::id_of_root(write_root(root)))), "bad-root");
}

/// A root of this version that follows `one`'s chain, with one key that signs for both roles.
Root root_of(std::uint64_t version) {
  Root root = one().root;
  root.version = version;
  if (version > 1) root.previous = io::sha256("the root before");
  return root;
}

std::string code_of_next(const Root& next, const Root& current) {
  return code_of(trust::verify_next_root(one().sign_root(next), trusted(current)));
}

TEST(root_trust, A12_a_next_root_is_exactly_one_further) {
  EXPECT_EQ(code_of_next(next_of(root_of(7)), root_of(7)), "");
  for (const std::uint64_t version : {1U, 6U, 7U, 9U, 40U}) {
    Root next = next_of(root_of(7));
    next.version = version;
    if (version == 1) next.previous.reset();
    EXPECT_EQ(code_of_next(next, root_of(7)), "bad-root") << version;
  }
}

TEST(root_trust, A12_a_next_root_was_made_for_the_very_root_before_it) {
  Root next = next_of(one().root);
  EXPECT_EQ(code_of_next(next, one().root), "");
  next.previous = io::sha256("another root 1");
  EXPECT_EQ(code_of_next(next, one().root), "broken-chain");
  std::string none = write_root(next);
  none.replace(none.find("\"previous\":\""), std::string("\"previous\":\"sha256:").size() + 65, "\"previous\":null");
  EXPECT_EQ(code_of(trust::verify_next_root(write_envelope(trust::sign_envelope(root_payload_type, none, {&one().root_key})),
                                            trusted(one().root))),
            "malformed");
}

TEST(root_trust, A12_a_chain_is_held_by_its_bytes_not_by_their_meaning) {
  std::string payload = write_root(one().root);
  payload.insert(payload.size() - 2, ",\"comment\":\"ignored by readers\"");
  const auto first = trust::verify_first_root(write_envelope(trust::sign_envelope(root_payload_type, payload, {&one().root_key})),
                                              trust::id_of_root(payload));
  ASSERT_EQ(code_of(first), "");
  Root next = next_of(one().root);
  EXPECT_EQ(code_of(trust::verify_next_root(one().sign_root(next), std::get<trust::TrustedRoot>(first))), "broken-chain");
  next.previous = io::sha256(payload);
  EXPECT_EQ(code_of(trust::verify_next_root(one().sign_root(next), std::get<trust::TrustedRoot>(first))), "");
}

TEST(root_trust, A12_passes_through_a_next_root_that_is_over) {
  Root over = next_of(one().root);
  over.expires = at("1990-01-01T00:00:00Z");
  EXPECT_EQ(code_of_next(over, one().root), "");
}

TEST(root_trust, A5_the_epoch_never_goes_back) {
  Root current = root_of(1);
  current.epoch = 3;
  Root next = next_of(current);
  next.epoch = 2;
  EXPECT_EQ(code_of_next(next, current), "rollback");
  next.epoch = 4;
  EXPECT_EQ(code_of_next(next, current), "");
}

TEST(root_trust, A3_refuses_a_next_root_with_a_threshold_that_nobody_has_to_meet) {
  const std::string payload = write_root(next_of(one().root));
  for (const std::string bad : {"0", "-1", "2", "2147483648", "1.5", "\"1\""}) {
    std::string changed = payload;
    changed.replace(changed.find("\"threshold\":1"), 13, "\"threshold\":" + bad);
    const std::string envelope = write_envelope(trust::sign_envelope(root_payload_type, changed, {&one().root_key}));
    EXPECT_EQ(code_of(trust::verify_next_root(envelope, trusted(one().root))), "malformed") << bad;
  }
}

TEST(root_trust, A8_a_root_is_over_at_its_time) {
  const Root& root = one().root;
  EXPECT_EQ(code_of(trust::root_expired(root, root.expires - Seconds(1))), "");
  EXPECT_EQ(code_of(trust::root_expired(root, root.expires)), "root-expired");
  EXPECT_EQ(code_of(trust::root_expired(root, root.expires + Seconds(1))), "root-expired");
}

}  // namespace
}  // namespace ingot::root_chain_test
