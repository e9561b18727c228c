// A small tree image and a place for its exports.
#pragma once

#include <filesystem>
#include <string>

#include "reconciler/exports/put_image.hpp"
#include "tests/support/test_folder.hpp"
#include "tests/transfer/trees.hpp"

namespace ingot::testing_support {

/// Gives the bytes in odd pieces.
inline exports::ReadImage bytes_of(const std::string& bytes) {
  return [bytes](const std::function<void(std::string_view)>& out) {
    for (std::size_t at = 0; at < bytes.size(); at += 7777) out(std::string_view(bytes).substr(at, 7777));
  };
}

struct Exporting {
  TestFolder outer;
  std::string to = outer / "gold";

  /// The canonical bytes of a tree with a program, a log and a link.
  std::string tree(const std::string& content) const {
    const std::string source = outer / "source";
    std::filesystem::remove_all(source);
    std::filesystem::create_directories(source + "/bin");
    std::filesystem::create_directories(source + "/log");
    make_file(source + "/bin/run", content, 0755);
    make_file(source + "/log/alert", "begin");
    std::filesystem::create_symlink("bin/run", source + "/start");
    return canonical_bytes(source);
  }
  exports::Order order(const std::string& name) const { return {.folder = to, .name = name}; }
  /// Puts it and gives what was to be remembered.
  exports::Facts put(const exports::Order& what, const std::string& bytes) const {
    exports::Facts facts;
    exports::put_image(what, bytes_of(bytes), [&](const exports::Facts& seen) { facts = seen; });
    return facts;
  }
  exports::Facts put_tree(const std::string& name, const std::string& content = "one") const {
    return put(order(name), tree(content));
  }
  exports::Facts facts(const std::string& name, const std::vector<std::string>& changes = {}) const {
    return std::get<exports::Facts>(exports::facts_of(to + "/" + name, changes));
  }
};

}  // namespace ingot::testing_support
