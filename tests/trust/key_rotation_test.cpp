// Rotation of keys as tables (A11): the cases of python-tuf's test_updater_key_rotations, a TUF client's conformance to the
// specification. Each step is a root with these keys and this threshold, signed by these keys; the last one may be refused.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/trust/signed_things.hpp"

namespace ingot::key_rotation_test {
namespace {

/// Key i is the same in all cases.
Role role_of(std::uint32_t threshold, const std::vector<int>& keys) {
  Role role{.threshold = threshold, .keys = {}};
  for (const int key : keys) role.keys.push_back(test_key("k" + std::to_string(key)).public_key());
  return role;
}

std::string signed_by_keys(std::string_view type, const std::string& payload, const std::vector<int>& signers) {
  std::vector<trust::PrivateKey> keys;
  for (const int signer : signers) keys.push_back(test_key("k" + std::to_string(signer)));
  std::vector<const trust::PrivateKey*> pointers;
  for (const trust::PrivateKey& key : keys) pointers.push_back(&key);
  return write_envelope(trust::sign_envelope(type, payload, pointers));
}

struct Step {
  std::vector<int> keys;
  std::uint32_t threshold;
  std::vector<int> signers;
  bool accepted = true;
};

struct Rotation {
  std::string what;
  std::vector<Step> steps;
};

const std::vector<int> five{0, 1, 2, 3, 4};
const std::vector<int> one_other{0, 1, 3, 4, 5};

const std::vector<Rotation>& rotations() {
  static const std::vector<Rotation> table{
      {"1-of-1 key rotation", {{{1}, 1, {1}}, {{2}, 1, {2, 1}}, {{2}, 1, {2}}}},
      {"1-of-1 key rotation, unused signatures", {{{1}, 1, {3, 1, 4}}, {{2}, 1, {3, 2, 1, 4}}, {{2}, 1, {3, 2, 4}}}},
      {"1-of-1 key rotation fail: not signed with old key", {{{1}, 1, {1}}, {{2}, 1, {2, 3, 4}, false}}},
      {"1-of-1 key rotation fail: not signed with new key", {{{1}, 1, {1}}, {{2}, 1, {1, 3, 4}, false}}},
      {"3-of-5, sign with different key combinations",
       {{five, 3, {0, 2, 4}}, {five, 3, {0, 4, 1}}, {five, 3, {0, 1, 3}}, {five, 3, {0, 1, 3}}}},
      {"3-of-5, one key rotated", {{five, 3, {0, 2, 4}}, {one_other, 3, {0, 4, 1}}}},
      {"3-of-5, one key rotated fails: not signed with 3 new keys", {{five, 3, {0, 2, 4}}, {one_other, 3, {0, 2, 4}, false}}},
      {"3-of-5, one key rotated fails: not signed with 3 old keys", {{five, 3, {0, 2, 4}}, {one_other, 3, {0, 4, 5}, false}}},
      {"3-of-5, one key rotated, with intermediate step",
       {{five, 3, {0, 2, 4}}, {one_other, 3, {0, 2, 4, 5}}, {one_other, 3, {0, 4, 5}}}},
      {"3-of-5, all keys rotated, with intermediate step",
       {{five, 3, {0, 2, 4}}, {{5, 6, 7, 8, 9}, 3, {0, 2, 4, 5, 6, 7}}, {{5, 6, 7, 8, 9}, 3, {5, 6, 7}}}},
      {"1-of-3 threshold increase to 2-of-3", {{{1, 2, 3}, 1, {1}}, {{1, 2, 3}, 2, {1, 2}}}},
      {"1-of-3 threshold bump to 2-of-3 fails: new threshold not reached", {{{1, 2, 3}, 1, {1}}, {{1, 2, 3}, 2, {2}, false}}},
      {"2-of-3 threshold decrease to 1-of-3", {{{1, 2, 3}, 2, {1, 2}}, {{1, 2, 3}, 1, {1, 2}}, {{1, 2, 3}, 1, {1}}}},
      {"2-of-3 threshold decrease to 1-of-3 fails: old threshold not reached",
       {{{1, 2, 3}, 2, {1, 2}}, {{1, 2, 3}, 1, {1}, false}}},
      {"1-of-2 threshold increase to 2-of-2", {{{1}, 1, {1}}, {{1, 2}, 2, {1, 2}}}},
      {"3-of-5, one signs twice", {{five, 3, {0, 2, 4}}, {five, 3, {2, 4, 4}, false}}},
  };
  return table;
}

/// Follows a chain as a reader does; gives the version of the root that it ends with.
std::uint64_t follow(const Rotation& rotation) {
  std::optional<trust::TrustedRoot> newest;
  for (const Step& step : rotation.steps) {
    Root root = newest ? next_of(newest->root) : Server("one").root;
    root.root = role_of(step.threshold, step.keys);
    const std::string payload = write_root(root);
    const std::string envelope = signed_by_keys(root_payload_type, payload, step.signers);
    auto verified =
        newest ? trust::verify_next_root(envelope, *newest) : trust::verify_first_root(envelope, trust::id_of_root(payload));
    EXPECT_EQ(code_of(verified), step.accepted ? "" : "bad-signature") << rotation.what << ": root " << root.version;
    if (auto* good = std::get_if<trust::TrustedRoot>(&verified)) newest = std::move(*good);
  }
  return newest ? newest->root.version : 0;
}

TEST(rotation, A11_a_next_root_needs_the_old_and_the_new_threshold) {
  for (const Rotation& rotation : rotations()) {
    const bool all = rotation.steps.back().accepted;
    EXPECT_EQ(follow(rotation), rotation.steps.size() - (all ? 0U : 1U)) << rotation.what;
  }
}

/// The same question of a role that signs no roots: the catalog keys of a new root, and a head.
TEST(rotation, A11_a_head_needs_the_threshold_of_the_newest_root) {
  const std::vector<Rotation> table{
      {"1-of-1 key rotation", {{{2}, 1, {2}}}},
      {"1-of-1 key rotation, unused signatures", {{{1}, 1, {3, 1, 4}}}},
      {"1-of-1 key rotation fail: not signed with new key", {{{2}, 1, {1, 3, 4}, false}}},
      {"3-of-5, one key signature wrong: not signed with 3 expected keys", {{one_other, 3, {0, 2, 4}, false}}},
      {"2-of-5, one key signature missing: threshold not reached", {{one_other, 3, {0, 4}, false}}},
      {"3-of-5, sign first combination", {{five, 3, {0, 2, 4}}}},
      {"3-of-5, sign second combination", {{five, 3, {0, 4, 1}}}},
      {"3-of-5, sign third combination", {{five, 3, {0, 1, 3}}}},
      {"3-of-5, sign fourth combination", {{five, 3, {1, 2, 3}}}},
      {"3-of-5, sign fifth combination", {{five, 3, {2, 3, 4}}}},
  };
  const Server server("one");
  for (const Rotation& rotation : table) {
    const Step& step = rotation.steps.front();
    Root root = next_of(server.root);
    root.catalog = role_of(step.threshold, step.keys);
    const auto verified = trust::verify_next_root(server.sign_root(root), trusted(server.root));
    ASSERT_EQ(code_of(verified), "") << rotation.what;
    Head head = server.head(1);
    head.root_version = 2;
    const std::string envelope = signed_by_keys(head_payload_type, write_head(head), step.signers);
    EXPECT_EQ(code_of(trust::verify_head(envelope, server.id, std::get<trust::TrustedRoot>(verified).root)),
              step.accepted ? "" : "bad-signature")
        << rotation.what;
  }
}

}  // namespace
}  // namespace ingot::key_rotation_test
