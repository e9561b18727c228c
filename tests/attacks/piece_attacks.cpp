// A9, A12, A15-A17: a good head, and then pieces of other catalogs, chains of roots without end, mirrors that lie, bytes of
// another image, names that are paths.
#include <filesystem>

#include "reconciler/io/hash.hpp"
#include "tests/attacks/attack.hpp"

namespace ingot::attacks {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// Bytes of one path under another.
void serve_swapped(Stage& stage, const std::string& path, const std::string& bytes) {
  auto tree = stage.peer.tree();
  ASSERT_TRUE(tree.contains(path));
  tree[path] = bytes;
  stage.server.serve(tree);
}

TEST_P(attacks, A9_authentic_pieces_of_other_heads_are_refused) {
  try_all(GetParam(), {
                          {.name = "the index of the head before",
                           .lie =
                               [](Stage& s) {
                                 const std::string older = s.peer.tree().at(s.index_path());
                                 s.tempt();
                                 serve_swapped(s, s.index_path(), older);
                               },
                           .says = "c/",
                           .asks = {"head.dsse", "(index)"},
                           .leaves = Leaves::a_floor},
                          {.name = "the page of the head before",
                           .lie =
                               [](Stage& s) {
                                 const std::string older = s.peer.tree().at(s.page_path());
                                 s.tempt();
                                 serve_swapped(s, s.page_path(), older);
                               },
                           .says = "c/",
                           .asks = {"head.dsse", "(index)", "(page)"},
                           .leaves = Leaves::a_floor},
                          {.name = "the page in place of the index",
                           .lie = [](Stage& s) { serve_swapped(s, s.index_path(), s.peer.tree().at(s.page_path())); },
                           .says = "c/",
                           .asks = {"head.dsse", "(index)"},
                           .leaves = Leaves::a_floor},
                          {.name = "two pages of one index, swapped",
                           .lie =
                               [](Stage& s) {
                                 s.catalog.types = {{TypeName::of("DB_PSU"), TypeName::of("SOFTWARE")}};
                                 s.publish();
                                 auto tree = s.peer.tree();
                                 std::swap(tree[s.page_path(0)], tree[s.page_path(1)]);
                                 s.server.serve(tree);
                               },
                           .says = "c/",
                           .asks = {"head.dsse", "(index)", "(pages)"},
                           .leaves = Leaves::a_floor},
                          {.name = "the head of the next catalog with the bytes of this one's page under its name",
                           .lie =
                               [](Stage& s) {
                                 const std::string page = s.peer.tree().at(s.page_path());
                                 s.tempt();
                                 auto tree = s.peer.tree();
                                 tree[s.index_path()] = tree[s.page_path()];
                                 tree[s.page_path()] = page;
                                 s.server.serve(tree);
                               },
                           .says = "c/",
                           .asks = {"head.dsse", "(index)"},
                           .leaves = Leaves::a_floor},
                      });
}

TEST_P(attacks, A12_the_chain_of_roots_has_no_gap) {
  Stage stage(GetParam());
  stage.tempt();
  for (int i = 0; i < 3; ++i) stage.peer.rotate_catalog_key();  // roots 2, 3, 4
  stage.publish();
  const Remembered before = stage.remembered();
  auto tree = stage.peer.tree();
  tree.erase("root/2.dsse");
  tree.erase("root/3.dsse");
  stage.server.serve(tree);
  EXPECT_EQ(stage.apply().exit, 4) << "a head that no known root vouches for";
  EXPECT_THAT(stage.requests(), ElementsAre("head.dsse", "root/2.dsse"));
  tree["root/2.dsse"] = stage.peer.tree().at("root/3.dsse");
  stage.server.serve(tree);
  EXPECT_EQ(stage.apply().exit, 4);
  EXPECT_THAT(stage.requests(), ElementsAre("head.dsse", "root/2.dsse"));
  EXPECT_THAT(differences(before, stage.remembered()), IsEmpty());
  stage.serve();
  EXPECT_EQ(stage.apply().exit, 0) << "N9";
  count("attacks on trust", 2);
}

TEST_P(attacks, A12_a_chain_of_roots_without_end_is_cut) {
  Stage stage(GetParam());
  stage.tempt();
  for (int i = 0; i < 70; ++i) stage.peer.rotate_catalog_key();
  stage.publish();
  const Remembered before = stage.remembered();
  const Ran ran = stage.apply();
  EXPECT_EQ(ran.exit, 4) << ran.out;
  const auto asked = stage.requests();
  EXPECT_EQ(asked.size(), 1U + 65U) << "64 new roots, and the one too many";
  EXPECT_EQ(asked.back(), "root/66.dsse");
  EXPECT_THAT(differences(before, stage.remembered()), IsEmpty());
  EXPECT_EQ(stage.apply().exit, 0) << "N9: the next run goes on from there";
  count("attacks on trust", 1);
}

TEST_P(attacks, A12_roots_in_between_may_be_over) {
  Stage stage(GetParam());
  stage.tempt();
  Root over = stage.peer.next_root();
  over.expires = stage.peer.now() - std::chrono::hours(24);
  stage.peer.publish_root(over);
  Root good = stage.peer.next_root();
  good.expires = stage.peer.now() + std::chrono::hours(24 * 365);
  stage.peer.publish_root(good);
  stage.publish();
  EXPECT_EQ(stage.apply().exit, 0);
  EXPECT_THAT(stage.copies(), testing::SizeIs(2));
  count("attacks on trust", 1);
}

/// The peer's tree below "m1/" and "m2/", and home asks these in turn.
class Mirrors {
 public:
  explicit Mirrors(Way way) : stage(way) {
    stage.manifest("urls = [\"" + stage.venue.url + "m1/\", \"" + stage.venue.url + "m2/\"]");
    serve("", {});
    EXPECT_EQ(stage.apply().exit, 0);
    stage.requests();
  }

  /// Serves both; `spoil` changes the tree of the mirror `bad`.
  void serve(const std::string& bad, const std::function<void(testing_support::Tree&)>& spoil) {
    testing_support::Tree both;
    for (const std::string mirror : {"m1/", "m2/"}) {
      auto tree = stage.peer.tree();
      if (mirror == bad) spoil(tree);
      for (auto& [path, bytes] : tree) both[mirror + path] = std::move(bytes);
    }
    stage.server.serve(both);
  }
  Stage stage;
};

TEST_P(attacks, A15_a_mirror_that_lies_blocks_no_other) {
  struct Lie {
    std::string name;
    std::function<void(Stage&, testing_support::Tree&)> spoil;
  };
  const std::vector<Lie> lies{
      {"nothing is there", [](Stage&, testing_support::Tree& tree) { tree.clear(); }},
      {"an unsigned head", [](Stage& s, testing_support::Tree& tree) { tree["head.dsse"] = write_head(s.peer.head()); }},
      {"a head signed by a stranger",
       [](Stage& s, testing_support::Tree& tree) {
         const trust::PrivateKey stranger = trust::PrivateKey::generate();
         tree["head.dsse"] = s.peer.signed_head(s.peer.head(), &stranger);
       }},
      {"garbage", [](Stage&, testing_support::Tree& tree) { tree["head.dsse"] = std::string(3000, '\xff'); }},
      {"a web page", [](Stage&, testing_support::Tree& tree) { tree["head.dsse"] = "<html>sign in</html>"; }},
      {"a wrong index", [](Stage& s, testing_support::Tree& tree) { tree[s.index_path()] = "wrong"; }},
      {"a page too few", [](Stage& s, testing_support::Tree& tree) { tree.erase(s.page_path()); }},
      {"no bytes", [](Stage& s, testing_support::Tree& tree) { tree.erase(s.bytes_path(s.newest())); }},
      {"other bytes", [](Stage& s, testing_support::Tree& tree) { tree[s.bytes_path(s.newest())].back() ^= 1; }},
      {"too many bytes", [](Stage& s, testing_support::Tree& tree) { tree[s.bytes_path(s.newest())] += "and more"; }},
      {"too few bytes", [](Stage& s, testing_support::Tree& tree) { tree[s.bytes_path(s.newest())].pop_back(); }},
  };
  for (const std::string bad : {"m1/", "m2/"}) {
    Mirrors mirrors(GetParam());
    for (const Lie& lie : lies) {
      SCOPED_TRACE(lie.name + " on " + bad);
      mirrors.stage.tempt();
      mirrors.serve(bad, [&](testing_support::Tree& tree) { lie.spoil(mirrors.stage, tree); });
      const Ran ran = mirrors.stage.apply();
      EXPECT_EQ(ran.exit, 0) << ran.out << ran.err;
      EXPECT_EQ(mirrors.stage.copies().size(), mirrors.stage.catalog.images.size());
    }
  }
  count("attacks on trust", 2 * lies.size());
}

TEST_P(attacks, A15_what_one_mirror_proved_is_asked_anew_of_the_other) {
  Mirrors mirrors(GetParam());
  Stage& stage = mirrors.stage;
  stage.tempt();
  const Remembered before = stage.remembered();
  const trust::PrivateKey stranger = trust::PrivateKey::generate();
  mirrors.serve("m2/", [&](testing_support::Tree& tree) {
    Head newer = stage.peer.head();
    ++newer.serial;
    tree["head.dsse"] = stage.peer.signed_head(newer, &stranger);
  });
  stage.server.instead("m1/" + stage.index_path(),
                       testing_support::always_sends(testing_support::http_answer("404 Not Found", "", "")));
  const Ran ran = stage.apply();
  EXPECT_EQ(ran.exit, 4) << "the first has a good head and no catalog, the second nothing good";
  EXPECT_THAT(ran.out, AllOf(HasSubstr("m1/"), HasSubstr("m2/"))) << "both reasons are told";
  EXPECT_THAT(stage.requests(), ElementsAre("m1/head.dsse", "m1/" + stage.index_path(), "m1/head.dsse", "m2/head.dsse",
                                            "m2/root/2.dsse", "m2/head.dsse"))
      << "the last asks whether another server answers there";
  auto changed = differences(before, stage.remembered());
  std::erase_if(changed, [](const std::string& what) { return what.find("floor") != std::string::npos; });
  EXPECT_THAT(changed, IsEmpty());
  count("attacks on trust", 1);
}

TEST_P(attacks, A16_the_bytes_of_one_image_are_not_anothers) {
  Stage stage(GetParam());
  stage.offer("twin-a", std::string(5000, 'a'));
  stage.offer("twin-b", std::string(5000, 'b'));
  stage.publish();
  const Remembered before = stage.remembered();
  auto tree = stage.peer.tree();
  std::swap(tree[stage.bytes_path("twin-a")], tree[stage.bytes_path("twin-b")]);
  stage.server.serve(tree);
  stage.server.forget();
  const Ran ran = stage.apply();
  EXPECT_EQ(ran.exit, 4) << ran.out << ran.err;
  EXPECT_THAT(stage.copies(), ElementsAre("db19_24"));
  auto changed = differences(before, stage.remembered());
  std::erase_if(changed, [](const std::string& what) {
    return what.find("floor") != std::string::npos || what.find("staging") != std::string::npos;
  });
  EXPECT_THAT(changed, IsEmpty());
  stage.serve();
  EXPECT_EQ(stage.apply().exit, 0) << "N9";
  EXPECT_THAT(stage.copies(), ElementsAre("db19_24", "twin-a", "twin-b"));
  count("attacks on trust", 2);
}

}  // namespace
}  // namespace ingot::attacks
