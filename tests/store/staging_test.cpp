// Many files become durable and get their names together; what fails for one does not concern the others.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/store/store_fixture.hpp"

namespace ingot::staging_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing_support::read_text;
using testing_support::write_text;

class staging : public StoreTest {
 protected:
  /// Takes `count` sources in, each for a set of its own, with papers.
  std::vector<store::Staged> sets(store::Store& store, int count) {
    std::vector<store::Staged> all;
    for (int i = 0; i < count; ++i) {
      write_text(source, "bytes of " + std::to_string(images_.size()));
      const store::TakenIn taken = store.take_in({.path = source}, std::nullopt, 1, nullptr);
      store::Staged staged;
      store.stage_image(*taken.image, taken.result, store::Place::public_tree, staged);
      store.stage_papers(taken.bytes.digest, static_cast<std::int64_t>(images_.size()) + 1, "{}", staged);
      images_.push_back(taken.bytes);
      all.push_back(std::move(staged));
    }
    files.start_over();
    return all;
  }
  bool is_here(const store::Store& store, std::size_t image) const {
    const std::string hex = images_[image].digest.hex();
    const std::string papers = folder + "/papers/" + hex.substr(0, 2) + "/" + hex + "-" + std::to_string(image + 1) + ".json";
    EXPECT_EQ(store.has(images_[image].packed), fs::exists(papers));
    return store.has(images_[image].packed);
  }
  std::ptrdiff_t count_of(const std::string& act) const {
    return std::count_if(files.journal().begin(), files.journal().end(),
                         [&](const std::string& line) { return line.starts_with(act); });
  }
  /// The place of the first or last line of the journal that begins so.
  std::size_t first(const std::string& act) const {
    const auto& journal = files.journal();
    return static_cast<std::size_t>(
        std::find_if(journal.begin(), journal.end(), [&](const std::string& line) { return line.starts_with(act); }) -
        journal.begin());
  }
  std::size_t last(const std::string& act) const {
    const auto& journal = files.journal();
    return journal.size() - 1 -
           static_cast<std::size_t>(
               std::find_if(journal.rbegin(), journal.rend(), [&](const std::string& line) { return line.starts_with(act); }) -
               journal.rbegin());
  }

  std::vector<store::Ingested> images_;
};

TEST_F(staging, many_are_written_out_synced_at_once_named_and_synced_at_once_again) {
  store::Store store = made();
  auto all = sets(store, 10);
  bool named_before = true;
  const auto failed = store.name_all(all, [&] {
    named_before = is_here(store, 0);
    EXPECT_EQ(count_of("sync_file_system "), 1);
  });
  EXPECT_FALSE(named_before);
  EXPECT_TRUE(std::none_of(failed.begin(), failed.end(), [](const auto& one) { return one.has_value(); }));
  for (std::size_t image = 0; image < 10; ++image) EXPECT_TRUE(is_here(store, image));
  EXPECT_EQ(count_of("write_out "), 20);
  EXPECT_EQ(count_of("sync "), 0);
  EXPECT_EQ(count_of("sync_file_system "), 2);
  EXPECT_LT(last("write_out "), first("sync_file_system "));
  EXPECT_LT(first("sync_file_system "), first("rename "));
  EXPECT_LT(last("rename "), last("sync_file_system "));
  EXPECT_TRUE(fs::is_empty(folder + "/staging"));
}

TEST_F(staging, what_the_disk_does_not_take_or_cannot_name_fails_alone) {
  store::Store store = made();
  for (const char* const operation : {"write_out ", "rename "}) {
    SCOPED_TRACE(operation);
    auto all = sets(store, 10);
    files.only = operation;
    files.fail_at = 5;  // the image of the third; each has papers too
    const auto failed = store.name_all(all);
    all.clear();
    files.fail_at = 0;
    for (std::size_t image = 0; image < 10; ++image) {
      EXPECT_EQ(failed[image].has_value(), image == 2);
      EXPECT_EQ(is_here(store, images_.size() - 10 + image), image != 2);
    }
    EXPECT_TRUE(fs::is_empty(folder + "/staging"));
  }
}

TEST_F(staging, a_file_system_that_cannot_be_synced_as_a_whole_is_synced_file_by_file) {
  store::Store store = made();
  auto all = sets(store, 10);
  files.only = "sync_file_system ";
  files.fail_at = 1;
  files.for_ever = true;
  const auto failed = store.name_all(all);
  EXPECT_TRUE(std::none_of(failed.begin(), failed.end(), [](const auto& one) { return one.has_value(); }));
  EXPECT_EQ(count_of("sync "), 20);
  EXPECT_GE(count_of("sync_folder "), 10);
}

TEST_F(staging, where_one_sync_of_the_file_system_makes_nothing_durable_each_file_is_synced_before_it_is_named) {
  store::Store store = made();
  auto all = sets(store, 10);
  files.synced_as_a_whole = false;
  const auto failed = store.name_all(all);
  EXPECT_TRUE(std::none_of(failed.begin(), failed.end(), [](const auto& one) { return one.has_value(); }));
  EXPECT_EQ(count_of("write_out ") + count_of("sync_file_system "), 0);
  EXPECT_EQ(count_of("sync "), 20);
  EXPECT_LT(last("sync "), first("rename "));
  EXPECT_LT(last("rename "), first("sync_folder "));
}

TEST_F(staging, where_one_sync_of_the_file_system_makes_nothing_durable_all_folders_of_names_are_synced_after_a_crash) {
  store::Store store = made();
  auto all = sets(store, 1);
  store.name_all(all);
  files.synced_as_a_whole = false;
  files.start_over();
  store.sync_all();
  EXPECT_EQ(count_of("sync_file_system "), 0);
  const std::string hex = images_.front().digest.hex();
  for (const std::string& path : {folder, folder + "/papers/" + hex.substr(0, 2), folder + "/public/c",
                                  fs::path(path_of(images_.front().packed.file.digest)).parent_path().string()})
    EXPECT_EQ(std::count(files.journal().begin(), files.journal().end(), "sync_folder " + path), 1) << path;
}

TEST_F(staging, a_folder_whose_sync_failed_is_not_synced_again_and_all_who_need_it_fail) {
  store::Store store = made();
  auto all = sets(store, 3);  // with the same bytes once more: other papers in the same folders
  const auto before = store.name_all(all);
  EXPECT_TRUE(std::none_of(before.begin(), before.end(), [](const auto& one) { return one.has_value(); }));
  auto again = sets(store, 3);
  files.watch = [&](const std::string& line) {  // the whole file system cannot be synced, nor can the folder "papers"
    if (line.starts_with("sync_file_system ") || line == "sync_folder " + folder + "/papers")
      throw Error(Fault::local, "the test wants it so");
  };
  const auto failed = store.name_all(again);
  files.watch = nullptr;
  EXPECT_TRUE(std::all_of(failed.begin(), failed.end(), [](const auto& one) { return one.has_value(); }));
  EXPECT_EQ(std::count(files.journal().begin(), files.journal().end(), "sync_folder " + folder + "/papers"), 1);
}

TEST_F(staging, none_gets_a_name_if_what_comes_before_the_names_fails) {
  store::Store store = made();
  auto all = sets(store, 10);
  const auto failed = store.name_all(all, [] { throw Error(Fault::local, "no"); });
  all.clear();
  for (std::size_t image = 0; image < 10; ++image) {
    EXPECT_TRUE(failed[image]);
    EXPECT_FALSE(is_here(store, image));
  }
  EXPECT_EQ(count_of("rename "), 0);
  EXPECT_TRUE(fs::is_empty(folder + "/staging"));
}

TEST_F(staging, the_same_bytes_twice_are_kept_once) {
  store::Store store = made();
  auto all = sets(store, 5);
  for (store::Staged& again : sets(store, 5)) all.push_back(std::move(again));
  const auto failed = store.name_all(all);
  EXPECT_TRUE(std::none_of(failed.begin(), failed.end(), [](const auto& one) { return one.has_value(); }));
  for (std::size_t image = 0; image < 10; ++image) EXPECT_TRUE(is_here(store, image));
  EXPECT_TRUE(fs::is_empty(folder + "/staging"));
}

TEST_F(staging, a_private_copy_goes_only_when_the_public_name_of_these_bytes_is_durable) {
  store::Store store = made();
  for (const int count : {1, 10}) {  // synced by itself, and as a whole
    SCOPED_TRACE(count);
    auto all = sets(store, count);
    const Digest object = images_.back().packed.file.digest;
    const std::string second = path_of(object, "private");
    fs::create_directories(fs::path(second).parent_path());
    fs::copy_file(all.back().files().front().file->path(), second);
    files.start_over();
    store.name_all(all);
    EXPECT_FALSE(fs::exists(second));
    EXPECT_TRUE(fs::exists(path_of(object)));
    const std::string sync = count == 1 ? "sync_folder " + fs::path(path_of(object)).parent_path().string() : "sync_file_system ";
    ASSERT_LT(first(sync), files.journal().size());
    EXPECT_LT(last(sync), first("remove " + second));
  }
}

TEST_F(staging, a_copy_stays_for_the_next_run_unless_the_disk_did_not_take_it) {
  store::Store store = made();
  std::string packed;
  transfer::Packer packer(1, [&](std::string_view more) { packed += more; });
  packer.write("bytes");
  const transfer::PackedResult result = packer.finish();
  const Packed names{.file = {result.file, packed.size()}, .segments = 1, .table = std::nullopt};
  const std::string partial = store.partial_path(result.digest);
  for (const std::string fails : {"sync ", "close ", "rename "}) {
    write_text(partial, packed);
    files.only = fails;
    files.start_over();
    files.fail_at = 1;
    EXPECT_THROW(keep_partial(store, result, names, store::Place::private_tree), Error) << fails;
    EXPECT_EQ(fs::exists(partial), fails == "rename ") << fails;
  }
}

}  // namespace
}  // namespace ingot::staging_test
