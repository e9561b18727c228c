// A13, A14, B16: data without end, answers that trickle, stall or never begin. The limits are home's usual ones in size and
// short ones in time, so these run in this process, through the real transport.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <sys/resource.h>

#include "reconciler/io/hash.hpp"
#include "tests/attacks/attack.hpp"

namespace ingot::attacks {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::http_answer;
using testing_support::RawServer;

/// What a socket may hold on its way, beyond what the reader took.
constexpr std::uint64_t on_the_way = 16 * 1024 * 1024;

std::uint64_t bytes_below(const std::string& folder) {
  std::uint64_t sum = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) sum += entry.is_regular_file() ? entry.file_size() : 0;
  return sum;
}

/// A body that goes on for ever, behind these header lines; `sent` counts it.
HostileServer::Manner endless(const std::string& headers, const std::string& before, std::atomic<std::uint64_t>& sent) {
  return [headers, before, &sent](const RawConnection& connection, const Question&) {
    const bool chunked = headers.find("chunked") != std::string::npos;
    const std::string piece = (chunked ? "8000\r\n" : "") + std::string(0x8000, '{') + (chunked ? "\r\n" : "");
    if (!connection.send("HTTP/1.1 200 OK\r\n" + headers + "\r\n")) return;
    if (!before.empty() && !connection.send(before)) return;
    while (!connection.over() && connection.send(piece)) sent += piece.size();
  };
}

struct Place {
  std::string name;
  std::function<std::string(const Stage&)> path;
  std::uint64_t limit = 0;
  std::function<void(Stage&)> prepare = {};
};

std::vector<Place> places() {
  const auto fixed = [](const std::string& path) { return [path](const Stage&) { return path; }; };
  return {
      {"the head", fixed("head.dsse"), largest_head},
      {"a root", [](const Stage& s) { return "root/" + std::to_string(s.peer.root().version) + ".dsse"; }, largest_root,
       [](Stage& s) {
         s.peer.rotate_catalog_key();
         s.publish();
       }},
      {"the index", [](const Stage& s) { return s.index_path(); }, 10'000},
      {"a page", [](const Stage& s) { return s.page_path(); }, 10'000},
      {"a table of segments",
       [](const Stage& s) {
         for (const auto& entry : s.catalog.images) {
           if (entry.name.text() == s.newest())
             return "b/" + entry.packed->table->digest.hex().substr(0, 2) + "/" + entry.packed->table->digest.hex();
         }
         return std::string();
       },
       10'000,
       [](Stage& s) {
         s.offer("long-" + std::to_string(s.peer.head().serial),
                 std::string(segment_size + 100, 'x') + std::to_string(s.peer.head().serial));
         s.publish();
       }},
      {"an image's bytes", [](const Stage& s) { return s.bytes_path(s.newest()); }, 10'000},
  };
}

TEST(endless, A13_data_without_end_ends_at_what_was_signed) {
  Stage stage(Way::here);
  std::size_t tried = 0;
  for (const Place& place : places()) {
    for (const std::string headers : {"Transfer-Encoding: chunked\r\n", "Content-Length: 100\r\n", "Connection: close\r\n",
                                      "Content-Length: 9223372036854775807\r\n"}) {
      SCOPED_TRACE(place.name + ", " + headers);
      stage.tempt();
      if (place.prepare) place.prepare(stage);
      const std::uint64_t disk = bytes_below(stage.home());
      std::atomic<std::uint64_t> sent = 0;
      const std::string path = place.path(stage);
      ASSERT_NE(path, "");
      stage.server.instead(path, endless(headers, "", sent));
      rusage memory_before{}, memory_after{};
      getrusage(RUSAGE_SELF, &memory_before);
      const Ran ran = stage.apply();
      EXPECT_TRUE(ran.exit == 3 || ran.exit == 4) << ran.exit << ran.out << ran.err;
      getrusage(RUSAGE_SELF, &memory_after);
      EXPECT_LT(sent, 3 * (place.limit + on_the_way)) << "at most three tries";
      EXPECT_LT(memory_after.ru_maxrss - memory_before.ru_maxrss, 96 * 1024) << "kilobytes more, the server's own included";
      EXPECT_LT(bytes_below(stage.home()), disk + 200'000);
      EXPECT_THAT(stage.copies(), testing::Not(testing::Contains(stage.newest())));
      stage.server.behave();
      stage.publish();
      EXPECT_EQ(stage.apply().exit, 0) << "N9";
      EXPECT_EQ(stage.copies().size(), stage.catalog.images.size());
      ++tried;
    }
  }
  count("attacks on trust", tried);
}

/// Gives a head, or bytes, slower than any honest server.
struct Slowness {
  std::string name;
  HostileServer::Manner manner;
};

/// Between two pieces of an answer: few enough bytes a second to be a stall.
void wait_a_little() { std::this_thread::sleep_for(std::chrono::milliseconds(60)); }

std::vector<Slowness> slownesses() {
  const std::string start = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n";
  return {
      {"a byte at a time",
       [start](const RawConnection& connection, const Question&) {
         connection.send(start + "\r\n");
         while (!connection.over() && connection.send("x")) wait_a_little();
       }},
      {"64 bytes and then silence",
       [start](const RawConnection& connection, const Question&) {
         connection.send(start + "\r\n" + std::string(64, 'x'));
         connection.hold();
       }},
      {"silence", [](const RawConnection& connection, const Question&) { connection.hold(); }},
      {"headers that never end",
       [](const RawConnection& connection, const Question&) {
         connection.send("HTTP/1.1 200 OK\r\n");
         while (!connection.over() && connection.send("X-More: x\r\n")) wait_a_little();
       }},
      {"interim answers that never end",
       [](const RawConnection& connection, const Question&) {
         while (!connection.over() && connection.send("HTTP/1.1 103 Early Hints\r\n\r\n")) wait_a_little();
       }},
  };
}

TEST(endless, A14_slow_peers_cost_their_time_limits_and_the_others_are_served) {
  Stage stage(Way::here);
  stage.limits.retry.attempts = 2;
  const RawServer mute_tls([](const RawConnection& connection, const std::string&) { connection.hold(); });
  // Eight bad peers at once, one good one: each of the bad below a folder of its own, with its own identity.
  std::string entries;
  std::vector<std::unique_ptr<Publisher>> bad;
  const auto slow = slownesses();
  for (std::size_t i = 0; i <= slow.size(); ++i) {
    const std::string name = "slow-" + std::to_string(i);
    bad.push_back(std::make_unique<Publisher>(name, stage.peer.now()));
    const std::string url =
        i < slow.size() ? stage.venue.url + name + "/" : "https://127.0.0.1:" + std::to_string(mute_tls.port()) + "/";
    testing_support::write_text(stage.home() + "/" + name + ".card.toml", write_card(bad.back()->card(url)));
    entries += "[[peer]]\nname = \"" + name + "\"\ncard = \"" + name + ".card.toml\"\n";
    if (i < slow.size()) stage.server.instead(name + "/root/1.dsse", slow[i].manner);
  }
  stage.manifest("", entries);
  stage.tempt();
  const Ran ran = stage.apply();
  EXPECT_EQ(ran.exit, 3) << ran.out << ran.err;
  EXPECT_THAT(stage.copies(), testing::SizeIs(2)) << "the good peer's new image came";
  for (std::size_t i = 0; i < bad.size(); ++i) EXPECT_THAT(ran.out, HasSubstr("slow-" + std::to_string(i)));
  count("attacks on trust", bad.size());
}

TEST(endless, A14_bytes_that_stall_keep_what_came_and_go_on_later) {
  Stage stage(Way::here);
  stage.limits.retry.attempts = 1;
  std::size_t tried = 0;
  for (const Slowness& slow : slownesses()) {
    SCOPED_TRACE(slow.name);
    std::string noise;  // that no packing makes shorter than what trickles in
    for (int i = 0; i < 200; ++i) noise += io::sha256(slow.name + std::to_string(i)).hex();
    stage.offer("noise-" + std::to_string(tried), noise);
    stage.publish();
    const auto copies = stage.copies();
    stage.server.instead(stage.bytes_path(stage.newest()), slow.manner);
    const Ran ran = stage.apply();
    EXPECT_EQ(ran.exit, 3) << ran.out << ran.err;
    EXPECT_EQ(stage.copies(), copies);
    stage.server.behave();
    EXPECT_EQ(stage.apply().exit, 0) << "N9";
    ++tried;
  }
  count("attacks on trust", tried);
}

TEST(endless, B16_headers_without_end_are_cut) {
  Stage stage(Way::here);
  std::size_t tried = 0;
  const std::vector<std::pair<std::string, std::string>> floods{
      {"one header of any length", std::string(0x8000, 'x')},
      {"any number of headers", "X-Header: " + std::string(90, 'x') + "\r\n"},
      {"interim answers", "HTTP/1.1 100 Continue\r\n\r\n"},
  };
  const auto page = [](const Stage& s) { return s.page_path(); };
  const auto bytes = [](const Stage& s) { return s.bytes_path(s.newest()); };
  const auto head = [](const Stage&) { return std::string("head.dsse"); };
  for (const std::function<std::string(const Stage&)>& path :
       std::vector<std::function<std::string(const Stage&)>>{head, page, bytes}) {
    for (const auto& [name, piece] : floods) {
      SCOPED_TRACE(name + " at " + path(stage));
      stage.tempt();
      std::atomic<std::uint64_t> sent = 0;
      stage.server.instead(path(stage), [&sent, flood = piece](const RawConnection& connection, const Question&) {
        connection.send(flood.starts_with("HTTP") ? flood : "HTTP/1.1 200 OK\r\nX-Header: ");
        while (!connection.over() && connection.send(flood)) sent += flood.size();
      });
      const Ran ran = stage.apply();
      EXPECT_EQ(ran.exit, 3) << ran.out << ran.err;
      EXPECT_LT(sent, 3 * on_the_way);
      stage.server.behave();
      EXPECT_EQ(stage.apply().exit, 0) << "N9";
      ++tried;
    }
  }
  count("attacks on trust", tried);
}

}  // namespace
}  // namespace ingot::attacks
