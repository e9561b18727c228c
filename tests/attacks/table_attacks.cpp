// C10, C13: signed tables of segments that lie, and catalogs from which everything is gone.
#include "tests/attacks/attack.hpp"

namespace ingot::attacks {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class tables : public testing::Test {
 protected:
  ImageEntry& newest() {
    return *std::find_if(stage.catalog.images.begin(), stage.catalog.images.end(),
                         [&](const ImageEntry& one) { return one.name.text() == stage.newest(); });
  }
  Stage stage{Way::here};
};

TEST_F(tables, C10_a_table_that_lies_costs_its_own_bytes_and_no_others) {
  const auto line = [](const std::string& plain, const std::string& packed, char digit = '0') {
    return "[" + plain + "," + packed + ",\"" + std::string(64, digit) + "\"]\n";
  };
  const auto header = [](const std::string& plain, const std::string& packed, const std::string& segments) {
    return "{\"format\":\"ingot.segments/1\",\"plain\":" + plain + ",\"packed\":" + packed + ",\"segments\":" + segments + "}\n";
  };
  stage.offer("long", std::string(2 * segment_size, 'x') + "y");
  const ImageEntry good = newest();
  const std::string plain = std::to_string(good.size);
  const std::string packed = std::to_string(good.packed->file.length);
  const std::string whole = std::to_string(segment_size);
  const std::string good_table =
      stage.peer.tree().at("b/" + good.packed->table->digest.hex().substr(0, 2) + "/" + good.packed->table->digest.hex());
  const std::vector<std::pair<std::string, std::string>> lies{
      {"nothing", ""},
      {"no segments", header(plain, packed, "0")},
      {"a billion segments", header(plain, packed, "1000000000") + line(whole, "10")},
      {"fewer lines than it says", header(plain, packed, "3") + line(whole, "10")},
      {"more lines than it says", good_table + line("1", "10")},
      {"a segment too large", header(plain, packed, "3") + line("8388609", "10") + line("0", "10") + line("0", "10")},
      {"a segment of nothing", header(plain, packed, "3") + line(whole, "0") + line(whole, "10") + line("1", "10")},
      {"a negative segment", header(plain, packed, "3") + line("-1", "10") + line(whole, "10") + line("1", "10")},
      {"sums that do not add up", header(plain, packed, "3") + line(whole, "10") + line(whole, "10") + line("1", "10")},
      {"sums that overflow",
       header(plain, packed, "3") + line(whole, "18446744073709551615") + line(whole, "10") + line("1", "10")},
      {"another size", replaced(good_table, "\"plain\":" + plain, "\"plain\":" + std::to_string(good.size + 1))},
      {"another packed size", replaced(good_table, "\"packed\":" + packed, "\"packed\":1")},
      {"no line end", good_table.substr(0, good_table.size() - 1)},
      {"blanks", replaced(good_table, "[", "[ ")},
      {"a path in place of a digest", replaced(good_table, "\"]", "/../../x\"]")},
  };
  for (const auto& [name, lie] : lies) {
    SCOPED_TRACE(name);
    newest() = good;
    newest().packed->table = Publisher::piece_of(lie);
    const std::string path =
        "b/" + newest().packed->table->digest.hex().substr(0, 2) + "/" + newest().packed->table->digest.hex();
    stage.peer.tree()[path] = lie;
    stage.publish();
    stage.requests();
    const Ran ran = stage.apply();
    EXPECT_EQ(ran.exit, 4) << ran.out << ran.err;
    for (const auto& asked : stage.requests()) { EXPECT_TRUE(!asked.starts_with("b/") || asked == path) << asked; }
    EXPECT_THAT(stage.copies(), ElementsAre("db19_24"));
  }
  newest() = good;
  stage.publish();
  EXPECT_EQ(stage.apply().exit, 0) << "N9";
  EXPECT_THAT(stage.copies(), ElementsAre("db19_24", "long"));
  count("hostile contents", lies.size());
}

TEST_F(tables, C13_a_peer_that_deletes_everything_removes_nothing_here_beyond_the_guard) {
  for (int i = 0; i < 12; ++i) stage.offer("many-" + std::to_string(i), "bytes " + std::to_string(i));
  stage.publish();
  const std::string rule = "prune = \"1d\"\n";  // of the subscription, the last entry of the manifest
  stage.manifest("", rule);
  ASSERT_EQ(stage.apply().exit, 0);
  const auto copies = stage.copies();
  ASSERT_EQ(copies.size(), 13U);

  Catalog emptied;
  stage.peer.publish(emptied);
  stage.serve();
  const Ran vanished = stage.apply();
  EXPECT_EQ(vanished.exit, 4) << "without tombstones it is not believed";
  EXPECT_EQ(stage.copies(), copies);

  for (const ImageEntry& image : stage.catalog.images) {
    emptied.deleted.push_back({.identity = image.identity,
                               .deleted = stage.peer.head().serial + 1,
                               .digest = image.digest,
                               .type = image.type,
                               .parent = {}});
  }
  stage.peer.publish(emptied);
  stage.serve();
  EXPECT_EQ(stage.apply().exit, 0) << "unwanted from now on, and kept";
  EXPECT_EQ(stage.copies(), copies);
  stage.clock.time = stage.peer.now() + std::chrono::hours(48);
  const Ran pruned = stage.apply();
  EXPECT_EQ(pruned.exit, 0) << pruned.out << pruned.err;
  EXPECT_THAT(pruned.out, HasSubstr("removals"));
  const auto left = stage.copies();
  EXPECT_EQ(left.size(), copies.size() - 1) << "the guard allows one removal; the rest is deferred (R26)";
  stage.clock.time = stage.peer.now() + std::chrono::hours(24 * 15);
  EXPECT_EQ(stage.apply().exit, 3) << "and of a peer whose head is over nothing goes either";
  EXPECT_EQ(stage.copies(), left);
  count("hostile contents", 4);
}

}  // namespace
}  // namespace ingot::attacks
