// What the store keeps, where, with which modes, and what it says when something is damaged.
#include "reconciler/store/store.hpp"

#include <gmock/gmock.h>

#include "reconciler/io/interrupt.hpp"
#include "reconciler/transfer/pack.hpp"
#include "schema/catalog/write_catalog.hpp"
#include "schema/error.hpp"
#include "tests/store/store_fixture.hpp"

namespace ingot::store_test {
namespace {

namespace fs = std::filesystem;
using namespace testing_support;
using testing::HasSubstr;

template <class Work>
std::string failure_of(Work work, Fault fault = Fault::local) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), fault) << error.text();
    return error.text();
  }
  return "";
}

TEST_F(StoreTest, is_made_with_exact_modes_whatever_the_umask) {
  const mode_t before = umask(077);
  write_text(source, "bytes");
  store::Store store = made();
  const store::Ingested open = ingest(store);
  write_text(source, "private bytes");
  const store::Ingested closed = ingest(store, store::Place::private_tree);
  keep_papers(store, open.digest, 7, "{}");
  umask(before);
  for (const char* name : {"public", "public/root", "public/c", "public/b"})
    EXPECT_EQ(mode_of(folder + "/" + name), 0755U) << name;
  for (const char* name : {"private", "private/b", "papers", "quarantine", "staging"})
    EXPECT_EQ(mode_of(folder + "/" + name), 0700U) << name;
  EXPECT_EQ(mode_of(path_of(open.packed.file.digest)), 0644U);
  EXPECT_EQ(mode_of(fs::path(path_of(open.packed.file.digest)).parent_path()), 0755U);
  EXPECT_EQ(mode_of(path_of(closed.packed.file.digest, "private")), 0600U);
  EXPECT_EQ(mode_of(fs::path(path_of(closed.packed.file.digest, "private")).parent_path()), 0700U);
  const std::string hex = open.digest.hex();
  EXPECT_EQ(mode_of(folder + "/papers/" + hex.substr(0, 2) + "/" + hex + "-7.json"), 0600U);
}

TEST_F(StoreTest, D1_what_is_damaged_is_set_aside_and_what_is_whole_in_the_other_place_serves) {
  write_text(source, "bytes");
  store::Store store = made();
  const store::Ingested image = ingest(store);
  const std::string good = read_text(path_of(image.packed.file.digest));
  const std::string second = path_of(image.packed.file.digest, "private");
  fs::create_directories(fs::path(second).parent_path());
  write_text(second, std::string(good.size(), '\0'));
  EXPECT_FALSE(store.has_set_aside());
  EXPECT_FALSE(store.check_object(image.digest, image.size, image.packed, nullptr).empty());
  EXPECT_EQ(store.set_aside_damaged(image.packed).size(), 1U);
  EXPECT_TRUE(store.has_set_aside());
  EXPECT_EQ(read_text(folder + "/quarantine/" + image.packed.file.digest.hex() + ".1"), std::string(good.size(), '\0'));
  EXPECT_EQ(plain_of(store, image), "bytes");
  EXPECT_TRUE(store.set_aside_damaged(image.packed).empty()) << "what is whole stays";
  write_text(path_of(image.packed.file.digest), "rot");
  files.start_over();
  EXPECT_EQ(ingest(store).packed, image.packed) << "and the same bits take its place";
  for (const auto& line : files.journal())
    EXPECT_FALSE(line.starts_with("rename " + path_of(image.packed.file.digest))) << "R25: an instant without it: " << line;
  EXPECT_EQ(read_text(folder + "/quarantine/" + image.packed.file.digest.hex() + ".2"), "rot");
  EXPECT_EQ(plain_of(store, image), "bytes");
}

TEST_F(StoreTest, D1_permissions_that_readers_lack_are_found_and_given_back) {
  write_text(source, "bytes");
  store::Store store = made();
  const store::Ingested image = ingest(store);
  EXPECT_TRUE(store.unreadable(image.packed).empty());
  fs::permissions(path_of(image.packed.file.digest), fs::perms(0600));
  const auto found = store.unreadable(image.packed);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found.front().why, HasSubstr("has the mode 0600: a web server cannot read it"));
  store.make_readable(found.front().path);
  EXPECT_TRUE(store.unreadable(image.packed).empty());
  EXPECT_EQ(mode_of(path_of(image.packed.file.digest)), 0644U);
}

TEST_F(StoreTest, opens_only_for_its_own_lineage) {
  EXPECT_EQ(store::Store::lineage_of(files, folder), std::nullopt);
  EXPECT_THAT(failure_of([&] { store::Store::open(files, folder, "line-1"); }), HasSubstr("is not there"));
  made();
  EXPECT_EQ(store::Store::lineage_of(files, folder), "line-1");
  EXPECT_THAT(failure_of([&] { store::Store::open(files, folder, "line-2"); }, Fault::manifest),
              HasSubstr("belongs to another state"));
  EXPECT_THAT(failure_of([&] { store::Store::create(files, folder, "line-2"); }, Fault::manifest),
              HasSubstr("belongs to another state"));
  store::Store::create(files, folder, "line-1");
  write_text(folder + "/LINEAGE", "ingot.store/2\nline-1\n");
  EXPECT_THAT(failure_of([&] { store::Store::open(files, folder, "line-1"); }), HasSubstr("cannot read"));
}

TEST_F(StoreTest, refuses_links_and_foreign_things_inside) {
  made();
  fs::remove(folder + "/public/b");
  EXPECT_EQ(failure_of([&] { store::Store::open(files, folder, "line-1"); }), "") << "a backup may have left out an empty folder";
  fs::create_directory(box.path() + "/elsewhere");
  fs::create_directory_symlink(box.path() + "/elsewhere", folder + "/public/b");
  EXPECT_THAT(failure_of([&] { store::Store::open(files, folder, "line-1"); }), HasSubstr("something else than a folder"));
}

TEST_F(StoreTest, refuses_a_folder_on_another_file_system) {
  made();
  files.device_of = [](const std::string& path, std::uint64_t device) {
    return path.ends_with("/staging") ? device + 1 : device;
  };
  EXPECT_THAT(failure_of([&] { store::Store::open(files, folder, "line-1"); }), HasSubstr("\"staging\" on another file system"));
}

TEST_F(StoreTest, takes_in_a_file_and_gives_it_back) {
  store::Store store = made();
  const std::string bytes = noise(2 * segment_size + 100);
  write_text(source, bytes);
  std::uint64_t last = 0;
  const store::Ingested image =
      ingest(store, store::Place::public_tree, io::sha256(bytes), [&](std::uint64_t done, std::uint64_t total) {
        EXPECT_EQ(total, bytes.size());
        last = done;
      });
  EXPECT_EQ(last, bytes.size());
  EXPECT_EQ(image.digest, io::sha256(bytes));
  EXPECT_EQ(image.size, bytes.size());
  EXPECT_EQ(image.kind, ImageKind::file);
  EXPECT_EQ(image.packed.segments, 3U);
  EXPECT_TRUE(store.has(image.packed));
  EXPECT_TRUE(plain_of(store, image) == bytes);
  EXPECT_TRUE(store.check_object(image.digest, image.size, image.packed, nullptr).empty());
  EXPECT_TRUE(fs::is_empty(folder + "/staging"));
}

TEST_F(StoreTest, takes_in_a_tree_once_however_often) {
  store::Store store = made();
  fs::create_directories(source + "/sub");
  write_text(source + "/sub/a", "a");
  const store::Ingested first = ingest(store);
  EXPECT_EQ(first.kind, ImageKind::tree);
  const auto before = named_files();
  const store::Ingested again = ingest(store);
  EXPECT_EQ(again.digest, first.digest);
  EXPECT_EQ(again.packed, first.packed);
  EXPECT_EQ(again.source_stamp, first.source_stamp);
  EXPECT_EQ(named_files(), before);
}

TEST_F(StoreTest, refuses_other_bits_than_the_manifest_says) {
  store::Store store = made();
  write_text(source, "bytes");
  const auto before = named_files();
  EXPECT_THAT(failure_of([&] { ingest(store, store::Place::public_tree, io::sha256("other")); }, Fault::incomplete),
              HasSubstr("the manifest says"));
  EXPECT_EQ(named_files(), before);
  EXPECT_TRUE(fs::is_empty(folder + "/staging"));
}

TEST_F(StoreTest, leaves_nothing_when_a_source_cannot_be_taken_or_it_is_interrupted) {
  store::Store store = made();
  const auto before = named_files();
  EXPECT_NE(failure_of([&] { ingest(store); }, Fault::incomplete), "");
  write_text(source, noise(3 * segment_size));
  const auto interrupt = [](std::uint64_t, std::uint64_t) { io::pretend_interrupted(2); };
  EXPECT_THROW(ingest(store, store::Place::public_tree, {}, interrupt), Error);
  io::pretend_interrupted(0);
  EXPECT_EQ(named_files(), before);
  EXPECT_TRUE(fs::is_empty(folder + "/staging"));
}

TEST_F(StoreTest, clears_what_dead_runs_left_and_keeps_partial_copies) {
  store::Store store = made();
  write_text(folder + "/staging/new-0123456789abcdef-00", "left over");
  write_text(store.partial_path(io::sha256("x")), "partial");
  store.clear_left_overs();
  EXPECT_FALSE(fs::exists(folder + "/staging/new-0123456789abcdef-00"));
  EXPECT_TRUE(fs::exists(store.partial_path(io::sha256("x"))));
}

TEST_F(StoreTest, replaces_an_object_that_was_damaged_meanwhile) {
  store::Store store = made();
  write_text(source, "bytes");
  const store::Ingested image = ingest(store);
  const std::string path = path_of(image.packed.file.digest);
  const std::string good = read_text(path);
  std::string bad = good;
  bad.back() ^= 1;
  write_text(path, bad);
  ingest(store);
  EXPECT_EQ(read_text(path), good);
}

TEST_F(StoreTest, what_is_served_no_more_takes_no_better_bytes_away) {
  store::Store store = made();
  write_text(source, noise(10'000));
  const Digest object = ingest(store, store::Place::private_tree).packed.file.digest;
  const std::string good = read_text(path_of(object, "private"));
  const std::string cut = good.substr(0, good.size() / 2);
  const std::string rotten(good.size(), 'x');
  const auto after = [&](const std::string& served, const std::string& kept) {
    fs::create_directories(fs::path(path_of(object)).parent_path());
    write_text(path_of(object), served);
    write_text(path_of(object, "private"), kept);
    store.stop_serving({.kind = store::StoredFile::Kind::public_object,
                        .path = "public/" + transfer::object_path(object),
                        .digest = object,
                        .size = served.size()});
    EXPECT_FALSE(fs::exists(path_of(object)));
    return read_text(path_of(object, "private"));
  };
  EXPECT_TRUE(after(cut, good) == good);
  EXPECT_TRUE(after(good, cut) == good);
  EXPECT_TRUE(after(good, rotten) == good);
  EXPECT_TRUE(after(cut, rotten) == rotten) << "neither is whole";
}

TEST_F(StoreTest, R15_moves_bytes_between_what_is_served_and_what_is_not) {
  store::Store store = made();
  const std::string bytes = noise(segment_size + 1);
  write_text(source, bytes);
  const store::Ingested image = ingest(store, store::Place::private_tree);
  EXPECT_FALSE(fs::exists(path_of(image.packed.file.digest)));
  for (int i = 0; i < 2; ++i) {
    store.move_to(image.packed, store::Place::public_tree);
    store.move_to(image.packed, store::Place::public_tree);
    for (const Digest& object : {image.packed.file.digest, image.packed.table->digest}) {
      EXPECT_EQ(mode_of(path_of(object)), 0644U);
      EXPECT_FALSE(fs::exists(path_of(object, "private")));
    }
    EXPECT_TRUE(plain_of(store, image) == bytes);
    store.move_to(image.packed, store::Place::private_tree);
    for (const Digest& object : {image.packed.file.digest, image.packed.table->digest}) {
      EXPECT_EQ(mode_of(path_of(object, "private")), 0600U);
      EXPECT_FALSE(fs::exists(path_of(object)));
    }
    EXPECT_TRUE(plain_of(store, image) == bytes);
  }
  Packed other = image.packed;
  other.file.digest.bytes[0] ^= 1;
  EXPECT_THAT(failure_of([&] { store.move_to(other, store::Place::public_tree); }), HasSubstr("are not in the store"));
}

TEST_F(StoreTest, gives_a_verified_partial_copy_its_name) {
  store::Store store = made();
  const std::string bytes = noise(segment_size + 1);
  std::string packed;
  transfer::Packer packer(1, [&](std::string_view more) { packed += more; });
  packer.write(bytes);
  const transfer::PackedResult result = packer.finish();
  const std::string table = write_segment_table(result.table);
  const Packed names{.file = {result.file, packed.size()}, .segments = 2, .table = Piece{io::sha256(table), table.size()}};
  for (const store::Place place : {store::Place::private_tree, store::Place::public_tree}) {
    write_text(store.partial_path(result.digest), packed);
    keep_partial(store, result, names, place);
    const std::string where = place == store::Place::public_tree ? "public" : "private";
    EXPECT_EQ(mode_of(path_of(result.file, where)), place == store::Place::public_tree ? 0644U : 0600U);
    EXPECT_EQ(read_text(path_of(names.table->digest, where)), table);
    EXPECT_FALSE(fs::exists(store.partial_path(result.digest)));
    EXPECT_TRUE(store.check_object(result.digest, bytes.size(), names, nullptr).empty());
  }
}

TEST_F(StoreTest, what_comes_back_is_taken_off_the_note_which_is_read_once) {
  store::Store store = made();
  const Packed packed{.file = {io::sha256("packed"), 6}, .segments = 1, .table = std::nullopt};
  const std::string path = "private/" + transfer::object_path(packed.file.digest);
  const Time since = parse_time("2026-01-01T00:00:00Z").value();
  store.note_condemned({{path, since}, {"staging/" + io::sha256("plain").hex() + ".part", since}, {"public/c/another", since}});
  files.start_over();
  for (const char* other : {"one", "two", "three"})
    store.spare(io::sha256(other), Packed{.file = {io::sha256(other), 5}, .segments = 1, .table = std::nullopt});
  EXPECT_THAT(files.journal(), testing::ElementsAre("read " + folder + "/CONDEMNED"));
  store.spare(io::sha256("plain"), packed);
  EXPECT_EQ(store.condemned(), (store::Condemned{{"public/c/another", since}}));
  store.note_condemned({{path, since}});
  store.spare(io::sha256("plain"), packed);
  EXPECT_EQ(store.condemned(), store::Condemned{}) << "a note that gc made meanwhile";
}

TEST_F(StoreTest, a_note_of_gc_that_cannot_be_read_is_set_aside_and_stops_no_copy) {
  store::Store store = made();
  write_text(folder + "/CONDEMNED", "rot");
  store.spare(io::sha256("plain"), Packed{.file = {io::sha256("packed"), 6}, .segments = 1, .table = std::nullopt});
  EXPECT_EQ(store.condemned(), store::Condemned{});
}

TEST_F(StoreTest, names_what_is_damaged) {
  store::Store store = made();
  const std::string bytes = noise(3 * segment_size);
  write_text(source, bytes);
  const store::Ingested image = ingest(store);
  const std::string path = path_of(image.packed.file.digest);
  const std::string good = read_text(path);
  const auto damage = [&] {
    std::string text;
    for (const store::Damage& one : store.check_object(image.digest, image.size, image.packed, nullptr))
      text += one.path + " " + one.why + "\n";
    return text;
  };
  EXPECT_EQ(damage(), "");
  std::string bad = good;
  bad[segment_size + 1000] ^= 1;
  write_text(path, bad);
  EXPECT_THAT(damage(), HasSubstr("public/" + transfer::object_path(image.packed.file.digest) + " segment 2 (bytes "));
  EXPECT_THAT(failure_of([&] { plain_of(store, image); }), HasSubstr("segment 2 (bytes "));
  EXPECT_THAT(failure_of([&] { plain_of(store, image); }), HasSubstr(path));
  write_text(path, good.substr(0, good.size() - 1));
  EXPECT_THAT(damage(), HasSubstr("is not there, or has another length"));
  EXPECT_FALSE(store.has(image.packed));
  EXPECT_NE(failure_of([&] { plain_of(store, image); }), "");
  write_text(path, good);
  const std::string table = path_of(image.packed.table->digest);
  std::string lines = read_text(table);
  lines[lines.size() - 5] ^= 1;
  write_text(table, lines);
  EXPECT_THAT(damage(), HasSubstr("the segment table has another digest"));
  fs::remove(table);
  EXPECT_THAT(damage(), HasSubstr(transfer::object_path(image.packed.table->digest)));
  EXPECT_FALSE(store.has(image.packed));
}

TEST_F(StoreTest, says_what_of_an_objects_files_is_lacking_and_that_one_cannot_be_looked_at) {
  store::Store store = made();
  write_text(source, "bytes");
  const store::Ingested image = ingest(store);
  const std::string path = path_of(image.packed.file.digest);
  const auto lacking = [&] {
    const auto found = store.lacks(image.packed);
    return found.empty() ? "" : found.at(0).path + " " + found.at(0).why;
  };
  EXPECT_EQ(lacking(), "");
  files.device_of = [&](const std::string& asked, std::uint64_t device) {
    if (asked == path) throw Error(Fault::local, "it went wrong");
    return device;
  };
  EXPECT_THAT(lacking(), HasSubstr("cannot be looked at: it went wrong"));
  EXPECT_THROW(store.has(image.packed), Error) << "what cannot be told is not said";
  files.device_of = nullptr;
  write_text(path, "rot");
  EXPECT_THAT(lacking(), HasSubstr("public/" + transfer::object_path(image.packed.file.digest) + " has 3 bytes, not "));
  fs::remove(path);
  EXPECT_EQ(lacking(),
            transfer::object_path(image.packed.file.digest) + " is gone: it is neither below public nor below private");
}

TEST_F(StoreTest, does_not_miss_bytes_that_another_run_moves_to_public_meanwhile) {
  store::Store store = made();
  write_text(source, "bytes");
  const store::Ingested image = ingest(store, store::Place::private_tree);
  const fs::path from = path_of(image.packed.file.digest, "private");
  const fs::path to = path_of(image.packed.file.digest);
  files.device_of = [&](const std::string& asked, std::uint64_t device) {
    if (asked == from.parent_path() && fs::exists(from)) {
      fs::create_directories(to.parent_path());
      fs::rename(from, to);
    }
    return device;
  };
  EXPECT_TRUE(store.lacks(image.packed).empty());
  EXPECT_TRUE(fs::exists(to));
}

TEST_F(StoreTest, does_not_follow_a_link_planted_in_place_of_bytes) {
  store::Store store = made();
  write_text(source, "bytes");
  const store::Ingested image = ingest(store);
  const std::string path = path_of(image.packed.file.digest);
  fs::rename(path, box.path() + "/moved");
  fs::create_symlink(box.path() + "/moved", path);
  EXPECT_FALSE(store.has(image.packed));
  EXPECT_NE(failure_of([&] { plain_of(store, image); }), "");
  ingest(store);
  EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(path)));
  const fs::path middle = fs::path(path).parent_path();
  fs::rename(middle, box.path() + "/folder");
  fs::create_directory_symlink(box.path() + "/folder", middle);
  EXPECT_FALSE(store.has(image.packed));
  EXPECT_NE(failure_of([&] { ingest(store); }), "");
}

TEST_F(StoreTest, R31_tells_of_interrupted_copies_and_gives_them_up) {
  store::Store store = made();
  const Digest digest = io::sha256("image");
  EXPECT_TRUE(store.partials().empty());
  write_text(store.partial_path(digest), std::string(100'000, 'x'));
  write_text(folder + "/staging/no-digest.part", "x");
  const auto partials = store.partials();
  ASSERT_EQ(partials.size(), 1U);
  EXPECT_EQ(partials.front().digest, digest);
  EXPECT_GE(partials.front().written, 100'000U);
  EXPECT_GE(partials.front().on_disk, 100'000U);
  store.drop_partial(digest);
  store.drop_partial(digest);
  EXPECT_TRUE(store.partials().empty());
}

}  // namespace
}  // namespace ingot::store_test
