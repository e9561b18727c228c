// A5, A6, A10: heads that are signed rightly, but whose number is lower than one seen before, the same as one with other
// content, or blown up.
#include <filesystem>
#include <fstream>

#include <sqlite3.h>

#include "tests/attacks/attack.hpp"

namespace ingot::attacks {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

void forget_floor_of_the_state(const Stage& stage) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(stage.state_file().c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, "DELETE FROM floor", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
}
void forget_floor_files(const Stage& stage) { fs::remove_all(stage.trust_folder()); }
void forget_cache(const Stage& stage) { fs::remove_all(stage.home() + "/state/cache"); }

TEST_P(attacks, A5_an_older_catalog_is_never_used_as_long_as_either_floor_is_there) {
  struct Lost {
    std::string name;
    std::function<void(const Stage&)> what;
    std::vector<std::string> asks;
    bool cache = false;  ///< what was seen last is not there any more
  };
  const std::vector<Lost> cases{
      {"nothing is lost", [](const Stage&) {}, {"head.dsse"}},
      {"the cache is lost", forget_cache, {"root/1.dsse", "head.dsse"}, true},
      {"the state has no floor any more", forget_floor_of_the_state, {"head.dsse"}},
      {"the state has no floor and the cache is lost",
       [](const Stage& s) {
         forget_floor_of_the_state(s);
         forget_cache(s);
       },
       {"root/1.dsse", "head.dsse"},
       true},
      {"the floor's files are lost, and the cache",
       [](const Stage& s) {
         forget_floor_files(s);
         forget_cache(s);
       },
       {"root/1.dsse", "head.dsse"},
       true},
  };
  Stage stage(GetParam());
  for (const Lost& lost : cases) {
    SCOPED_TRACE(lost.name);
    const std::string older = stage.peer.tree().at("head.dsse");
    const Serial before_it = stage.peer.head().serial;
    stage.tempt();
    ASSERT_EQ(stage.apply().exit, 0);
    lost.what(stage);
    const auto copies = stage.copies();
    const Remembered before = stage.remembered();
    stage.serve_head(older);
    stage.requests();
    for (int run = 0; run < 2; ++run) {
      const Ran ran = stage.apply();
      EXPECT_EQ(ran.exit, lost.cache ? 3 : 0) << ran.out << ran.err;
      EXPECT_THAT(ran.out, HasSubstr("was seen before"));
      EXPECT_THAT(ran.out, testing::AllOf(HasSubstr(std::to_string(before_it)), HasSubstr(std::to_string(before_it + 1))));
      const auto asked = stage.requests();
      EXPECT_EQ(asked, run == 0 ? lost.asks : std::vector<std::string>{"head.dsse"});
    }
    auto changed = differences(before, stage.remembered());
    // The head that was seen last was judged again: a floor that was lost is back in both places.
    std::erase_if(changed, [](const std::string& what) { return what.starts_with("+ floor"); });
    EXPECT_THAT(changed, IsEmpty());
    EXPECT_EQ(stage.copies(), copies);
    stage.publish();
    EXPECT_EQ(stage.apply().exit, 0) << "N9";
    EXPECT_FALSE(stage.floors().empty()) << "it is kept in both places again";
  }
  count("attacks on trust", cases.size());
}

TEST_P(attacks, A5_a_root_never_goes_back_to_an_older_epoch) {
  Stage stage(GetParam());
  stage.peer.rotate_catalog_key(true);
  stage.tempt();
  ASSERT_EQ(stage.apply().exit, 0);
  const Remembered before = stage.remembered();
  Root back = stage.peer.next_root();
  back.epoch = 1;
  stage.peer.publish_root(back);
  stage.publish();
  stage.requests();
  EXPECT_EQ(stage.apply().exit, 4);
  EXPECT_THAT(stage.requests(), ElementsAre("head.dsse", "root/3.dsse"));
  EXPECT_THAT(differences(before, stage.remembered()), IsEmpty());
  count("attacks on trust", 1);
}

TEST_P(attacks, A6_two_heads_of_one_number_are_kept_and_stick_until_a_human_removes_them) {
  Stage stage(GetParam());
  const std::string first = stage.peer.tree().at("head.dsse");
  Head other = stage.peer.head();
  other.issued += Seconds(1);
  const std::string second = stage.peer.signed_head(other);
  const auto copies = stage.copies();
  const Remembered before = stage.remembered();

  stage.serve_head(second);
  const Ran ran = stage.apply();
  EXPECT_EQ(ran.exit, 4) << ran.out << ran.err;
  EXPECT_THAT(stage.requests(), ElementsAre("head.dsse"));
  ASSERT_NE(stage.evidence_folder(), "");
  std::vector<std::string> kept;
  for (const auto& entry : fs::directory_iterator(stage.evidence_folder()))
    kept.push_back(testing_support::read_text(entry.path().string()));
  EXPECT_THAT(kept, testing::UnorderedElementsAre(first, second)) << "byte for byte as they were served";
  auto changed = differences(before, stage.remembered());
  std::erase_if(changed, [](const std::string& what) { return what.find("/evidence") != std::string::npos; });
  EXPECT_THAT(changed, IsEmpty());

  stage.tempt();
  for (int run = 0; run < 2; ++run) {
    const Ran later = stage.apply();
    EXPECT_EQ(later.exit, 4) << "an honest head does not heal it";
    EXPECT_THAT(later.out, HasSubstr(stage.evidence_folder())) << "the way out is told";
    EXPECT_THAT(stage.requests(), IsEmpty()) << "it is not even asked";
    EXPECT_EQ(stage.copies(), copies);
  }
  fs::remove_all(stage.evidence_folder());
  EXPECT_EQ(stage.apply().exit, 0);
  EXPECT_THAT(stage.copies(), testing::SizeIs(2));
  count("attacks on trust", 1);
}

TEST_P(attacks, A10_numbers_that_are_none_are_refused) {
  std::vector<Attack> list;
  for (const std::string odd : {"-1", "0", "1e3", "1.0", "\"7\"", "007", "9007199254740992", "18446744073709551617", "null"}) {
    list.push_back({.name = "serial " + odd,
                    .lie =
                        [odd](Stage& s) {
                          const std::string now = "\"serial\":" + std::to_string(s.peer.head().serial) + ",";
                          s.serve_head(head_with(
                              s, [&](const std::string& text) { return replaced(text, now, "\"serial\":" + odd + ","); }));
                        },
                    .says = "head.dsse",
                    .asks = {"head.dsse"}});
  }
  try_all(GetParam(), list);
}

TEST_P(attacks, A10_a_number_blown_up_is_refused_and_the_owner_goes_on) {
  constexpr Serial most = Serial{1} << 32U;
  const auto to = [](const std::function<Serial(Serial)>& jump) {
    return [jump](Stage& s) {
      Head head = s.peer.head();
      head.serial = jump(head.serial - 1);  // what home has seen
      s.serve_head(s.peer.signed_head(head));
    };
  };
  try_all(GetParam(), {
                          {.name = "one too far",
                           .lie = to([](Serial seen) { return seen + most + 1; }),
                           .says = "head.dsse",
                           .asks = {"head.dsse"}},
                          {.name = "as far as numbers go",
                           .lie = to([](Serial) { return largest_serial; }),
                           .says = "head.dsse",
                           .asks = {"head.dsse"}},
                      });
}

TEST_P(attacks, A10_a_thief_of_the_catalog_key_is_climbed_over_in_a_new_epoch) {
  Stage stage(GetParam());
  constexpr Serial most = Serial{1} << 32U;
  stage.tempt();
  Head blown = stage.peer.head();
  blown.serial = 1 + most;
  stage.serve_head(stage.peer.signed_head(blown));
  EXPECT_EQ(stage.apply().exit, 0) << "just as far as a jump may be";
  stage.peer.rotate_catalog_key(true);
  const Serial own = stage.peer.head().serial + 1;
  stage.publish(own);
  EXPECT_EQ(stage.apply().exit, 4) << "serials do not restart in a new epoch";
  stage.requests();
  stage.publish(blown.serial + 1);
  EXPECT_EQ(stage.apply().exit, 0);
  EXPECT_THAT(stage.requests(), ElementsAre("head.dsse"));
  stage.serve_head(stage.peer.signed_head(blown));
  EXPECT_EQ(stage.apply().exit, 4) << "what the thief signed counts no more";
  count("attacks on trust", 2);
}

}  // namespace
}  // namespace ingot::attacks
