// C16: deltas that are signed rightly and are none, lie, cost more than they say, or never end. Each costs a whole copy, and
// nothing else.
#include "reconciler/delta/format.hpp"
#include "reconciler/transfer/copy_image.hpp"
#include "tests/attacks/attack.hpp"
#include "tests/delta/images.hpp"

namespace ingot::attacks {
namespace {

using delta_testing::image_of;
using testing::HasSubstr;
using testing_support::always_sends;
using testing_support::http_answer;

/// What the peer serves as the delta; the catalog names it with its true digest and length unless `length` says another.
struct Evil {
  std::string name;
  std::string bytes;
  std::optional<std::uint64_t> length = {};
  HostileServer::Manner manner = {};
};

class deltas : public testing::Test {
 protected:
  const std::string base = delta_testing::noise(300'000, 1);
  const std::string result = base.substr(0, 200'000) + delta_testing::noise(50'000, 2) + base.substr(200'000);

  void SetUp() override {
    stage.offer("base", base);
    stage.publish();
    ASSERT_EQ(stage.apply().exit, 0);
  }

  /// One more image with the same evil way to it, and an honest whole one.
  void expect_only_a_note(const Evil& evil) {
    SCOPED_TRACE(evil.name);
    const std::string name = "evil-" + std::to_string(++tried);
    const std::string bytes = result + name;
    stage.offer(name, bytes);
    ImageEntry& entry = *std::find_if(stage.catalog.images.begin(), stage.catalog.images.end(),
                                      [&](const ImageEntry& one) { return one.name.text() == name; });
    const Piece honest = Publisher::piece_of(evil.bytes);
    const Piece file{honest.digest, evil.length.value_or(honest.length)};
    entry.deltas = {{.base = io::sha256(base), .base_size = base.size(), .file = file}};
    const std::string path = transfer::object_path(file.digest);
    stage.peer.tree()[path] = evil.bytes;
    stage.publish();
    if (evil.manner) stage.server.instead(path, evil.manner);
    const Ran ran = stage.apply();
    stage.server.behave();
    EXPECT_EQ(ran.exit, 0) << ran.out << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("bad-delta")) << ran.out;
    EXPECT_EQ(stage.ingot({"extract", name, "-"}).out, bytes);
    EXPECT_THAT(stage.ingot({"plan"}).out, HasSubstr("No changes")) << "nothing is left of it to do";
  }
  std::string header_for(const std::string& from, const std::string& to) const {
    return delta::encode_header({.base = image_of(from), .result = image_of(to)});
  }

  std::size_t tried = 0;
  Stage stage{Way::here};
};

TEST_F(deltas, C16_what_is_no_delta_or_is_for_other_images_costs_a_whole_copy) {
  expect_only_a_note({"noise", delta_testing::noise(5'000, 3)});
  expect_only_a_note({"one byte", "x"});
  expect_only_a_note({"of other images", delta_testing::make(result, base)});
  expect_only_a_note({"a header and nothing", header_for(base, result + "evil-4")});
  std::string bent = delta_testing::make(base, result + "evil-5");
  bent[bent.size() / 2] = static_cast<char>(bent[bent.size() / 2] ^ 1);
  expect_only_a_note({"bent before it was signed", bent});
  std::string lies =
      header_for(base, result + "evil-6") + delta_testing::make(base, result + "other!").substr(delta::header_size);
  expect_only_a_note({"makes another image", lies});
  count("hostile deltas", tried);
}

TEST_F(deltas, C16_one_that_is_cut_too_long_or_never_ends_costs_a_whole_copy) {
  const auto made = [&](const std::string& name) { return delta_testing::make(base, result + name); };
  expect_only_a_note({"cut", made("evil-1").substr(0, 1'000)});
  expect_only_a_note({"shorter than it says", made("evil-2"), made("evil-2").size() + 1});
  expect_only_a_note({"longer than it says", made("evil-3"), made("evil-3").size() - 1});
  expect_only_a_note({"a web page", made("evil-4"), {}, always_sends(http_answer("200 OK", "", "<!DOCTYPE html><p>log in"))});
  expect_only_a_note({"gone", made("evil-5"), {}, always_sends(http_answer("404 Not Found", "", ""))});
  expect_only_a_note({"endless", made("evil-6"), {}, [](const RawConnection& connection, const Question&) {
                        connection.send("HTTP/1.1 200 OK\r\n\r\n");
                        for (int i = 0; i < 10'000 && connection.send(std::string(1'000, 'x')); ++i) {}
                      }});
  count("hostile deltas", tried);
}

/// The block says how much it makes, and its streams are bounded by that: zeros that were packed a thousandfold stay packed.
TEST_F(deltas, C16_a_bomb_stays_packed) {
  std::string bomb = header_for(base, result + "evil-1");
  delta::BlockHeader lengths{};
  for (auto& one : lengths) one = {.plain = 0xFFFFFFFF, .packed = 100};
  bomb += delta::encode_block_header(lengths) + std::string(400, '\0');
  expect_only_a_note({"bomb", bomb});
}

}  // namespace
}  // namespace ingot::attacks
