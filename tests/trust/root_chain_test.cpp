// Roots: the pinned first one, and the chain from each to the next (A8, A9, A11, A12).
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/trust/signed_things.hpp"

namespace ingot {
namespace {

const Server& one() {
  static const Server server("one");
  return server;
}

TEST(root_trust, A9_takes_the_pinned_first_root_only) {
  const Server two("two");
  EXPECT_EQ(code_of(verify_first_root(one().sign_root(one().root), one().id)), "");
  EXPECT_EQ(code_of(verify_first_root(two.sign_root(two.root), one().id)), "wrong-server");
  Root renewed = one().root;
  renewed.expires += std::chrono::hours(1);
  EXPECT_EQ(code_of(verify_first_root(one().sign_root(renewed), one().id)), "wrong-server");
}

TEST(root_trust, A1_the_first_root_is_signed_by_its_own_keys) {
  const PrivateKey stranger = test_key("stranger");
  const auto sign = [&](const std::vector<const PrivateKey*>& keys, std::string_view type) {
    return write_envelope(sign_envelope(type, write_root(one().root), keys));
  };
  EXPECT_EQ(code_of(verify_first_root(sign({&stranger}, root_payload_type), one().id)), "bad-signature");
  EXPECT_EQ(code_of(verify_first_root(sign({&one().catalog_key}, root_payload_type), one().id)), "bad-signature");
  EXPECT_EQ(code_of(verify_first_root(sign({&one().root_key}, head_payload_type), one().id)), "not-a-root");
}

TEST(root_trust, R19_takes_nothing_or_a_web_page_for_no_answer) {
  for (const std::string other : {"", "<html>", "{\"payload\""}) {
    EXPECT_EQ(code_of(verify_first_root(other, one().id)), "not-ours") << other;
    EXPECT_EQ(code_of(verify_next_root(other, one().root)), "not-ours") << other;
  }
  EXPECT_EQ(code_of(verify_first_root("{}", one().id)), "not-a-root");
}

TEST(root_trust, the_first_root_has_version_1) {
  Root root = one().root;
  root.version = 2;
  root.previous = sha256("x");
  const ServerId pinned = id_of_root(write_root(root));
  EXPECT_EQ(code_of(verify_first_root(one().sign_root(root), pinned)), "bad-root");
}

TEST(root_trust, refuses_a_root_with_a_key_of_small_order) {
  Root root = one().root;
  root.catalog.keys.push_back(PublicKey{});
  EXPECT_EQ(code_of(verify_first_root(one().sign_root(root), id_of_root(write_root(root)))), "bad-root");
}

/// A role of keys k<i>, for tables.
Role role_of(std::uint32_t threshold, const std::vector<int>& keys) {
  Role role{.threshold = threshold, .keys = {}};
  for (const int key : keys) role.keys.push_back(test_key("k" + std::to_string(key)).public_key());
  return role;
}

Root root_of(std::uint64_t version, const Role& role) {
  Root root = one().root;
  root.version = version;
  root.root = role;
  root.previous = version > 1 ? std::optional(sha256("before")) : std::nullopt;
  return root;
}

std::string signed_root(const Root& root, const std::vector<int>& signers) {
  std::vector<PrivateKey> keys;
  for (const int signer : signers) keys.push_back(test_key("k" + std::to_string(signer)));
  std::vector<const PrivateKey*> pointers;
  for (const PrivateKey& key : keys) pointers.push_back(&key);
  return write_envelope(sign_envelope(root_payload_type, write_root(root), pointers));
}

struct Rotation {
  std::string what;
  Role old_role;
  Role new_role;
  std::vector<int> signers;
  bool accepted;
};

TEST(root_trust, A11_a_next_root_needs_the_old_and_the_new_threshold) {
  const std::vector<Rotation> table{
      {"same key", role_of(1, {1}), role_of(1, {1}), {1}, true},
      {"another key, both sign", role_of(1, {1}), role_of(1, {2}), {1, 2}, true},
      {"another key, in the other order", role_of(1, {1}), role_of(1, {2}), {2, 1}, true},
      {"another key, the old one is missing", role_of(1, {1}), role_of(1, {2}), {2}, false},
      {"another key, the new one is missing", role_of(1, {1}), role_of(1, {2}), {1}, false},
      {"3 of 5 to itself", role_of(3, {1, 2, 3, 4, 5}), role_of(3, {1, 2, 3, 4, 5}), {2, 4, 1}, true},
      {"3 of 5 to itself, two sign", role_of(3, {1, 2, 3, 4, 5}), role_of(3, {1, 2, 3, 4, 5}), {2, 4}, false},
      {"3 of 5 to itself, one signs twice", role_of(3, {1, 2, 3, 4, 5}), role_of(3, {1, 2, 3, 4, 5}), {2, 4, 4}, false},
      {"2 of 5 change, enough of both", role_of(3, {1, 2, 3, 4, 5}), role_of(3, {1, 3, 5, 6, 7}), {1, 3, 5}, true},
      {"2 of 5 change, enough of the old", role_of(3, {1, 2, 3, 4, 5}), role_of(3, {1, 3, 5, 6, 7}), {1, 2, 4}, false},
      {"2 of 5 change, enough of the new", role_of(3, {1, 2, 3, 4, 5}), role_of(3, {1, 3, 5, 6, 7}), {1, 6, 7}, false},
      {"2 of 5 change, both with five signatures",
       role_of(3, {1, 2, 3, 4, 5}),
       role_of(3, {1, 3, 5, 6, 7}),
       {1, 2, 4, 6, 7},
       true},
      {"threshold up", role_of(1, {1, 2, 3}), role_of(3, {1, 2, 3}), {1, 2, 3}, true},
      {"threshold up, only the old one met", role_of(1, {1, 2, 3}), role_of(3, {1, 2, 3}), {1, 2}, false},
      {"threshold down", role_of(3, {1, 2, 3}), role_of(1, {1, 2, 3}), {1, 2, 3}, true},
      {"threshold down, only the new one met", role_of(3, {1, 2, 3}), role_of(1, {1, 2, 3}), {1, 2}, false},
  };
  for (const Rotation& rotation : table) {
    const auto verified =
        verify_next_root(signed_root(root_of(2, rotation.new_role), rotation.signers), root_of(1, rotation.old_role));
    EXPECT_EQ(std::holds_alternative<Root>(verified), rotation.accepted) << rotation.what << ": " << code_of(verified);
  }
}

TEST(root_trust, A12_a_next_root_is_exactly_one_further) {
  const Role role = role_of(1, {1});
  EXPECT_EQ(code_of(verify_next_root(signed_root(root_of(8, role), {1}), root_of(7, role))), "");
  for (const std::uint64_t version : {1U, 6U, 7U, 9U, 40U}) {
    EXPECT_EQ(code_of(verify_next_root(signed_root(root_of(version, role), {1}), root_of(7, role))), "bad-root") << version;
  }
}

TEST(root_trust, A12_passes_through_a_next_root_that_is_over) {
  const Role role = role_of(1, {1});
  Root over = root_of(2, role);
  over.expires = at("1990-01-01T00:00:00Z");
  EXPECT_EQ(code_of(verify_next_root(signed_root(over, {1}), root_of(1, role))), "");
}

TEST(root_trust, A5_the_epoch_never_goes_back) {
  const Role role = role_of(1, {1});
  Root current = root_of(1, role);
  current.epoch = 3;
  Root next = root_of(2, role);
  next.epoch = 2;
  EXPECT_EQ(code_of(verify_next_root(signed_root(next, {1}), current)), "rollback");
  next.epoch = 4;
  EXPECT_EQ(code_of(verify_next_root(signed_root(next, {1}), current)), "");
}

TEST(root_trust, A3_refuses_a_next_root_with_a_threshold_that_nobody_has_to_meet) {
  std::string payload = write_root(root_of(2, role_of(1, {1})));
  for (const std::string bad : {"0", "-1", "2", "2147483648", "1.5", "\"1\""}) {
    std::string changed = payload;
    changed.replace(changed.find("\"threshold\":1"), 13, "\"threshold\":" + bad);
    const PrivateKey key = test_key("k1");
    EXPECT_EQ(
        code_of(verify_next_root(write_envelope(sign_envelope(root_payload_type, changed, {&key})), root_of(1, role_of(1, {1})))),
        "malformed")
        << bad;
  }
}

TEST(root_trust, A8_a_root_is_over_at_its_time) {
  const Root& root = one().root;
  EXPECT_EQ(code_of(root_expired(root, root.expires - Seconds(1))), "");
  EXPECT_EQ(code_of(root_expired(root, root.expires)), "root-expired");
  EXPECT_EQ(code_of(root_expired(root, root.expires + Seconds(1))), "root-expired");
}

}  // namespace
}  // namespace ingot
