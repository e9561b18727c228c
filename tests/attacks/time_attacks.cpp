// A7, A8: heads and roots past their time. The time is set, so these run in this process alone.
#include "tests/attacks/attack.hpp"

namespace ingot::attacks {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Seconds day = hours(24);

/// What the head says of its life, what home's manifest says, how old the head is: the earlier end does not win, the
/// manifest's does (max_age), whichever way.
struct Life {
  Seconds says{0};
  std::string max_age;  ///< "" = none
  Seconds age{0};
  bool good = true;
};

TEST(freeze, A7_a_head_is_good_until_its_end_and_no_image_is_lost_by_it) {
  const Seconds second{1};
  const std::vector<Life> lives{
      {14 * day, "", Seconds(0), true},
      {14 * day, "", 14 * day - second, true},
      {14 * day, "", 14 * day, false},
      {14 * day, "", 14 * day + second, false},
      {14 * day, "", 100 * day, false},
      {14 * day, "7d", 7 * day - second, true},
      {14 * day, "7d", 7 * day, false},
      {14 * day, "7d", 7 * day + second, false},
      {14 * day, "7d", 13 * day, false},
      {14 * day, "90d", 14 * day + second, true},
      {14 * day, "90d", 90 * day - second, true},
      {14 * day, "90d", 90 * day, false},
      {hours(1), "", hours(1) - second, true},
      {hours(1), "", hours(1), false},
      {hours(1), "1s", Seconds(1), false},
      {hours(1), "2h", hours(1) + second, true},
      {hours(1), "2h", hours(2), false},
      {365 * day, "1d", day, false},
      {365 * day, "", 364 * day, true},
  };
  for (const Way way : {Way::here, Way::here_tls}) {
    std::size_t number = 0;
    Stage stage(way);
    for (const Life& life : lives) {
      SCOPED_TRACE("life " + std::to_string(++number));
      stage.manifest(life.max_age.empty() ? "" : "max_age = \"" + life.max_age + "\"");
      const Time published = stage.peer.now();
      stage.tempt();
      Head head = stage.peer.head();
      head.expires = head.issued + life.says;
      stage.serve_head(stage.peer.signed_head(head));
      const auto copies = stage.copies();
      stage.requests();
      stage.clock.time = published + life.age;
      const Ran ran = stage.apply();
      EXPECT_EQ(ran.exit, life.good ? 0 : 3) << ran.out << ran.err;
      if (!life.good) {
        EXPECT_THAT(ran.out, HasSubstr("expired"));
        EXPECT_THAT(stage.requests(), ElementsAre("head.dsse")) << "nothing else of it is asked for";
        EXPECT_EQ(stage.copies(), copies) << "nothing comes, nothing goes";
      }
      stage.peer.set_now(published + life.age);  // its owner renews it
      stage.publish();
      EXPECT_EQ(stage.apply().exit, 0) << "N9";
      EXPECT_EQ(stage.copies().size(), stage.catalog.images.size());
      stage.peer.set_now(published + life.age + second);
    }
    count("attacks on trust", lives.size());
  }
}

TEST(freeze, A7_a_mirror_that_serves_an_old_head_for_ever_is_found_out_by_its_end) {
  Stage stage(Way::here);
  const std::string frozen = stage.peer.tree().at("head.dsse");
  stage.tempt();
  stage.serve_head(frozen);  // validly signed, and not yet over: nobody can tell
  EXPECT_EQ(stage.apply().exit, 0);
  stage.clock.time = stage.peer.now() + 15 * day;
  const auto floors = stage.floors();
  EXPECT_EQ(stage.apply().exit, 3);
  EXPECT_EQ(stage.floors(), floors);
  EXPECT_THAT(stage.copies(), ElementsAre("db19_24"));
  count("attacks on trust", 1);
}

TEST(freeze, A8_a_root_that_is_over_is_refused_until_the_next_one_comes) {
  for (const Way way : {Way::here, Way::here_tls}) {
    Stage stage(way);
    stage.peer.publish_root_with(2, stage.peer.now() + day);
    stage.publish();
    ASSERT_EQ(stage.apply().exit, 0);
    stage.tempt();
    stage.requests();
    const Remembered before = stage.remembered();
    stage.clock.time = stage.peer.now() + day;
    const Ran ran = stage.apply();
    EXPECT_EQ(ran.exit, 4) << ran.out;
    EXPECT_THAT(stage.requests(), ElementsAre("head.dsse", "root/3.dsse")) << "only the newest root must not be over";
    EXPECT_THAT(differences(before, stage.remembered()), IsEmpty());
    stage.peer.publish_root_with(3, stage.peer.now() + 365 * day);
    stage.publish();
    EXPECT_EQ(stage.apply().exit, 0) << "N9: without a hand laid on";
    EXPECT_THAT(stage.copies(), testing::SizeIs(2));
  }
  count("attacks on trust", 2);
}

}  // namespace
}  // namespace ingot::attacks
