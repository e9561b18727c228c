// What a poll costs, and when a peer is settled.
#include <filesystem>

#include "tests/observe/observing.hpp"

namespace ingot::testing_support {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using testing::ElementsAre;

TEST_F(observing, an_idle_poll_is_one_request) {
  const auto first = catalog();
  asked();
  catalog();
  EXPECT_THAT(asked(), ElementsAre("head.dsse")) << "pages come from the cache";
  settle(first.head);
  server_.forget();
  const plan::PeerView seen = view();
  ASSERT_TRUE(std::holds_alternative<plan::Settled>(seen));
  const auto requests = server_.asked();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_FALSE(requests[0].headers.contains("if-none-match")) << "it is always fetched whole";
  EXPECT_EQ(requests[0].headers.at("cache-control"), "no-cache");
}

TEST_F(observing, a_change_costs_the_head_the_index_and_the_pages_it_touched) {
  std::vector<std::pair<std::string, Serial>> images;
  for (int i = 0; i < 5000; ++i) images.emplace_back("image" + std::to_string(100'000 + i), 2);
  publish(images);
  ASSERT_GT(peer_.index().pages.size(), 20U);
  EXPECT_EQ(names().size(), 5000U);
  images.emplace_back("image102500a", 3);
  publish(images);
  asked();
  EXPECT_EQ(names().size(), 5001U);
  EXPECT_LE(asked().size(), 4U);
}

TEST_F(observing, old_pieces_are_forgotten_but_those_of_the_last_two_heads) {
  for (int i = 0; i < 5; ++i) {
    publish({{"db19_24", 1}, {"x" + std::to_string(i), static_cast<Serial>(i + 2)}});
    Catalog next = catalog_of(peer_.id(), {{"db19_24", 1}});
    for (int old = 0; old <= i; ++old)
      next.images.push_back(own_image(peer_.id(), "x" + std::to_string(old), static_cast<Serial>(old + 2)));
    publish(next);
    catalog();
  }
  EXPECT_LE(files_.list(folder_.path() + "/cache/" + peer_.id().root.hex() + "/c").size(), 4U);
}

TEST_F(observing, an_idle_run_writes_nothing) {
  settle(catalog().head);
  const auto state_of_disk = [&] {
    std::map<std::string, fs::file_time_type> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) found[entry.path()] = entry.last_write_time();
    return found;
  };
  const auto before = state_of_disk();
  ASSERT_TRUE(std::holds_alternative<plan::Settled>(view()));
  EXPECT_EQ(state_of_disk(), before);
}

TEST_F(observing, a_settled_peer_is_read_again_when_anything_changed) {
  const auto head = catalog().head;
  settle(head);
  const plan::PeerView seen = view();
  ASSERT_TRUE(std::holds_alternative<plan::Settled>(seen));
  EXPECT_EQ(std::get<plan::Settled>(seen).head, head);
  EXPECT_EQ(std::get<plan::Settled>(seen).notes.size(), 1U);

  questions_.read_settled = true;
  catalog();
  questions_.read_settled = false;
  questions_.known[0].rules = io::sha256("other rules");
  catalog();
  questions_.known[0].rules = {};
  ASSERT_TRUE(std::holds_alternative<plan::Settled>(view()));
  publish({{"db19_24", 1}, {"db19_25", 2}});
  catalog();
}

TEST_F(observing, a_settled_peer_is_read_again_when_its_time_comes) {
  settle(catalog().head, now_ + hours(1));
  ASSERT_TRUE(std::holds_alternative<plan::Settled>(view()));
  now_ += hours(1);
  catalog();
}

TEST_F(observing, a_renewed_head_leaves_a_peer_settled) {
  settle(catalog().head);
  peer_.set_now(now_ += hours(24));
  publish({{"db19_24", 1}});
  const plan::PeerView seen = view();
  ASSERT_TRUE(std::holds_alternative<plan::Settled>(seen));
  EXPECT_EQ(std::get<plan::Settled>(seen).head.serial, 2U);
  asked();
  view();
  EXPECT_THAT(server_.asked_paths(), ElementsAre("head.dsse"));
}

TEST_F(observing, R19_a_settled_peer_whose_head_is_over_is_expired_all_the_same) {
  settle(catalog().head);
  now_ += hours(24 * 15);
  expect_unknown("expired", "");
}

}  // namespace
}  // namespace ingot::testing_support
