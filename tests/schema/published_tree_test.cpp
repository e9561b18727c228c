// A published tree in small: its documents against the JSON Schemas, and the format page's commands against its bytes.
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "reconciler/trust/keys.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/catalog/root.hpp"
#include "schema/catalog/segments.hpp"
#include "tests/support/catalog_builder.hpp"
#include "tests/support/process.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::published_tree_test {
namespace {

namespace fs = std::filesystem;
using testing_support::copied_image;
using testing_support::own_image;
using testing_support::Pages;
using testing_support::read_text;
using testing_support::server_id;
using testing_support::TestFolder;
using testing_support::tombstone;
using testing_support::write_pages;
using testing_support::write_text;

testing_support::Ran run_in(const std::string& folder, std::vector<std::string> arguments) {
  testing_support::Command command;
  command.arguments = std::move(arguments);
  command.folder = folder;
  return testing_support::run(command);
}

Time at(std::string_view text) { return parse_time(text).value(); }

void put(const std::string& path, const std::string& bytes) {
  fs::create_directories(fs::path(path).parent_path());
  write_text(path, bytes);
}

/// The bytes as `zstd` packs them, kept under their digest in the tree.
Piece put_packed(const std::string& tree, const std::string& plain) {
  const TestFolder folder;
  write_text(folder / "plain", plain);
  EXPECT_EQ(run_in("", {"zstd", "-q", folder / "plain"}).exit, 0);
  const std::string packed = read_text(folder / "plain.zst");
  const std::string hex = io::sha256(packed).hex();
  put(tree + "/b/" + hex.substr(0, 2) + "/" + hex, packed);
  return {.digest = io::sha256(packed), .length = packed.size()};
}

/// A tree image's bytes, made by the tar of this machine (only its contents matter here).
std::string tar_of_a_folder() {
  const TestFolder folder;
  put(folder / "home/bin/tool", "#!/bin/sh\n");
  put(folder / "home/README", "a database home\n");
  EXPECT_EQ(run_in("", {"tar", "-cf", folder / "home.tar", "-C", folder / "home", "."}).exit, 0);
  return read_text(folder / "home.tar");
}

/// Every kind of entry once.
Catalog some_catalog(const ServerId& id, const std::string& tree) {
  Catalog catalog;
  const std::string file = "the bytes of a disk image\n";
  const std::string tar = tar_of_a_folder();
  ImageEntry disk = own_image(id, "disk.1", 3);
  disk.digest = io::sha256(file);
  disk.size = file.size();
  disk.packed = Packed{.file = put_packed(tree, file), .segments = 1, .table = {}};
  disk.description = "with \"quotes\" and \xC3\xA4";
  disk.labels = {{"team", "dba"}};
  ImageEntry home = own_image(id, "home", 4);
  home.release = {{.key_id = "0123456789abcdef", .bytes = "a signature"}};
  home.digest = io::sha256(tar);
  home.size = tar.size();
  home.kind = ImageKind::tree;
  home.packed = Packed{.file = put_packed(tree, tar), .segments = 1, .table = {}};
  home.parent = disk.identity;
  home.states = {{ImageState::testable, 4}, {ImageState::withdrawn, 5}};
  home.reason = "a reason";
  ImageEntry copy = copied_image(server_id("elsewhere"), "their-name", 99, 4);
  copy.name = ImageName::of("copy");
  copy.size = 3 * segment_size;
  copy.packed = Packed{.file = {io::sha256("x"), 5}, .segments = 3, .table = Piece{io::sha256("t"), 6}};
  catalog.images = {copy, disk, home};
  catalog.deleted = {tombstone(id, "disk.0", 1, 2)};
  catalog.deleted[0].parent = copy.identity;
  catalog.series = {{.name = SeriesName::of("s"), .created = 3, .members = {{disk.identity, 3}, {home.identity, 4}}}};
  catalog.deleted_series = {{.name = SeriesName::of("old"), .created = 1, .deleted = 2}};
  catalog.types = {{.name = TypeName::of("DB_PSU"), .base = TypeName::of("ORACLEDBSOFTWARE")}};
  return catalog;
}

struct Tree {
  std::string path;
  ServerId id;
  std::string root, head, index;
  Pages pages;
};

Tree publish(const std::string& path) {
  Tree tree{.path = path, .id = {}, .root = {}, .head = {}, .index = {}, .pages = {}};
  const trust::PrivateKey root_key = trust::PrivateKey::generate();
  const trust::PrivateKey catalog_key = trust::PrivateKey::generate();
  tree.root = write_root({.version = 1,
                          .epoch = 1,
                          .expires = at("2036-11-23T00:00:00Z"),
                          .root = {.threshold = 1, .keys = {root_key.public_key()}},
                          .catalog = {.threshold = 1, .keys = {catalog_key.public_key()}},
                          .previous = {}});
  tree.id = trust::id_of_root(tree.root);
  tree.pages = write_pages(some_catalog(tree.id, path));
  tree.index = write_index(tree.pages.index);
  for (const std::string& page : tree.pages.bytes) put(path + "/c/" + io::sha256(page).hex(), page);
  put(path + "/c/" + io::sha256(tree.index).hex(), tree.index);
  tree.head = write_head({.id = tree.id,
                          .name = ServerName::of("fpps-1"),
                          .epoch = 1,
                          .serial = 7,
                          .issued = at("2026-11-23T02:00:00Z"),
                          .expires = at("2026-12-07T02:00:00Z"),
                          .root_version = 1,
                          .index = {io::sha256(tree.index), tree.index.size()},
                          .previous = {}});
  put(path + "/root/1.dsse", write_envelope(trust::sign_envelope(root_payload_type, tree.root, {&root_key})));
  put(path + "/head.dsse", write_envelope(trust::sign_envelope(head_payload_type, tree.head, {&catalog_key})));
  return tree;
}

/// The shell blocks of the format page, but the first, which only names what to fetch.
std::string documented_commands() {
  std::istringstream page(read_text(std::string(INGOT_SOURCE_DIR) + "/schema/published-tree.md"));
  std::string commands;
  int block = 0;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line == "```sh") {
      inside = true;
      ++block;
    } else if (line == "```") {
      inside = false;
    } else if (inside && block > 1) {
      commands += line + "\n";
    }
  }
  EXPECT_EQ(block, 3);
  return commands;
}

testing_support::Ran fetch_by_hand(const Tree& tree, const std::string& id, const std::string& image, const std::string& folder) {
  write_text(folder + "/fetch",
             fmt::format("set -eu\nurl='file://{}'\nid='{}'\nimage='{}'\n{}", tree.path, id, image, documented_commands()));
  return run_in(folder, {"/bin/sh", folder + "/fetch"});
}

TEST(published_tree, a_file_is_fetched_by_hand_as_the_page_says) {
  const TestFolder folder;
  const Tree tree = publish(folder / "public");
  fs::create_directories(folder / "hand");
  const auto ran = fetch_by_hand(tree, tree.id.text(), "disk.1", folder / "hand");
  EXPECT_EQ(ran.exit, 0) << ran.out << ran.err;
  EXPECT_EQ(read_text(folder / "hand/disk.1"), "the bytes of a disk image\n");
  EXPECT_NE(ran.out.find("Signature Verified Successfully"), std::string::npos) << ran.out;
}

TEST(published_tree, a_tree_is_fetched_by_hand_as_the_page_says) {
  const TestFolder folder;
  const Tree tree = publish(folder / "public");
  fs::create_directories(folder / "hand");
  const auto ran = fetch_by_hand(tree, tree.id.text(), "home", folder / "hand");
  EXPECT_EQ(ran.exit, 0) << ran.out << ran.err;
  EXPECT_EQ(read_text(folder / "hand/tree/README"), "a database home\n");
}

TEST(published_tree, the_pages_commands_notice_another_server_and_other_bytes) {
  const TestFolder folder;
  const Tree tree = publish(folder / "public");
  for (const char* place : {"one", "two", "three"}) fs::create_directories(folder / place);
  EXPECT_NE(fetch_by_hand(tree, server_id("another").text(), "disk.1", folder / "one").exit, 0);
  EXPECT_NE(fetch_by_hand(tree, tree.id.text(), "no-such-image", folder / "two").exit, 0);
  put(tree.path + "/c/" + io::sha256(tree.index).hex(), tree.index + "\n");
  EXPECT_NE(fetch_by_hand(tree, tree.id.text(), "disk.1", folder / "three").exit, 0);
}

/// Appends lines as {"schema":…,"valid":…,"document":…} for the checker.
class Samples {
 public:
  void add(const std::string& schema, const std::string& document, bool valid = true) {
    lines_ += fmt::format("{{\"schema\":\"{}\",\"valid\":{},\"document\":{}}}\n", schema, valid,
                          document.substr(0, document.find_last_not_of('\n') + 1));
  }
  void add_lines(const std::string& schema, const std::string& documents) {
    std::istringstream lines(documents);
    for (std::string line; std::getline(lines, line);) add(schema, line);
  }
  const std::string& lines() const { return lines_; }

 private:
  std::string lines_;
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t found = text.find(from);
  EXPECT_NE(found, std::string::npos) << from;
  return found == std::string::npos ? text : text.replace(found, from.size(), to);
}

TEST(published_tree, its_documents_are_what_the_json_schemas_say) {
  if (run_in("", {"/usr/bin/python3", "-c", "import jsonschema"}).exit != 0) FAIL() << "python3-jsonschema is not installed";
  const TestFolder folder;
  const Tree tree = publish(folder / "public");
  Samples samples;
  const std::string envelope = read_text(tree.path + "/head.dsse");
  samples.add("envelope", envelope);
  samples.add("envelope", replaced(envelope, "\"sig\":\"", "\"sig\":\"*"), false);
  samples.add("envelope", replaced(envelope, ".head.", ".tail."), false);
  samples.add("root", tree.root);
  samples.add("root", replaced(tree.root, "\"threshold\":1", "\"threshold\":0"), false);
  samples.add("root", replaced(tree.root, "ingot.root/1", "ingot.root/2"), false);
  samples.add("head", tree.head);
  samples.add("head", replaced(tree.head, "\"serial\":7", "\"serial\":-7"), false);
  samples.add("head", replaced(tree.head, "\"serial\":7", "\"serial\":1.5"), false);
  samples.add("head", replaced(tree.head, "\"fpps-1\"", "\"a.b\""), false);
  samples.add("head", replaced(tree.head, "\"issued\"", "\"at\""), false);
  samples.add_lines("index", tree.index);
  samples.add("index", R"({"kind":"sets","first":"a","entries":1,"digest":")" + tree.id.text() + R"(","length":1})", false);
  for (const std::string& page : tree.pages.bytes) samples.add_lines("page", page);
  const std::string image = tree.pages.bytes[0].substr(tree.pages.bytes[0].find('\n') + 1);
  samples.add("page", replaced(image.substr(0, image.find('\n')), "\"states\":[", "\"states\":[7,"), false);
  samples.add("page", replaced(image.substr(0, image.find('\n')), "\"kind\":\"file\"", "\"kind\":\"disk\""), false);
  samples.add("page", R"({"series":"../s","created":1})", false);
  samples.add("page", R"({"imagetype":"A","base":"B"})", false);
  const std::string table = write_segment_table(
      {.plain = segment_size + 1, .packed = 30, .segments = {{segment_size, 10, io::sha256("a")}, {1, 20, io::sha256("b")}}});
  samples.add_lines("segments", table);
  samples.add("segments", "[1,2]", false);
  samples.add_lines("state", write_stated(testing_support::some_stated()));
  samples.add("state", R"({"image":"a","managed":true})", false);
  samples.add("state",
              R"({"subscription":"everything","value":"","peer":"p","id":")" + tree.id.text() +
                  R"(","baseline":0,"since":"now","options":"","rule":""})",
              false);
  samples.add("head", replaced(tree.head, "\"previous\"", "\"state\":{\"digest\":7},\"previous\""), false);
  samples.add("head",
              replaced(tree.head, "\"previous\"", "\"state\":{\"digest\":\"" + tree.id.text() + "\",\"length\":9},\"previous\""));
  samples.add("segments", "[1,2,\"" + io::sha256("a").text() + "\"]", false);
  write_text(folder / "samples", samples.lines());
  const auto ran = run_in("", {"/usr/bin/python3", std::string(INGOT_SOURCE_DIR) + "/tests/schema/check_published_schemas.py",
                               INGOT_SOURCE_DIR, folder / "samples"});
  EXPECT_EQ(ran.exit, 0) << ran.out << ran.err;
}

}  // namespace
}  // namespace ingot::published_tree_test
