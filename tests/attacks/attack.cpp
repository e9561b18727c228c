#include "tests/attacks/attack.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "schema/catalog/parse_catalog.hpp"
#include "schema/catalog/write_catalog.hpp"
#include "tests/support/figures.hpp"

namespace ingot::attacks {

namespace {

using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> with_paths(const Stage& stage, std::uint64_t known_root, std::vector<std::string> asks) {
  for (std::string& path : asks) {
    if (path == "(index)") path = stage.index_path();
    if (path == "(page)") path = stage.page_path();
    if (path == "(bytes)") path = stage.bytes_path(stage.newest());
    if (path == "(next root)") path = "root/" + std::to_string(known_root + 1) + ".dsse";
  }
  return asks;
}

/// Pages are fetched by several threads.
void expect_requests(std::vector<std::string> asked, std::vector<std::string> expected) {
  if (!expected.empty() && expected.back() == "(pages)") {
    expected.pop_back();
    for (std::size_t i = expected.size(); i < asked.size(); ++i) EXPECT_THAT(asked[i], testing::StartsWith("c/"));
    asked.resize(std::min(asked.size(), expected.size()));
  }
  EXPECT_THAT(asked, ElementsAreArray(expected));
}

bool is_floor(const std::string& difference) { return difference.find("floor") != std::string::npos; }

void try_one(Stage& stage, const Attack& attack) {
  stage.tempt();
  const Remembered before = stage.remembered();
  const std::uint64_t known_root = stage.peer.root().version;
  attack.lie(stage);
  stage.server.forget();
  const Ran ran = stage.apply();
  EXPECT_EQ(ran.exit, attack.exit) << ran.out << ran.err;
  EXPECT_THAT(ran.out + ran.err, HasSubstr(attack.says));
  expect_requests(stage.requests(), with_paths(stage, known_root, attack.asks));
  auto changed = differences(before, stage.remembered());
  if (attack.leaves == Leaves::a_floor) std::erase_if(changed, is_floor);
  EXPECT_THAT(changed, IsEmpty());

  stage.server.behave();
  if (attack.mend) attack.mend(stage);
  stage.publish();
  const Ran after = stage.apply();
  EXPECT_EQ(after.exit, 0) << "N9: " << after.out << after.err;
  EXPECT_EQ(stage.copies().size(), stage.catalog.images.size());
}

/// Signs a head that names this index; its pieces are in the tree.
void publish_index(Stage& stage, const std::string& index) {
  stage.peer.publish(stage.catalog);  // for the next serial
  Head head = stage.peer.head();
  head.index = Publisher::piece_of(index);
  stage.peer.tree()["c/" + head.index.digest.hex()] = index;
  stage.serve_head(stage.peer.signed_head(head));
}

}  // namespace

void try_all(Way way, const std::vector<Attack>& attacks) {
  std::unique_ptr<Stage> stage;
  for (const Attack& attack : attacks) {
    SCOPED_TRACE(attack.name);
    if (!stage || testing::Test::HasFailure()) stage = std::make_unique<Stage>(way);
    try_one(*stage, attack);
  }
  count("attacks on trust", attacks.size());
}

void count(const std::string& what, std::size_t number) {
  static std::map<std::string, std::size_t> tried;
  const testing::TestInfo* const test = testing::UnitTest::GetInstance()->current_test_info();
  std::string name = std::string(test->test_suite_name()) + "." + test->name() + "." + what;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '/' || c == ' '; }, '-');
  testing_support::figure(name, tried[name] += number, what);
}

std::string head_with(const Stage& stage, const std::function<std::string(std::string)>& edit) {
  return write_envelope(
      trust::sign_envelope(head_payload_type, edit(write_head(stage.peer.head())), {&stage.peer.catalog_key()}));
}

void publish_page_with(Stage& stage, const std::string& mark, const std::function<std::string(std::string)>& edit) {
  Index index = stage.peer.index();
  for (PageRef& page : index.pages) {
    std::string bytes = stage.peer.tree().at("c/" + page.piece.digest.hex());
    if (bytes.find(mark) == std::string::npos) continue;
    bytes = edit(std::move(bytes));
    page.piece = Publisher::piece_of(bytes);
    stage.peer.tree()["c/" + page.piece.digest.hex()] = bytes;
    return publish_index(stage, write_index(index));
  }
  ADD_FAILURE() << mark << " is on no page";
}

void publish_index_with(Stage& stage, const std::function<std::string(std::string)>& edit) {
  publish_index(stage, edit(write_index(stage.peer.index())));
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from << " is not in " << text;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

}  // namespace ingot::attacks
