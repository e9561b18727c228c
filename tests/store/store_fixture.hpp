// A store in a temporary folder on the real disk, with faults on demand, and a few sources to take in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/store/store.hpp"
#include "tests/support/fault_files.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot {

class StoreTest : public testing::Test {
 protected:
  using Folder = testing_support::TestFolder;
  Folder box;
  testing_support::FaultFiles files;
  const std::string folder = box.path() + "/store";
  const std::string source = box.path() + "/source";

  store::Store made() {
    store::Store::create(files, folder, "line-1");
    return store::Store::open(files, folder, "line-1");
  }
  static std::string noise(std::size_t size, std::uint64_t seed = 1) {
    std::mt19937_64 random(seed);
    std::string bytes;
    while (bytes.size() < size) {
      const std::uint64_t number = random();
      bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
    }
    bytes.resize(size);
    return bytes;
  }
  /// The source, taken in and kept.
  store::Ingested ingest(store::Store& store, store::Place place = store::Place::public_tree,
                         const std::optional<Digest>& expected = {},
                         const std::function<void(std::uint64_t, std::uint64_t)>& progress = {}) {
    const store::TakenIn taken = store.take_in({.path = source}, expected, 2, progress);
    store.keep(*taken.image, taken.result, place);
    return taken.bytes;
  }
  static void keep_papers(store::Store& store, const Digest& digest, std::int64_t key, std::string_view text) {
    store::Staged staged;
    store.stage_papers(digest, key, text, staged);
    store.name(std::move(staged));
  }
  /// Gives packed bytes at a partial path their name, as a copy does.
  void keep_partial(store::Store& store, const transfer::PackedResult& result, const Packed& names, store::Place place) {
    store::Staged staged;
    auto file = files.open(store.partial_path(result.digest), io::OpenFor::read_write, 0600);
    store.stage_partial(result.digest, names, result.table, place, std::move(file), staged);
    store.name(std::move(staged));
  }
  static std::string plain_of(const store::Store& store, const store::Ingested& image) {
    std::string plain;
    store.read_plain(
        image.digest, image.size, image.packed, [&](std::string_view bytes) { plain += bytes; }, nullptr);
    return plain;
  }
  static mode_t mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(lstat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777U;
  }
  std::string path_of(const Digest& object, const std::string& place = "public") const {
    return folder + "/" + place + "/" + transfer::object_path(object);
  }
  /// All files below the store but staging, with digests of what they hold.
  std::map<std::string, std::string> named_files() const {
    std::map<std::string, std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      const std::string path = entry.path().string().substr(folder.size() + 1);
      if (entry.is_regular_file() && !path.starts_with("staging/"))
        found[path] = io::sha256(testing_support::read_text(entry.path())).hex();
    }
    return found;
  }
};

}  // namespace ingot
