#include "reconciler/plan/bundle_choice.hpp"

#include <gtest/gtest.h>

namespace ingot::bundle_choice_test {
namespace {

const ServerId origin{*Digest::parse_hex(std::string(64, '1'))};

ImageEntry image(const std::string& name, Serial created, ImageState state = ImageState::published) {
  return ImageEntry{.name = ImageName::of(name),
                    .identity = {.origin = origin, .name = ImageName::of(name), .created = created},
                    .origin_name = ServerName::of("gold"),
                    .copied_from = {},
                    .listed = created,
                    .digest = {},
                    .version = {},
                    .platform = {},
                    .description = {},
                    .labels = {},
                    .states = {{.state = state, .since = created}},
                    .reason = {},
                    .parent = {},
                    .packed = {}};
}

/// a, b, c and a withdrawn d; a series of b, c and d, to which b came late.
Catalog catalog() {
  Catalog all;
  all.images = {image("a", 1), image("b", 2), image("c", 3), image("d", 4, ImageState::withdrawn)};
  all.series = {{.name = SeriesName::of("s"),
                 .created = 1,
                 .members = {{all.images[1].identity, 9}, {all.images[2].identity, 3}, {all.images[3].identity, 4}}}};
  return all;
}

std::string chosen(const plan::BundleWish& wish) {
  const Catalog all = catalog();
  const auto choice = plan::choose_for_bundle(all, wish);
  std::string text;
  for (const auto* one : choice.images) text += one->name.text();
  for (const auto& name : choice.unknown) text += " -" + name;
  return text;
}

TEST(bundle_choice, is_everything_but_what_is_withdrawn) {
  EXPECT_EQ(chosen({}), "abc");
  EXPECT_EQ(chosen({.since = 2}), "c");
}

TEST(bundle_choice, takes_named_images_also_withdrawn_ones) {
  EXPECT_EQ(chosen({.images = {"d", "a", "a"}}), "ad");
  EXPECT_EQ(chosen({.images = {"a", "z"}}), "a -z");
}

TEST(bundle_choice, takes_the_newest_of_a_series) {
  EXPECT_EQ(chosen({.series = "s"}), "bc");
  EXPECT_EQ(chosen({.series = "s", .latest = 1}), "c") << "d is withdrawn and takes no place";
  EXPECT_EQ(chosen({.series = "s", .since = 4}), "b") << "what counts is when it came into the series";
  EXPECT_EQ(chosen({.series = "t"}), " -t");
  EXPECT_EQ(chosen({.images = {"a"}, .series = "s", .latest = 1}), "ac");
}

}  // namespace
}  // namespace ingot::bundle_choice_test
