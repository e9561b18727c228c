// Release keys: a signature is worth something for one image alone, and a threshold counts keys.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconciler/trust/next_root.hpp"
#include "schema/catalog/release.hpp"
#include "tests/support/catalog_builder.hpp"
#include "tests/trust/signed_things.hpp"

namespace ingot::release_test {
namespace {

using testing::HasSubstr;

const ServerId gold = testing_support::server_id("gold");

ImageEntry image() { return testing_support::own_image(gold, "db19_24", 12); }

/// Signatures of `release` by these keys, put into `entry`.
ImageEntry with_signatures(ImageEntry entry, const Release& release, const std::vector<std::string>& keys,
                           std::string_view type = release_payload_type) {
  for (const auto& key : keys) {
    const trust::PrivateKey secret = test_key(key);
    entry.release.push_back(trust::sign_envelope(type, write_release(release), {&secret}).signatures.front());
  }
  return entry;
}
ImageEntry released_by(const std::vector<std::string>& keys) { return with_signatures(image(), release_of(image()), keys); }

Role role(std::uint32_t threshold, const std::vector<std::string>& keys) {
  Role made{.threshold = threshold, .keys = {}};
  for (const auto& key : keys) made.keys.push_back(test_key(key).public_key());
  return made;
}

TEST(releases, A11_an_image_counts_as_released_only_with_a_threshold_of_distinct_release_keys) {
  EXPECT_TRUE(trust::is_released(role(1, {"a"}), released_by({"a"})));
  EXPECT_TRUE(trust::is_released(role(2, {"a", "b", "c"}), released_by({"x", "c", "a"})));
  EXPECT_FALSE(trust::is_released(role(1, {"a"}), image())) << "no signature";
  EXPECT_FALSE(trust::is_released(role(1, {"a"}), released_by({"x"})));
  EXPECT_FALSE(trust::is_released(role(2, {"a", "b"}), released_by({"a"})));
  EXPECT_FALSE(trust::is_released(role(2, {"a", "b"}), released_by({"a", "a"}))) << "a key is one voice";
  ImageEntry cut = released_by({"a"});
  cut.release.front().bytes.pop_back();
  EXPECT_FALSE(trust::is_released(role(1, {"a"}), cut));
}

TEST(releases, A11_a_signature_of_one_image_is_worth_nothing_for_another) {
  const std::vector<std::pair<std::string, std::function<void(ImageEntry&)>>> lies{
      {"another digest", [](ImageEntry& entry) { entry.digest = io::sha256("other bits"); }},
      {"another name", [](ImageEntry& entry) { entry.identity.name = entry.name = ImageName::of("db19_25"); }},
      {"another server", [](ImageEntry& entry) { entry.identity.origin = testing_support::server_id("silver"); }},
      {"another type", [](ImageEntry& entry) { entry.type = TypeName::of("LINUXOS"); }},
      {"another kind", [](ImageEntry& entry) { entry.kind = ImageKind::tree; }},
  };
  for (const auto& [what, lie] : lies) {
    ImageEntry entry = released_by({"a"});
    lie(entry);
    EXPECT_FALSE(trust::is_released(role(1, {"a"}), entry)) << what;
  }
  EXPECT_FALSE(trust::is_released(role(1, {"a"}), with_signatures(image(), release_of(image()), {"a"}, head_payload_type)))
      << "signed as something else";
}

TEST(releases, what_describes_an_image_may_change_without_a_new_signature) {
  ImageEntry entry = released_by({"a"});
  entry.description = "other words";
  entry.states.push_back({.state = ImageState::withdrawn, .since = 13});
  EXPECT_TRUE(trust::is_released(role(1, {"a"}), entry));
}

TEST(releases, are_read_only_as_they_are_written) {
  const std::string text = write_release(release_of(image()));
  EXPECT_EQ(std::get<Release>(parse_release(text)), release_of(image()));
  EXPECT_TRUE(std::holds_alternative<Malformed>(parse_release(" " + text)));
  EXPECT_TRUE(std::holds_alternative<Malformed>(parse_release(text.substr(0, text.size() - 1))));
  EXPECT_TRUE(std::holds_alternative<Malformed>(parse_release("{}\n")));
}

TEST(releases, a_root_with_release_keys_is_read_back_and_needs_readers_that_know_them) {
  Root root = Server("gold").root;
  EXPECT_EQ(write_root(root).find("release"), std::string::npos);
  root.release = role(2, {"a", "b"});
  EXPECT_THAT(write_root(root), HasSubstr("\"critical\":[\"release\"]"));
  EXPECT_EQ(std::get<Root>(parse_root(write_root(root))), root);
}

TEST(releases, A2_a_root_that_names_an_unsafe_release_key_is_refused) {
  const Server server("gold");
  Root next = next_of(server.root);
  next.release = Role{.threshold = 1, .keys = {PublicKey{}}};
  EXPECT_EQ(code_of(trust::verify_next_root(server.sign_root(next), trusted(server.root))), "bad-root");
}

TEST(releases, the_first_release_key_is_added_others_replace_it_and_the_last_is_never_dropped) {
  const auto key = [](const std::string& name) { return test_key(name).public_key(); };
  const auto next = [](const Root& root, const trust::RootChange& change) { return trust::next_root(trusted(root), change); };
  Root root = Server("gold").root;
  EXPECT_TRUE(
      std::holds_alternative<trust::ImpossibleRoot>(next(root, {.root = {},
                                                                .catalog = {},
                                                                .release = {.add = {}, .drop = {key("a")}, .threshold = {}},
                                                                .revoke = {},
                                                                .expires = expires})));
  root = std::get<Root>(next(root, {.root = {},
                                    .catalog = {},
                                    .release = {.add = {key("a"), key("b")}, .drop = {}, .threshold = 2},
                                    .revoke = {},
                                    .expires = expires}));
  EXPECT_EQ(root.release, role(2, {"a", "b"}));
  const auto stolen = next(
      root,
      {.root = {}, .catalog = {}, .release = {.add = {}, .drop = {}, .threshold = 1}, .revoke = {key("a")}, .expires = expires});
  EXPECT_EQ(std::get<Root>(stolen).release, role(1, {"b"}));
  EXPECT_EQ(std::get<Root>(stolen).epoch, root.epoch + 1);
  EXPECT_TRUE(std::holds_alternative<trust::ImpossibleRoot>(
      next(root, {.root = {},
                  .catalog = {},
                  .release = {.add = {}, .drop = {key("a"), key("b")}, .threshold = {}},
                  .revoke = {},
                  .expires = expires})));
}

}  // namespace
}  // namespace ingot::release_test
