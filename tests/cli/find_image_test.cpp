#include "reconciler/cli/find_image.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/error.hpp"
#include "tests/cli/sample_plan.hpp"

namespace ingot::find_image_test {
namespace {

using namespace testing_support;

ImageRow row(const std::string& name, ImageKey key) {
  ImageRow image = sample_row(name);
  image.key = key;
  return image;
}

Snapshot sample() {
  Snapshot snapshot;
  snapshot.images = {row("db19_23", 1), row("db19_24", 2), row("db19_25", 3)};
  snapshot.images[0].deleted = true;
  snapshot.series = {{.name = SeriesName::of("db19"),
                      .managed = true,
                      .members = {{2, ImageName::of("db19_24")}, {3, ImageName::of("db19_25")}},
                      .follow = {},
                      .wanted = {}}};
  return snapshot;
}

std::string mend_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::incomplete);
    return error.mend();
  }
  ADD_FAILURE() << "found";
  return "";
}

TEST(find_image, finds_live_images_alone_and_names_the_nearest) {
  const Snapshot snapshot = sample();
  EXPECT_EQ(find_image(snapshot, "db19_24").key, 2);
  EXPECT_EQ(image_or_null(snapshot, "db19_23"), nullptr);
  EXPECT_EQ(mend_of([&] { find_image(snapshot, "db19-24"); }), "did you mean \"db19_24\"?");
  EXPECT_EQ(mend_of([&] { find_image(snapshot, "zzz"); }), "see: ingot query images");
}

TEST(find_image, R21_a_withdrawn_image_is_skipped_as_latest_of_a_series) {
  Snapshot snapshot = sample();
  EXPECT_EQ(latest_of_series(snapshot, "db19").key, 3);
  snapshot.images[2].withdrawn_by_origin = true;
  EXPECT_EQ(latest_of_series(snapshot, "db19").key, 2);
  snapshot.images[1].state = ImageState::withdrawn;
  EXPECT_EQ(mend_of([&] { latest_of_series(snapshot, "db19"); }), "see: ingot query series");
  EXPECT_EQ(mend_of([&] { latest_of_series(snapshot, "db18"); }), "did you mean \"db19\"?");
}

TEST(find_image, of_a_series_that_is_only_subscribed_to_it_says_that_follow_brings_it) {
  Snapshot snapshot = sample();
  SubscriptionRow subscription = sample_subscription();
  subscription.selector = SelectSeries{SeriesName::of("db21")};
  snapshot.subscriptions = {subscription};
  EXPECT_EQ(mend_of([&] { latest_of_series(snapshot, "db21"); }),
            "a subscription copies the images of a series, not the series: add [[series]] name = \"db21\", "
            "follow = { peer = \"fpps-2\", series = \"db21\" } to the manifest and apply it");
  snapshot.subscriptions[0].stopped = Serial{50};
  EXPECT_EQ(mend_of([&] { latest_of_series(snapshot, "db21"); }), "see: ingot query series");
}

}  // namespace
}  // namespace ingot::find_image_test
