// Every operation on the disk fails once, or from there on for ever: afterwards there is the old or the new, never a torn
// named file, and another try ends as if nothing had been.
#include <gmock/gmock.h>

#include "reconciler/transfer/pack.hpp"
#include "schema/catalog/write_catalog.hpp"
#include "schema/error.hpp"
#include "tests/store/store_fixture.hpp"

namespace ingot::store_faults_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;

class StoreFaults : public StoreTest {
 protected:
  void SetUp() override { write_text(source, noise(1000) + std::string(segment_size, '-')); }

  /// Named objects are what their names say.
  void expect_nothing_torn(const std::string& when) const {
    for (const auto& [path, digest] : named_files()) {
      if (path.find("/b/") == std::string::npos) continue;
      EXPECT_EQ(path.substr(path.size() - 64), digest) << when;
    }
  }

  /// Tries `work` with the n-th operation failing, for all n; after each, without a failure.
  void sweep(const std::function<void(store::Store&)>& before, const std::function<void(store::Store&)>& work) {
    fs::remove_all(folder);
    store::Store undisturbed = made();
    before(undisturbed);
    work(undisturbed);
    const auto expected = named_files();
    for (const bool for_ever : {false, true}) {
      for (std::size_t n = 1;; ++n) {
        fs::remove_all(folder);
        files.fail_at = 0;
        store::Store store = made();
        before(store);
        files.start_over();
        files.fail_at = n;
        files.for_ever = for_ever;
        bool failed = false;
        try {
          work(store);
        } catch (const Error& error) {
          EXPECT_EQ(error.fault(), Fault::local) << error.text();
          failed = true;
        }
        const bool reached = files.count() >= n;
        files.fail_at = 0;
        const std::string when = "operation " + std::to_string(n) + (for_ever ? " and all after it" : "");
        expect_nothing_torn(when);
        if (!reached) {
          EXPECT_FALSE(failed);
          break;
        }
        EXPECT_TRUE(!failed || for_ever || no_staged_left()) << when;
        work(store);
        EXPECT_EQ(named_files(), expected) << when;
      }
    }
  }
  bool no_staged_left() const {
    for (const auto& entry : fs::directory_iterator(folder + "/staging")) {
      // A remove that itself failed leaves its file to the next ingest.
      if (entry.path().filename().string().starts_with("new-") && files.journal().back().starts_with("remove ")) return false;
    }
    return true;
  }
};

TEST_F(StoreFaults, ingest_leaves_all_or_nothing) {
  sweep([](store::Store&) {}, [&](store::Store& store) { ingest(store); });
}

TEST_F(StoreFaults, move_leaves_the_bytes_in_one_place_or_the_other) {
  std::optional<store::Ingested> image;
  sweep([&](store::Store& store) { image = ingest(store, store::Place::private_tree); },
        [&](store::Store& store) { store.move_to(image->packed, store::Place::public_tree); });
}

TEST_F(StoreFaults, adopting_a_copy_can_be_tried_again) {
  std::string packed;
  transfer::Packer packer(1, [&](std::string_view more) { packed += more; });
  packer.write(read_text(source));
  const transfer::PackedResult result = packer.finish();
  const std::string table = write_segment_table(result.table);
  const Packed names{.file = {result.file, packed.size()}, .segments = 2, .table = Piece{io::sha256(table), table.size()}};
  sweep([&](store::Store&) {},
        [&](store::Store& store) {
          if (store.has(names)) return;
          if (!fs::exists(store.partial_path(result.digest))) write_text(store.partial_path(result.digest), packed);
          keep_partial(store, result, names, store::Place::private_tree);
        });
}

TEST_F(StoreFaults, papers_are_the_old_or_the_new) {
  for (std::size_t n = 1;; ++n) {
    fs::remove_all(folder);
    files.fail_at = 0;
    store::Store store = made();
    keep_papers(store, Digest{}, 1, "old");
    files.start_over();
    files.fail_at = n;
    try {
      keep_papers(store, Digest{}, 1, "new");
    } catch (const Error&) {}
    const std::string text = read_text(folder + "/papers/00/" + Digest{}.hex() + "-1.json");
    EXPECT_TRUE(text == "old" || text == "new") << n;
    if (files.count() < n) break;
  }
}

TEST_F(StoreFaults, never_syncs_again_what_could_not_be_synced) {
  store::Store store = made();
  files.start_over();
  files.only = "sync ";
  files.fail_at = 1;
  EXPECT_THROW(ingest(store), Error);
  EXPECT_EQ(files.count(), 1U);
  EXPECT_TRUE(fs::is_empty(folder + "/staging"));
}

TEST_F(StoreFaults, a_failed_close_counts_as_not_written) {
  store::Store store = made();
  files.start_over();
  files.only = "close ";
  files.fail_at = 1;
  EXPECT_THROW(ingest(store), Error);
  EXPECT_TRUE(fs::is_empty(folder + "/public/b"));
}

TEST_F(StoreFaults, ingest_syncs_bytes_before_their_name_and_the_folder_after_it) {
  store::Store store = made();
  files.start_over();
  const store::Ingested image = ingest(store);
  const auto& journal = files.journal();
  for (const Digest& object : {image.packed.file.digest, image.packed.table->digest}) {
    const std::string path = path_of(object);
    std::size_t renamed = 0;
    while (renamed < journal.size() && !journal[renamed].ends_with("-> " + path)) ++renamed;
    ASSERT_LT(renamed, journal.size());
    const std::string staged = journal[renamed].substr(7, journal[renamed].find(" ->") - 7);
    std::size_t synced = 0, written = 0, folder_synced = 0;
    for (std::size_t i = 0; i < journal.size(); ++i) {
      if (journal[i] == "write " + staged) written = i;
      if (journal[i] == "sync " + staged) synced = i;
      if (journal[i] == "sync_folder " + path.substr(0, path.rfind('/'))) folder_synced = i;
    }
    EXPECT_LT(written, synced);
    EXPECT_LT(synced, renamed);
    EXPECT_LT(renamed, folder_synced);
  }
}

TEST_F(StoreFaults, creation_can_be_tried_again) {
  for (std::size_t n = 1;; ++n) {
    fs::remove_all(folder);
    files.start_over();
    files.fail_at = n;
    try {
      store::Store::create(files, folder, "line-1");
    } catch (const Error&) {}
    const bool reached = files.count() >= n;
    files.fail_at = 0;
    store::Store::create(files, folder, "line-1");
    EXPECT_NO_THROW(store::Store::open(files, folder, "line-1"));
    if (!reached) break;
  }
}

}  // namespace
}  // namespace ingot::store_faults_test
