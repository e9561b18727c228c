#include "tests/contracts/files_contract.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "schema/error.hpp"

namespace ingot::testing_support {

namespace {

/// The mask of this process for one scope.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  ~Umask() { ::umask(before_); }

 private:
  mode_t before_;
};

/// The error that `work` throws; fails the test if it throws none.
template <class Work>
Error error_of(Work work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::local);
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(Fault::internal, "");
}

}  // namespace

TEST_P(files_contract, gives_the_exact_mode_whatever_the_umask) {
  for (const mode_t mask : {0000U, 0022U, 0077U, 0777U}) {
    const Umask umask(mask);
    const std::string name = "m" + std::to_string(mask);
    files_->open(at(name), io::OpenFor::create_new, 0644)->close();
    EXPECT_EQ(files_->status(at(name))->mode, 0644U) << mask;
    files_->make_folder(at(name + ".d"), 0755);
    EXPECT_EQ(files_->status(at(name + ".d"))->mode, 0755U) << mask;
  }
}

TEST_P(files_contract, sets_the_mode_of_a_file_by_its_path_and_never_through_a_link) {
  write("a", "bytes");
  std::filesystem::create_symlink(at("a"), at("link"));
  for (const mode_t mode : {0000U, 0400U, 0644U}) {
    files_->set_mode(at("a"), mode);
    EXPECT_EQ(files_->status(at("a"))->mode, mode);
  }
  error_of([&] { files_->set_mode(at("link"), 0600); });
  error_of([&] { files_->set_mode(at("nowhere"), 0600); });
  EXPECT_EQ(files_->status(at("a"))->mode, 0644U);
}

TEST_P(files_contract, create_new_refuses_what_is_there) {
  write("a", "old");
  const Error error = error_of([&] { files_->open(at("a"), io::OpenFor::create_new); });
  EXPECT_NE(error.text().find("\"" + at("a") + "\""), std::string::npos) << error.text();
  EXPECT_NE(error.text().find("File exists"), std::string::npos) << error.text();
  EXPECT_EQ(read("a"), "old");
}

TEST_P(files_contract, create_or_open_keeps_bytes_and_mode_of_what_is_there) {
  write("a", "old");
  ::chmod(at("a").c_str(), 0600);
  files_->open(at("a"), io::OpenFor::create_or_open, 0644)->close();
  EXPECT_EQ(read("a"), "old");
  EXPECT_EQ(files_->status(at("a"))->mode, 0600U);
}

TEST_P(files_contract, never_follows_a_link_to_a_file) {
  write("target", "old");
  std::filesystem::create_symlink(at("target"), at("link"));
  std::filesystem::create_symlink(at("nowhere"), at("dangling"));
  for (const auto purpose : {io::OpenFor::read, io::OpenFor::create_new, io::OpenFor::read_write, io::OpenFor::create_or_open}) {
    error_of([&] { files_->open(at("link"), purpose); });
    error_of([&] { files_->open(at("dangling"), purpose); });
  }
  EXPECT_EQ(read("target"), "old");
  EXPECT_FALSE(files_->status(at("nowhere")));
  EXPECT_EQ(files_->status(at("link"))->kind, io::EntryKind::link);
}

TEST_P(files_contract, replacing_a_planted_link_leaves_its_target_alone) {
  write("target", "old");
  std::filesystem::create_symlink(at("target"), at("link"));
  io::replace_file(*files_, at("link"), "new", 0644);
  EXPECT_EQ(read("target"), "old");
  EXPECT_EQ(read("link"), "new");
  EXPECT_EQ(files_->status(at("link"))->kind, io::EntryKind::file);
}

TEST_P(files_contract, refuses_a_link_where_a_folder_should_be) {
  std::filesystem::create_directory(at("elsewhere"));
  std::filesystem::create_symlink(at("elsewhere"), at("link"));
  error_of([&] { files_->make_folder(at("link")); });
}

TEST_P(files_contract, refuses_what_is_no_regular_file_without_hanging) {
  ASSERT_EQ(::mkfifo(at("fifo").c_str(), 0600), 0);
  error_of([&] { files_->open(at("fifo"), io::OpenFor::read); });
  const Error error = error_of([&] { files_->open(folder_.path(), io::OpenFor::read); });
  EXPECT_NE(error.text().find("Is a directory"), std::string::npos) << error.text();
  EXPECT_EQ(files_->status(at("fifo"))->kind, io::EntryKind::other);
}

TEST_P(files_contract, writes_go_on_at_the_end_and_anywhere) {
  const auto file = files_->open(at("a"), io::OpenFor::create_new);
  file->write_all("hello ");
  file->write_all("world");
  file->write_at(0, "H");
  file->write_all("!");
  file->close();
  EXPECT_EQ(read("a"), "Hello world!");
  const auto again = files_->open(at("a"), io::OpenFor::read_write);
  again->truncate(5);
  again->write_all(" you");
  again->close();
  EXPECT_EQ(read("a"), "Hello you");
}

TEST_P(files_contract, reads_to_the_end_and_not_past_it) {
  write("a", "hello");
  const auto file = files_->open(at("a"), io::OpenFor::read);
  std::string buffer(10, '.');
  EXPECT_EQ(file->read_at(1, buffer), 4U);
  EXPECT_EQ(buffer.substr(0, 4), "ello");
  EXPECT_EQ(file->read_at(5, buffer), 0U);
  EXPECT_EQ(file->status().size, 5U);
}

TEST_P(files_contract, allocating_keeps_the_size) {
  const auto file = files_->open(at("a"), io::OpenFor::create_new);
  file->allocate(1 << 20);
  EXPECT_EQ(file->status().size, 0U);
  file->start_writeback(0, 1 << 20);
  file->sync();
  file->close();
}

TEST_P(files_contract, sets_the_time_in_whole_seconds) {
  const auto file = files_->open(at("a"), io::OpenFor::create_new);
  file->set_mtime(Time(Seconds(1'700'000'000)));
  file->close();
  EXPECT_EQ(files_->status(at("a"))->mtime_seconds, 1'700'000'000);
  EXPECT_EQ(files_->status(at("a"))->mtime_nanoseconds, 0);
}

TEST_P(files_contract, rename_replaces_and_rename_new_does_not) {
  write("a", "1");
  write("b", "2");
  EXPECT_FALSE(files_->rename_new(at("a"), at("b")));
  EXPECT_EQ(read("a"), "1");
  EXPECT_EQ(read("b"), "2");
  EXPECT_TRUE(files_->rename_new(at("a"), at("c")));
  EXPECT_FALSE(files_->status(at("a")));
  files_->rename(at("c"), at("b"));
  EXPECT_EQ(read("b"), "1");
  files_->sync_folder(folder_.path());
  error_of([&] { files_->rename(at("gone"), at("b")); });
  error_of([&] { files_->rename_new(at("gone"), at("d")); });
}

TEST_P(files_contract, gives_a_file_a_second_name_that_is_free) {
  write("a", "1");
  write("b", "2");
  files_->make_folder(at("folder"));
  EXPECT_FALSE(files_->link_new(at("a"), at("b")));
  EXPECT_EQ(read("b"), "2");
  EXPECT_FALSE(files_->link_new(at("folder"), at("c")));
  EXPECT_TRUE(files_->link_new(at("a"), at("c")));
  files_->rename(at("b"), at("a"));
  EXPECT_EQ(read("a"), "2");
  EXPECT_EQ(read("c"), "1");
  error_of([&] { files_->link_new(at("gone"), at("d")); });
}

TEST_P(files_contract, says_nothing_of_what_is_not_there) {
  EXPECT_EQ(files_->status(at("gone")), std::nullopt);
  EXPECT_EQ(files_->status(at("gone/deeper")), std::nullopt);
  EXPECT_EQ(io::read_file_if_there(*files_, at("gone"), 10), std::nullopt);
  files_->remove(at("gone"));
  const Error error = error_of([&] { files_->open(at("gone"), io::OpenFor::read); });
  EXPECT_NE(error.text().find("No such file or directory"), std::string::npos);
  error_of([&] { files_->list(at("gone")); });
  error_of([&] { files_->sync_folder(at("gone")); });
}

TEST_P(files_contract, lists_names_by_their_bytes) {
  for (const char* name : {"b", "a", "B", ".hidden", "ä"}) write(name, "");
  EXPECT_EQ(files_->list(folder_.path()), (std::vector<std::string>{".hidden", "B", "a", "b", "ä"}));
}

TEST_P(files_contract, makes_folders_that_may_be_there_already) {
  io::make_folders(*files_, at("x/y/z"));
  io::make_folders(*files_, at("x/y/z"));
  EXPECT_EQ(files_->status(at("x/y/z"))->kind, io::EntryKind::folder);
  write("file", "");
  error_of([&] { files_->make_folder(at("file")); });
  std::filesystem::create_symlink(at("x"), at("link"));
  io::make_folders(*files_, at("link/deeper"));  // a store may lie behind a link that its owner made
  EXPECT_EQ(files_->status(at("x/deeper"))->kind, io::EntryKind::folder);
}

TEST_P(files_contract, makes_a_folder_and_writes_a_file_out_that_one_sync_of_the_file_system_makes_durable) {
  files_->make_folder_unsynced(at("many"), 0700);
  files_->make_folder_unsynced(at("many"), 0700);
  EXPECT_EQ(files_->status(at("many"))->kind, io::EntryKind::folder);
  EXPECT_EQ(files_->status(at("many"))->mode, 0700U);
  const auto file = files_->open(at("many/file"), io::OpenFor::create_new);
  file->write_all("bytes");
  file->write_out();
  files_->sync_file_system(at("many"));
  file->close();
  EXPECT_EQ(io::read_file(*files_, at("many/file"), 5), "bytes");
  files_->open(at("many/empty"), io::OpenFor::create_new)->write_out();
  error_of([&] { files_->make_folder_unsynced(at("many/file")); });
  error_of([&] { files_->sync_file_system(at("none")); });
}

TEST_P(files_contract, replaces_a_file_whole_and_leaves_nothing_beside) {
  io::replace_file(*files_, at("a"), "one", 0600, Time(Seconds(1'700'000'000)));
  EXPECT_EQ(read("a"), "one");
  EXPECT_EQ(files_->status(at("a"))->mode, 0600U);
  EXPECT_EQ(files_->status(at("a"))->mtime_seconds, 1'700'000'000);
  io::replace_file(*files_, at("a"), std::string(100'000, 'x'), 0644);
  EXPECT_EQ(read("a").size(), 100'000U);
  io::replace_file_unsynced(*files_, at("a"), "three", 0644);
  EXPECT_EQ(read("a"), "three");
  EXPECT_EQ(files_->list(folder_.path()), std::vector<std::string>{"a"});
}

TEST_P(files_contract, bounds_what_it_reads) {
  write("a", "12345");
  EXPECT_EQ(io::read_file(*files_, at("a"), 5), "12345");
  error_of([&] { io::read_file(*files_, at("a"), 4); });
}

TEST_P(files_contract, knows_the_space) {
  EXPECT_GT(files_->space_total(folder_.path()), 0U);
  EXPECT_LE(files_->space_available(folder_.path()), files_->space_total(folder_.path()));
  error_of([&] { files_->space_total(at("gone")); });
}

TEST_P(files_contract, tells_what_was_written_from_what_is_reserved_and_from_holes) {
  const auto file = files_->open(at("sparse"), io::OpenFor::create_new);
  EXPECT_EQ(file->written(), 0U);
  file->allocate(4U << 20U);
  file->write_at(2U << 20U, std::string(1U << 20U, 'x'));
  EXPECT_EQ(file->status().size, 3U << 20U);
  const std::uint64_t written = file->written();
  EXPECT_GE(written, 1U << 20U);
  EXPECT_LE(written, 3U << 20U);  // some file systems know no holes
  EXPECT_GE(file->status().on_disk, 1U << 20U);
}

TEST_P(files_contract, a_hole_is_nothing_but_zeros_and_never_covers_data) {
  constexpr std::uint64_t mib = 1U << 20U;
  const auto file = files_->open(at("sparse"), io::OpenFor::create_new);
  EXPECT_EQ(file->hole_at(0), 0U);
  file->write_at(2 * mib, std::string(mib, 'x'));
  file->truncate(5 * mib);
  EXPECT_LE(file->hole_at(0), 2 * mib);  // some file systems know no holes
  EXPECT_LE(file->hole_at(mib), mib);
  EXPECT_EQ(file->hole_at(2 * mib), 0U);
  EXPECT_EQ(file->hole_at(3 * mib - 1), 0U);
  EXPECT_LE(file->hole_at(4 * mib), mib);
  EXPECT_EQ(file->hole_at(5 * mib), 0U);
  EXPECT_EQ(file->hole_at(9 * mib), 0U);
}

}  // namespace ingot::testing_support
