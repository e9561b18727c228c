// C16: deltas that are signed rightly and are none, lie, cost more than they say, or never end. Each costs a whole copy, and
// nothing else.
#include "reconciler/delta/format.hpp"
#include "reconciler/transfer/copy_image.hpp"
#include "tests/attacks/attack.hpp"
#include "tests/delta/images.hpp"

namespace ingot::attacks {
namespace {

using delta_testing::image_of;
using testing::AllOf;
using testing::HasSubstr;
using testing_support::always_sends;
using testing_support::http_answer;

/// What the peer serves as the delta; the catalog names it with its true digest and length unless `length` says another.
struct Evil {
  std::string name;
  std::string bytes;
  std::optional<std::uint64_t> length = {};
  HostileServer::Manner manner = {};
  std::optional<std::string> from = {};   ///< nullopt: `base`
  std::optional<std::string> image = {};  ///< bytes of the image; nullopt: `result` and the name of this try
  std::string says = "bad-delta";         ///< part of what home prints
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

  /// The path of the delta.
  std::string offer_with_delta(const std::string& name, const std::string& bytes, const std::string& from,
                               const std::string& delta, std::optional<std::uint64_t> length = {}) {
    stage.offer(name, bytes);
    ImageEntry& entry = *std::find_if(stage.catalog.images.begin(), stage.catalog.images.end(),
                                      [&](const ImageEntry& one) { return one.name.text() == name; });
    const Piece honest = Publisher::piece_of(delta);
    const Piece file{honest.digest, length.value_or(honest.length)};
    entry.deltas = {{.base = io::sha256(from), .base_size = from.size(), .file = file}};
    const std::string path = transfer::object_path(file.digest);
    stage.peer.tree()[path] = delta;
    return path;
  }

  /// One more image with the same evil way to it, and an honest whole one.
  void expect_only_a_note(const Evil& evil) {
    SCOPED_TRACE(evil.name);
    const std::string name = "evil-" + std::to_string(++tried);
    const std::string bytes = evil.image.value_or(result + name);
    const std::string path = offer_with_delta(name, bytes, evil.from.value_or(base), evil.bytes, evil.length);
    stage.publish();
    if (evil.manner) stage.server.instead(path, evil.manner);
    const Ran ran = stage.apply();
    stage.server.behave();
    EXPECT_EQ(ran.exit, 0) << ran.out << ran.err;
    EXPECT_THAT(ran.err, AllOf(HasSubstr("bad-delta"), HasSubstr(evil.says))) << ran.out;
    EXPECT_EQ(stage.ingot({"extract", name, "-"}).out, bytes);
    EXPECT_THAT(stage.ingot({"plan"}).out, HasSubstr("No changes")) << "nothing is left of it to do";
  }
  std::string header_for(const std::string& from, const std::string& to) const {
    return delta::encode_header({.base = image_of(from), .result = image_of(to)});
  }

  /// The delta of one image, which says that it makes another: whole and sealed.
  static std::string that_says(const std::string& header, const std::string& delta) {
    std::string lie = header + delta.substr(delta::header_size, delta.size() - delta::header_size - delta::trailer_size);
    const Digest seal = io::sha256(lie);
    return lie + std::string(seal.bytes.begin(), seal.bytes.end());
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

/// One of the sizes that the catalog has signed is always a bound: that of the image, or else that of its packed bytes.
TEST_F(deltas, C16_one_that_makes_more_than_it_says_is_stopped_there) {
  std::string longer = result;
  while (longer.size() < 9'000'000) longer += base;  // which a delta says in few bytes
  expect_only_a_note({"more bytes", that_says(header_for(base, result + "evil-1"), delta_testing::make(base, longer))});
  const std::string large = delta_testing::noise(5'000'000, 5);
  stage.offer("large", large);
  stage.publish();
  ASSERT_EQ(stage.apply().exit, 0);
  // Far more than the threads that pack have under way at a time: how slow they are does not matter.
  std::string many;
  for (int i = 0; i < 20; ++i) many += large;
  const std::string zeros(many.size(), '\0');
  expect_only_a_note({.name = "as many bytes, which pack badly",
                      .bytes = that_says(header_for(large, zeros), delta_testing::make(large, many)),
                      .from = large,
                      .image = zeros,
                      .says = "it makes more than"});
  count("hostile deltas", tried);
}

/// R31: what came stays, and the next run asks for the rest of it.
TEST_F(deltas, C16_what_came_of_a_delta_before_its_peer_went_away_stays) {
  const std::string bytes = result + "resumed";
  const std::string delta = delta_testing::make(base, bytes);
  const std::string path = offer_with_delta("resumed", bytes, base, delta);
  const std::string whole = stage.bytes_path("resumed");
  stage.publish();
  const std::size_t half = delta.size() / 2;
  stage.server.instead(path, [&](const RawConnection& connection, const Question& question) {
    const std::string headers = "Content-Length: " + std::to_string(delta.size()) + "\r\n";
    if (question.header("range").empty()) connection.send(http_answer("200 OK", headers, delta.substr(0, half)));  // and is gone
  });
  stage.server.instead(whole, [](const RawConnection&, const Question&) {});
  EXPECT_EQ(stage.apply().exit, 3);
  stage.server.behave();
  stage.server.forget();
  const Ran ran = stage.apply();
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(stage.ingot({"extract", "resumed", "-"}).out, bytes);
  std::vector<std::string> ranges;
  for (const Question& question : stage.server.asked()) {
    EXPECT_NE(question.path, whole) << "the delta was enough";
    if (question.path == path) ranges.push_back(question.header("range"));
  }
  EXPECT_EQ(ranges, (std::vector<std::string>{"bytes=" + std::to_string(half) + "-" + std::to_string(delta.size() - 1)}));
}

/// R28: "after" would start from "between", which the same plan copies.
TEST_F(deltas, C16_an_image_whose_base_does_not_come_is_fetched_whole) {
  const std::string between = result + "between";
  const std::string after = result + "after";
  const std::string way = offer_with_delta("between", between, base, delta_testing::make(base, between));
  offer_with_delta("after", after, between, delta_testing::make(between, after));
  const std::string lost = stage.bytes_path("between");
  stage.publish();
  ASSERT_THAT(stage.ingot({"plan"}).out, HasSubstr("delta from between"));
  for (const std::string& path : {way, lost}) stage.server.instead(path, always_sends(http_answer("404 Not Found", "", "")));
  const Ran ran = stage.apply();
  EXPECT_EQ(ran.exit, 3) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("is not here any more"));
  EXPECT_EQ(stage.ingot({"extract", "after", "-"}).out, after);
  EXPECT_NE(stage.ingot({"extract", "between", "-"}).exit, 0);
  stage.server.behave();
  EXPECT_EQ(stage.apply().exit, 0);
  EXPECT_EQ(stage.ingot({"extract", "between", "-"}).out, between);
}

}  // namespace
}  // namespace ingot::attacks
