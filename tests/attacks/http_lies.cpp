// B1-B15: HTTP answers that lie, in place of the head, of a page, of a table of segments and of an image's bytes. Each lie is
// one line of a table: what the server sends, and the exit code of home at each place. Whatever it is, nothing comes of it
// but what was signed, and home goes on as soon as the server is honest.
#include <array>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <set>

#include "reconciler/transfer/pack.hpp"
#include "tests/attacks/attack.hpp"
#include "tests/attacks/lies.hpp"

namespace ingot::attacks {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::always_sends;
using testing_support::http_answer;

class http_lies : public testing::Test {
 protected:
  std::string path_of(Place place) const {
    if (place == head) return "head.dsse";
    if (place == page) return stage.page_path();
    for (const auto& entry : stage.catalog.images) {
      if (entry.name.text() == stage.newest()) return path_of(place == table ? *entry.packed->table : entry.packed->file);
    }
    return "";
  }
  static std::string path_of(const Piece& piece) { return "b/" + piece.digest.hex().substr(0, 2) + "/" + piece.digest.hex(); }

  /// One more image; of two segments if there shall be a table of them.
  void tempt(Place place = bytes) {
    const std::string number = std::to_string(stage.peer.head().serial + 1);
    stage.offer("new-" + number, (place == table ? std::string(segment_size, 'x') : "the bytes of ") + number);
    stage.publish();
  }

  /// In place of the head, and of one of the others in turn; of all if there is time.
  void try_all_lies(const std::vector<Lie>& lies) {
    std::size_t tried = 0;
    std::size_t turn = 0;
    for (const Lie& lie : lies) {
      const std::size_t chosen = 1 + turn++ % 3;
      for (const Place place : {head, page, table, bytes}) {
        if (!is_full() && place != head && place != chosen) continue;
        try_lie(lie, place);
        ++tried;
      }
    }
    count("lies over HTTP", tried);
  }

  void try_lie(const Lie& lie, Place place) {
    SCOPED_TRACE(lie.name + " in place of the " + place_names[place]);
    tempt(place);
    const Remembered before = stage.remembered();
    const std::string path = path_of(place);
    stage.server.instead(path, always_sends(lie.answer(stage.peer.tree().at(path))));
    stage.requests();
    stage.clock.slept = 0;
    const Ran ran = stage.apply();
    EXPECT_EQ(ran.exit, lie.exits[place]) << ran.out << ran.err;
    const auto asked = stage.requests();
    if (place == head) { EXPECT_EQ(asked, std::vector<std::string>(lie.asked, "head.dsse")); }
    EXPECT_LE(asked.size(), 16U);
    EXPECT_LE(stage.clock.slept, 4 * 60'000);
    auto changed = differences(before, stage.remembered());
    std::erase_if(changed, [&](const std::string& what) {
      const bool floor = place != head && what.find("floor") != std::string::npos;
      return floor || what.find("staging") != std::string::npos;  // what came right of it may stay
    });
    if (lie.exits[place] != 0) { EXPECT_THAT(changed, IsEmpty()); }
    stage.server.behave();
    const Ran after = stage.apply();
    EXPECT_EQ(after.exit, 0) << "N9: " << after.out << after.err;
    EXPECT_EQ(stage.copies().size(), stage.catalog.images.size());
  }

  Stage stage{Way::here};
};

TEST_F(http_lies, B1_a_cut_answer_is_never_whole) { try_all_lies(cuts()); }
TEST_F(http_lies, B2_lengths_that_lie_are_no_answer) { try_all_lies(lengths()); }
TEST_F(http_lies, B12_nothing_is_unpacked_that_was_not_asked_for_packed) {
  try_all_lies(encodings());
  tempt();
  stage.server.forget();
  ASSERT_EQ(stage.apply().exit, 0);
  for (const Question& question : stage.server.asked()) EXPECT_EQ(question.header("accept-encoding"), "");
}
TEST_F(http_lies, B14_a_web_page_is_no_answer) { try_all_lies(web_pages()); }
TEST_F(http_lies, B15_errors_are_no_answer) { try_all_lies(statuses()); }
TEST_F(http_lies, B8_B9_B11_nobody_is_sent_elsewhere) {
  const testing_support::RawServer elsewhere([](const RawConnection&, const std::string&) {});
  try_all_lies(redirects(elsewhere.url()));
  EXPECT_THAT(elsewhere.requests(), IsEmpty());
}

/// Home has the first segment of three: what it asks for next is a range. `manner` answers it.
class http_ranges : public http_lies {
 protected:
  void cut_after_first_segment() {
    stage.manifest("parallel = 1");
    std::string content;
    for (int i = 0; i < 3; ++i) content += std::string(segment_size, static_cast<char>('a' + i));
    stage.offer("long-" + std::to_string(stage.peer.head().serial + 1), content + std::to_string(stage.peer.head().serial));
    stage.publish();
    blob = path_of(bytes);
    whole = stage.peer.tree().at(blob);
    const auto lines = std::get<SegmentTable>(parse_segment_table(stage.peer.tree().at(path_of(table))));
    first = static_cast<std::size_t>(lines.segments[0].packed);
    stage.server.instead(blob,
                         always_sends(sized("Content-Length: " + std::to_string(whole.size()) + "\r\n", whole.substr(0, first))));
    stage.limits.retry.attempts = 1;
    EXPECT_EQ(stage.apply().exit, 3);
    stage.server.forget();
  }
  std::string partial(std::size_t from, std::size_t to, const std::string& body) const {
    return http_answer(
        "206 Partial Content",
        "Content-Range: bytes " + std::to_string(from) + "-" + std::to_string(to) + "/" + std::to_string(whole.size()) + "\r\n",
        body);
  }
  std::string rest() const { return whole.substr(first); }

  std::string blob, whole;
  std::size_t first = 0;
};

TEST_F(http_ranges, B3_B4_B5_a_range_is_just_what_was_asked_for_or_none) {
  struct Answering {
    std::string name;
    std::function<std::string()> answer;
    int exit = 3;
  };
  const std::vector<Answering> answers{
      {"honest", [this] { return partial(first, whole.size() - 1, rest()); }, 0},
      {"B3 the whole in place of the range", [this] { return sized("", whole); }, 0},
      {"B3 no such range", [] { return http_answer("416 x", "", ""); }},
      {"B4 another place", [this] { return partial(first + 1, whole.size() - 1, rest().substr(1)); }},
      {"B4 from the start", [this] { return partial(0, whole.size() - 1, whole); }},
      {"B4 no Content-Range", [this] { return http_answer("206 x", "", rest()); }},
      {"B4 a Content-Range that is none", [this] { return http_answer("206 x", "Content-Range: bytes */*\r\n", rest()); }},
      {"B4 another unit", [this] { return http_answer("206 x", "Content-Range: rows 1-2/3\r\n", rest()); }},
      {"B4 several parts",
       [this] {
         return http_answer("206 x", "Content-Type: multipart/byteranges; boundary=x\r\n", "--x\r\n\r\n" + rest() + "\r\n--x--");
       }},
      {"B4 longer than it says", [this] { return partial(first, whole.size() - 1, rest() + "more"); }},
      {"B4 the range, and more of the file than there is",
       [this] {
         return http_answer("206 x",
                            "Content-Range: bytes " + std::to_string(first) + "-" + std::to_string(whole.size() + 9) + "/" +
                                std::to_string(whole.size() + 10) + "\r\n",
                            rest() + "0123456789");
       }},
      {"B5 the range of another file", [this] { return partial(first, whole.size() - 1, std::string(rest().size(), 'z')); }, 4},
      {"B5 another file, whole", [this] { return sized("", std::string(whole.size(), 'z')); }, 4},
  };
  for (const Answering& one : answers) {
    SCOPED_TRACE(one.name);
    cut_after_first_segment();
    const auto copies = stage.copies();
    stage.server.instead(blob, always_sends(one.answer()));
    const Ran ran = stage.apply();
    EXPECT_EQ(ran.exit, one.exit) << ran.out << ran.err;
    std::vector<std::string> ranges;
    for (const Question& question : stage.server.asked()) {
      if (question.path == blob) ranges.push_back(question.header("range"));
    }
    ASSERT_FALSE(ranges.empty());
    EXPECT_EQ(ranges[0], "bytes=" + std::to_string(first) + "-" + std::to_string(whole.size() - 1))
        << "what is here is not asked for again";
    EXPECT_LE(ranges.size(), 3U);
    EXPECT_EQ(stage.copies() == copies, one.exit != 0);
    stage.server.behave();
    EXPECT_EQ(stage.apply().exit, 0) << "N9";
    EXPECT_EQ(stage.copies().size(), stage.catalog.images.size());
    const Ran verified = stage.ingot({"verify"});
    EXPECT_EQ(verified.exit, 0) << "never a mixed file: " << verified.out << verified.err;
  }
  count("lies over HTTP", answers.size());
}

TEST_F(http_lies, B6_an_answer_of_304_proves_nothing) {
  const auto not_modified = always_sends("HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n");
  tempt();
  stage.server.instead("head.dsse", not_modified);
  EXPECT_EQ(stage.apply().exit, 3) << "nothing was asked for that it could answer";
  EXPECT_THAT(stage.copies(), ElementsAre("db19_24"));
  stage.server.instead("head.dsse", nullptr);
  stage.server.instead(stage.page_path(), not_modified);
  EXPECT_EQ(stage.apply().exit, 3);
  stage.server.behave();
  EXPECT_EQ(stage.apply().exit, 0) << "N9";
  EXPECT_EQ(stage.copies().size(), stage.catalog.images.size());
  count("lies over HTTP", 2);
}

TEST_F(http_lies, B7_no_validator_is_echoed_or_hides_a_newer_head) {
  const std::vector<std::string> tags{"\"" + std::string(4096, 'e') + "\"", "\"a\tb\"", "W/\"weak\"", "unquoted", "\"same\"", ""};
  for (const std::string& tag : tags) {
    SCOPED_TRACE(tag.substr(0, 20));
    tempt();
    stage.server.instead("head.dsse", [this, tag](const RawConnection& connection, const Question&) {
      connection.send(
          sized("ETag: " + tag + "\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n", stage.peer.tree().at("head.dsse")));
    });
    ASSERT_EQ(stage.apply().exit, 0);
    EXPECT_EQ(stage.copies().size(), stage.catalog.images.size()) << "what is new is seen, whatever the validators say";
    for (const Question& question : stage.server.asked()) {
      EXPECT_EQ(question.header("if-none-match"), "");
      EXPECT_EQ(question.header("if-modified-since"), "");
    }
  }
  count("lies over HTTP", tags.size());
}

TEST_F(http_lies, B10_a_token_is_for_its_peer_alone_and_nothing_else_is_told) {
  const testing_support::RawServer elsewhere([](const RawConnection&, const std::string&) {});
  testing_support::write_text(
      stage.home() + "/.netrc",
      "machine 127.0.0.1 login netrc-canary password netrc-canary\ndefault login netrc-canary password netrc-canary\n");
  ::setenv("HOME", stage.home().c_str(), 1);
  ::setenv("INGOT_ATTACK_TOKEN", "token-canary", 1);
  stage.manifest("token_env = \"INGOT_ATTACK_TOKEN\"");
  const std::vector<std::string> answers{
      http_answer("302 x", "Location: " + elsewhere.url() + "head.dsse\r\nSet-Cookie: cookie-canary=1; Path=/\r\n", ""),
      http_answer("307 x", "Location: https://127.0.0.1:" + std::to_string(elsewhere.port()) + "/\r\n", ""),
      http_answer("401 x", "WWW-Authenticate: Basic realm=\"x\"\r\nSet-Cookie: cookie-canary=1\r\n", ""),
      http_answer(
          "401 x",
          "WWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\nWWW-Authenticate: Digest realm=\"x\", nonce=\"y\"\r\n", ""),
      http_answer("407 x", "Proxy-Authenticate: Basic realm=\"x\"\r\n", ""),
  };
  std::string said;
  for (const std::string& answer : answers) {
    for (const Place place : {head, page, bytes}) {
      tempt();
      stage.server.instead(path_of(place), always_sends(answer));
      stage.server.forget();
      const Ran ran = stage.ingot({"apply", "--yes", "-v"});
      EXPECT_EQ(ran.exit, 3) << ran.out << ran.err;
      said += ran.out + ran.err;
      stage.server.behave();
      EXPECT_EQ(stage.apply().exit, 0) << "N9";
      for (const Question& question : stage.server.asked()) {
        EXPECT_EQ(question.header("authorization"), "Bearer token-canary");
        for (const auto& [name, value] : question.headers) {
          EXPECT_THAT((std::set<std::string>{"host", "user-agent", "accept", "authorization", "cache-control", "if-none-match",
                                             "if-modified-since", "range"}),
                      testing::Contains(name));
          EXPECT_THAT(value, testing::Not(testing::AnyOf(HasSubstr("cookie-canary"), HasSubstr("netrc-canary"))));
        }
      }
    }
  }
  EXPECT_THAT(elsewhere.requests(), IsEmpty());
  EXPECT_THAT(said, testing::Not(HasSubstr("canary")));
  ::unsetenv("INGOT_ATTACK_TOKEN");
  count("lies over HTTP", 3 * answers.size());
}

TEST_F(http_lies, B13_a_signed_bomb_stays_packed) {
  std::string bomb;
  transfer::Packer packer(1, [&](std::string_view some) { bomb += some; });
  packer.write(std::string(segment_size, '\0'));
  packer.finish();
  const std::vector<std::pair<std::string, std::string>> packed{
      {"4 MiB where 100 bytes were signed", bomb},
      {"no frame", "these bytes are no frame"},
      {"a skippable frame", std::string("\x50\x2a\x4d\x18\x04\x00\x00\x00skip", 12)},
      {"two frames", bomb + bomb},
      {"nothing", ""},
  };
  for (const auto& [name, content] : packed) {
    SCOPED_TRACE(name);
    stage.tempt();
    const auto copies = stage.copies();
    ImageEntry& entry = *std::find_if(stage.catalog.images.begin(), stage.catalog.images.end(),
                                      [&](const ImageEntry& one) { return one.name.text() == stage.newest(); });
    const ImageEntry good = entry;
    entry.size = 100;
    entry.packed = Packed{.file = Publisher::piece_of(content), .segments = 1, .table = {}};
    stage.peer.tree()[path_of(entry.packed->file)] = content;
    stage.publish();
    const Ran ran = stage.apply();
    EXPECT_EQ(ran.exit, 4) << ran.out << ran.err;
    EXPECT_EQ(stage.copies(), copies);
    entry = good;
    stage.publish();
    EXPECT_EQ(stage.apply().exit, 0) << "N9";
  }
  count("lies over HTTP", packed.size());
}

TEST_F(http_lies, B15_what_the_server_asks_to_wait_is_bounded) {
  const std::vector<std::pair<std::string, std::size_t>> waits{
      {"1000000000", 1}, {"99999999999999999999", 3}, {"-1", 3}, {"0", 3}, {"soon", 3}, {"Fri, 31 Dec 2099 23:59:59 GMT", 1}};
  for (const auto& [wait, asked] : waits) {
    SCOPED_TRACE(wait);
    tempt();
    stage.server.instead("head.dsse", always_sends(http_answer("503 x", "Retry-After: " + wait + "\r\n", "")));
    stage.requests();
    stage.clock.slept = 0;
    EXPECT_EQ(stage.apply().exit, 3);
    EXPECT_THAT(stage.requests(), testing::SizeIs(asked)) << "nobody waits for longer than a minute";
    EXPECT_LE(stage.clock.slept, 2 * 60'000);
    stage.server.behave();
    EXPECT_EQ(stage.apply().exit, 0) << "N9";
  }
  count("lies over HTTP", 6);
}

TEST_F(http_lies, B15_random_errors_are_overcome) {
  for (int i = 0; i < 5; ++i) stage.tempt();
  std::uint32_t state = 20'261'123;  // the seed
  std::mutex mutex;
  stage.server.instead("*", [&](const RawConnection& connection, const Question& question) {
    std::uint32_t dice = 0;
    {
      const std::lock_guard lock(mutex);
      state = state * 1'664'525U + 1'013'904'223U;
      dice = state >> 16U;
    }
    if (dice % 100 < 10)
      connection.send(http_answer("500 x", "", ""));
    else if (dice % 100 < 20)
      connection.send(http_answer("408 x", "", ""));
    else if (dice % 100 < 30)
      connection.reset();
    else
      stage.server.answer_honestly(connection, question);
  });
  int exit = -1;
  for (int run = 0; run < 6 && exit != 0; ++run) exit = stage.apply().exit;
  EXPECT_EQ(exit, 0);
  EXPECT_THAT(stage.copies(), testing::SizeIs(6));
  EXPECT_EQ(stage.ingot({"verify"}).exit, 0);
  count("lies over HTTP", 1);
}

TEST_F(http_lies, A22_a_file_name_of_the_servers_choice_is_ignored) {
  const Remembered before = stage.remembered();
  tempt();
  for (const std::string& path : {std::string("head.dsse"), stage.page_path(), path_of(bytes)}) {
    const std::string honest = stage.peer.tree().at(path);
    stage.server.instead(
        path, always_sends(sized(
                  "Content-Disposition: attachment; filename=\"../../../canary\"\r\nContent-Location: /etc/canary\r\n", honest)));
  }
  EXPECT_EQ(stage.apply().exit, 0);
  for (const auto& what : differences(before, stage.remembered())) EXPECT_THAT(what, testing::Not(HasSubstr("canary")));
  count("lies over HTTP", 3);
}

}  // namespace
}  // namespace ingot::attacks
