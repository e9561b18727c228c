#include "reconciler/io/disk/peer_memory.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "reconciler/io/disk/peer_memory_text.hpp"
#include "reconciler/io/hash.hpp"
#include "schema/error.hpp"
#include "tests/support/fault_files.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::peer_memory_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing_support::FaultFiles;
using testing_support::TestFolder;

const ServerId peer{io::sha256("peer")};
const ServerId other{io::sha256("other")};
const Time then{Seconds(1'795'000'000)};

Floor floor_at(Serial serial, std::uint64_t epoch = 1) {
  return {.id = peer,
          .epoch = epoch,
          .serial = serial,
          .head = io::sha256(std::to_string(serial)),
          .root_version = 1,
          .issued = then};
}
Piece piece_of(const std::string& bytes) { return {.digest = io::sha256(bytes), .length = bytes.size()}; }

class peer_memory : public testing::Test {
 protected:
  std::string trust() const { return folder_.path() + "/trust/" + peer.root.hex(); }
  std::string cache() const { return folder_.path() + "/cache/" + peer.root.hex(); }
  static void overwrite(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::trunc) << bytes; }
  std::string only_floor_file() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(trust())) {
      if (entry.path().filename().string().starts_with("floor-")) names.push_back(entry.path());
    }
    EXPECT_EQ(names.size(), 1U);
    return names.at(0);
  }

  TestFolder folder_;
  io::PosixFiles files_;
  io::PeerMemory memory_{files_, folder_.path()};
};

TEST_F(peer_memory, knows_nothing_at_first_and_writes_nothing) {
  EXPECT_EQ(memory_.head(peer), std::nullopt);
  EXPECT_EQ(memory_.root(peer, 1), std::nullopt);
  EXPECT_EQ(memory_.piece(peer, piece_of("x")), std::nullopt);
  EXPECT_EQ(memory_.settled(peer), std::nullopt);
  EXPECT_EQ(memory_.floor(peer), std::nullopt);
  EXPECT_FALSE(memory_.has_evidence(peer));
  memory_.forget_pieces_but(peer, {});
  EXPECT_EQ(memory_.trouble(), std::nullopt);
  EXPECT_TRUE(fs::is_empty(folder_.path()));
}

TEST_F(peer_memory, is_not_kept_behind_links) {
  const std::string elsewhere = folder_ / "elsewhere";
  fs::create_directory(elsewhere);
  for (const char* const name : {"cache", "trust"}) {
    SCOPED_TRACE(name);
    fs::create_directory_symlink(elsewhere, folder_ / name);
    try {
      const io::PeerMemory memory(files_, folder_.path());
      ADD_FAILURE() << "it took the link";
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::local);
      EXPECT_THAT(error.what(), HasSubstr("is a link: it must be a folder itself"));
    }
    fs::remove(folder_ / name);
  }
  EXPECT_TRUE(fs::is_empty(elsewhere));
}

TEST_F(peer_memory, gives_back_what_it_was_given) {
  const io::CachedHead head{.bytes = "{\"payload\":\"\n\xff\"}", .url = "https://a/", .fetched = then};
  const io::SettledMark mark{
      .fingerprint = io::sha256("f"), .until = then, .notes = {{Code::unmanaged, "image.a", "a \"b\" \\ ü"}}};
  memory_.keep_head(peer, head);
  memory_.keep_root(peer, 2, "root two");
  memory_.keep_piece(peer, piece_of("page"), "page");
  memory_.keep_settled(peer, mark);
  io::PeerMemory again(files_, folder_.path());
  EXPECT_EQ(again.head(peer), head);
  EXPECT_EQ(again.root(peer, 2), "root two");
  EXPECT_EQ(again.root(peer, 1), std::nullopt);
  EXPECT_EQ(again.piece(peer, piece_of("page")), "page");
  EXPECT_EQ(again.settled(peer), mark);
  EXPECT_EQ(again.head(other), std::nullopt);
  EXPECT_EQ(again.trouble(), std::nullopt);
}

TEST_F(peer_memory, a_settled_mark_with_a_long_note_is_read_back_and_one_beyond_1_MiB_is_not_kept) {
  const auto mark_with = [](std::size_t bytes) {
    return io::SettledMark{io::sha256("f"), {}, {{Code::unmanaged, "image.a", std::string(bytes, 'x')}}};
  };
  memory_.keep_settled(peer, mark_with(100'000));
  EXPECT_EQ(memory_.settled(peer), mark_with(100'000));
  const std::size_t most = io::largest_mark - io::write_settled(mark_with(0)).size();
  memory_.keep_settled(peer, mark_with(most));
  EXPECT_EQ(memory_.settled(peer), mark_with(most));
  memory_.keep_settled(other, mark_with(most + 1));
  EXPECT_EQ(memory_.settled(other), std::nullopt);
  EXPECT_FALSE(fs::exists(folder_.path() + "/cache/" + other.root.hex() + "/settled"));
  EXPECT_EQ(memory_.trouble(), std::nullopt);
}

TEST_F(peer_memory, G5_a_floor_only_rises) {
  memory_.raise_floor(floor_at(7), "head 7");
  memory_.raise_floor(floor_at(5), "head 5");
  EXPECT_EQ(memory_.floor(peer), floor_at(7));
  memory_.raise_floor(floor_at(9), "head 9");
  EXPECT_EQ(memory_.floor(peer), floor_at(9));
  EXPECT_EQ(memory_.floor_record(peer)->head_envelope, "head 9");
  memory_.raise_floor(floor_at(3, 2), "new epoch");
  EXPECT_EQ(memory_.floor(peer), floor_at(3, 2));
  memory_.raise_floor(floor_at(100, 1), "old epoch");
  EXPECT_EQ(memory_.floor(peer), floor_at(3, 2));
  only_floor_file();
  EXPECT_EQ(io::PeerMemory(files_, folder_.path()).floor(peer), floor_at(3, 2));
}

TEST_F(peer_memory, the_largest_serial_has_a_floor_too) {
  memory_.raise_floor(floor_at(largest_serial - 1), "");
  memory_.raise_floor(floor_at(largest_serial), "");
  EXPECT_EQ(memory_.floor(peer), floor_at(largest_serial));
}

TEST_F(peer_memory, the_same_number_keeps_the_first_head) {
  memory_.raise_floor(floor_at(7), "first");
  Floor lie = floor_at(7);
  lie.head = io::sha256("lie");
  memory_.raise_floor(lie, "lie");
  EXPECT_EQ(memory_.floor_record(peer)->head_envelope, "first");
}

TEST_F(peer_memory, several_runs_at_once_only_raise_a_floor) {
  const auto raise = [&](Serial first) {
    io::PosixFiles files;
    io::PeerMemory memory(files, folder_.path());
    for (Serial serial = first; serial < 200; serial += 4) memory.raise_floor(floor_at(serial), "head");
    EXPECT_EQ(memory.trouble(), std::nullopt);
  };
  {
    std::vector<std::jthread> runs;
    for (Serial first = 1; first <= 4; ++first) runs.emplace_back(raise, first);
  }
  EXPECT_EQ(memory_.floor(peer), floor_at(199));
}

TEST_F(peer_memory, a_damaged_floor_still_holds_by_its_number_and_says_so) {
  for (const std::string& damage :
       {std::string(), std::string("x"), std::string("{\"format\":\"ingot.floor/1\"}\n"), std::string(100'000, 'x')}) {
    fs::remove_all(folder_.path() + "/trust");
    io::PeerMemory memory(files_, folder_.path());
    memory.raise_floor(floor_at(7), "head 7");
    overwrite(only_floor_file(), damage);
    const auto floor = memory.floor(peer);
    ASSERT_TRUE(floor);
    EXPECT_EQ(floor->serial, 6U) << "the head at 7 cannot be compared any more; all below stays refused";
    EXPECT_EQ(floor->epoch, 1U);
    ASSERT_TRUE(memory.trouble());
    EXPECT_THAT(*memory.trouble(), HasSubstr("damaged"));
    memory.raise_floor(floor_at(7), "head 7");
    EXPECT_EQ(memory.floor(peer), floor_at(7)) << "it heals";
  }
}

TEST_F(peer_memory, a_floor_of_another_server_does_not_count) {
  memory_.raise_floor(floor_at(7), "head 7");
  fs::create_directories(folder_.path() + "/trust/" + other.root.hex());
  fs::copy(only_floor_file(), folder_.path() + "/trust/" + other.root.hex());
  EXPECT_NE(memory_.floor(other), floor_at(7));
  EXPECT_EQ(memory_.floor(other)->serial, 6U);
}

TEST_F(peer_memory, damaged_cache_files_are_not_there) {
  memory_.keep_head(peer, {.bytes = "bytes", .url = "u", .fetched = then});
  memory_.keep_settled(peer, {io::sha256("f"), {}, {}});
  memory_.keep_piece(peer, piece_of("page"), "page");
  for (const char* damage :
       {"", "x", "\n", "{}\n", "[]\n", "{\"format\":\"ingot.cached-head/1\",\"length\":-1}\nx", "{\"format\":7}\n"}) {
    overwrite(cache() + "/head", damage);
    overwrite(cache() + "/settled", damage);
    EXPECT_EQ(memory_.head(peer), std::nullopt) << damage;
    EXPECT_EQ(memory_.settled(peer), std::nullopt) << damage;
  }
  for (const char* damage : {"", "pag", "pagx", "page!"}) {
    overwrite(cache() + "/c/" + io::sha256("page").hex(), damage);
    EXPECT_EQ(memory_.piece(peer, piece_of("page")), std::nullopt) << damage;
  }
  EXPECT_EQ(memory_.trouble(), std::nullopt);
}

TEST_F(peer_memory, a_link_planted_in_the_cache_is_not_followed) {
  overwrite(folder_.path() + "/secret", "page");
  memory_.keep_piece(peer, piece_of("else"), "else");
  fs::create_symlink(folder_.path() + "/secret", cache() + "/c/" + io::sha256("page").hex());
  EXPECT_EQ(memory_.piece(peer, piece_of("page")), std::nullopt);
  memory_.keep_piece(peer, piece_of("page"), "page");
  EXPECT_EQ(memory_.piece(peer, piece_of("page")), "page");
  EXPECT_EQ(io::read_file(files_, folder_.path() + "/secret", 10), "page");
}

TEST_F(peer_memory, forgets_pieces_but_those_that_are_named) {
  for (const char* page : {"a", "b", "c"}) memory_.keep_piece(peer, piece_of(page), page);
  memory_.forget_pieces_but(peer, {io::sha256("a"), io::sha256("c")});
  EXPECT_EQ(memory_.piece(peer, piece_of("a")), "a");
  EXPECT_EQ(memory_.piece(peer, piece_of("b")), std::nullopt);
  EXPECT_EQ(files_.list(cache() + "/c").size(), 2U);
}

TEST_F(peer_memory, F5_what_dead_runs_left_half_written_goes_and_what_another_machine_is_writing_stays) {
  memory_.keep_piece(peer, piece_of("a"), "a");
  memory_.raise_floor(floor_at(1), "one");
  for (const std::string& folder : {cache() + "/c", trust()}) {
    for (const char* half : {"dead.999999999-1.new", "alive.999999998-1.new"})
      overwrite(folder + "/" + half, "half");  // no such process here
    fs::last_write_time(folder + "/dead.999999999-1.new", fs::file_time_type::clock::now() - std::chrono::hours(25));
  }
  memory_.forget_pieces_but(peer, {io::sha256("a")});
  memory_.raise_floor(floor_at(2), "two");
  for (const std::string& folder : {cache() + "/c", trust()}) {
    EXPECT_FALSE(fs::exists(folder + "/dead.999999999-1.new")) << folder;
    EXPECT_TRUE(fs::exists(folder + "/alive.999999998-1.new")) << folder;
  }
}

TEST_F(peer_memory, A6_evidence_goes_to_another_machine_and_is_set_aside_there) {
  memory_.keep_evidence(peer, "one\nhead", "2\nother");
  const std::string text = memory_.evidence(peer);
  EXPECT_THAT(io::parse_evidence(text), testing::UnorderedElementsAre("one\nhead", "2\nother"));
  EXPECT_EQ(memory_.evidence(other), "");
  const testing_support::TestFolder there;
  io::PeerMemory second(files_, there.path());
  for (int time = 0; time < 2; ++time) {  // once is not always enough
    second.take_evidence(peer, text);
    second.mark_evidence_shared(peer, true);
    EXPECT_EQ(second.evidence(peer), text);
    EXPECT_TRUE(io::PeerMemory(files_, there.path()).has_evidence(peer));
    EXPECT_TRUE(second.is_evidence_shared(peer));
    second.set_evidence_aside(peer);
    second.mark_evidence_shared(peer, false);
    EXPECT_FALSE(second.has_evidence(peer));
    EXPECT_FALSE(second.is_evidence_shared(peer));
  }
  EXPECT_THAT(second.servers(), testing::ElementsAre(peer));
  EXPECT_THAT(io::parse_evidence("9\nshort"), testing::IsEmpty());
}

TEST_F(peer_memory, A6_evidence_stays_until_somebody_removes_it) {
  const std::string folder = memory_.keep_evidence(peer, "one head", "other head");
  EXPECT_TRUE(io::PeerMemory(files_, folder_.path()).has_evidence(peer));
  EXPECT_FALSE(memory_.has_evidence(other));
  EXPECT_EQ(io::read_file(files_, folder + "/" + io::sha256("one head").hex() + ".dsse", 100), "one head");
  EXPECT_EQ(io::read_file(files_, folder + "/" + io::sha256("other head").hex() + ".dsse", 100), "other head");
  fs::remove_all(folder);
  EXPECT_FALSE(memory_.has_evidence(peer));
}

TEST_F(peer_memory, R24_a_disk_that_takes_nothing_is_said_once_and_left_alone) {
  for (const int error : {EROFS, EACCES, ENOSPC}) {
    FaultFiles files;
    io::PeerMemory memory(files, folder_.path());
    files.only = "open ";
    files.fail_at = 1;
    files.for_ever = true;
    files.error = error;
    memory.keep_piece(peer, piece_of("page"), "page");
    ASSERT_TRUE(memory.trouble());
    EXPECT_THAT(*memory.trouble(), HasSubstr(error == EROFS ? "Read-only" : error == EACCES ? "Permission" : "No space"));
    const auto first = memory.trouble();
    memory.raise_floor(floor_at(7), "head");
    memory.keep_head(peer, {});
    memory.keep_evidence(peer, "a", "b");
    EXPECT_EQ(files.count(), 1U) << "it tries only once";
    EXPECT_EQ(memory.trouble(), first);
    EXPECT_EQ(memory.floor(peer), std::nullopt);
  }
}

TEST_F(peer_memory, floors_are_durable_before_lower_ones_go) {
  FaultFiles files;
  io::PeerMemory memory(files, folder_.path());
  memory.raise_floor(floor_at(7), "head 7");
  files.start_over();
  memory.raise_floor(floor_at(8), "head 8");
  std::vector<std::string> verbs;
  for (const auto& line : files.journal()) {
    const std::string verb = line.substr(0, line.find(' '));
    if (verb == "sync" || verb == "rename" || verb == "sync_folder" || (verb == "remove" && line.ends_with("00007")))
      verbs.push_back(verb);
  }
  EXPECT_EQ(verbs, (std::vector<std::string>{"sync", "rename", "sync_folder", "remove"}));
}

TEST_F(peer_memory, no_fault_at_any_step_lowers_a_floor) {
  for (std::size_t n = 1; n < 60; ++n) {
    fs::remove_all(folder_.path() + "/trust");
    io::PeerMemory(files_, folder_.path()).raise_floor(floor_at(7), "head 7");
    FaultFiles files;
    files.fail_at = n;
    try {
      io::PeerMemory(files, folder_.path()).raise_floor(floor_at(8), "head 8");
    } catch (const Error& error) { EXPECT_EQ(error.fault(), Fault::local); }
    io::PeerMemory after(files_, folder_.path());
    EXPECT_GE(after.floor(peer)->serial, 7U) << n;
    EXPECT_EQ(after.trouble(), std::nullopt);
    if (files.count() < n) return;
  }
  ADD_FAILURE() << "the sweep does not end";
}

RC_GTEST_PROP(peer_memory_text, floors_and_marks_read_back, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::inRange<char>(32, 127));
  const io::FloorRecord record{floor_at(*rc::gen::inRange<Serial>(0, largest_serial)), text};
  const auto read = io::parse_floor(io::write_floor(record));
  RC_ASSERT(read && read->floor == record.floor && read->head_envelope == text);
  const io::SettledMark mark{io::sha256(text), std::nullopt, {{Code::unmanaged, text, text}}};
  RC_ASSERT(io::parse_settled(io::write_settled(mark)) == mark);
}

RC_GTEST_PROP(peer_memory_text, survives_any_bytes, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
  for (const char* format : {"ingot.floor/1", "ingot.settled/1", "ingot.cached-head/1"}) {
    const std::string whole = std::string("{\"format\":\"") + format + "\"," + text;
    RC_ASSERT(!io::parse_floor(whole) && !io::parse_settled(whole) && !io::parse_cached_head(whole));
  }
}

}  // namespace
}  // namespace ingot::peer_memory_test
