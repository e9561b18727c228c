// A server with an upload, driven through the built binary, and a store in memory.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schema/text/base64.hpp"
#include "tests/scenarios/site.hpp"
#include "tests/support/fake_store.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::scenarios {

inline void use_key(const io::AccessKey& key) {
  setenv("INGOT_S3_KEY_ID", key.id.c_str(), 1);
  setenv("INGOT_S3_SECRET", key.secret.c_str(), 1);
}

inline std::string upload_entry(const std::string& address, const std::string& to = "s3://gold/dc1",
                                const std::string& more = "") {
  return "[[upload]]\nname = \"s3\"\nto = \"" + to + "\"\nendpoint = \"" + address +
         "\"\nkey_id_env = \"INGOT_S3_KEY_ID\"\nsecret_env = \"INGOT_S3_SECRET\"\n" + more;
}

/// Calls `take` with each {"digest", "length"} in a document.
inline void each_piece(const Json& json, const std::function<void(const std::string& hex)>& take) {
  if (json.is_object() && json.contains("digest") && json.contains("length"))
    take(json.at("digest").get<std::string>().substr(std::string("sha256:").size()));
  if (json.is_structured()) {
    for (const auto& part : json) each_piece(part, take);
  }
}

inline void each_line(const std::string& text, const std::function<void(const Json&)>& take) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) take(Json::parse(line));
}

/// What a reader of this head may ask for, by its path in the tree: the digest of each. `read` gives index and pages.
inline std::map<std::string, std::string> named_by(const std::string& head,
                                                   const std::function<std::string(const std::string& path)>& read) {
  std::map<std::string, std::string> named;
  const auto each_named = [&](const Json& json, const std::function<void(const Json& line)>& take) {
    each_piece(json, [&](const std::string& file) {
      named["c/" + file] = file;
      each_line(read("c/" + file), take);
    });
  };
  const Json statement = Json::parse(from_base64(Json::parse(head).at("payload").get<std::string>()).value());
  each_named(statement, [&](const Json& page_line) {
    each_named(page_line, [&](const Json& entry) {
      each_piece(entry, [&](const std::string& file) { named["b/" + file.substr(0, 2) + "/" + file] = file; });
    });
  });
  return named;
}

/// What a reader of the published head may ask for, as objects of a bucket are named.
inline std::set<std::string> tree_paths(const Site& site, const std::string& before = "gold/dc1/") {
  const auto read = [&](const std::string& path) { return testing_support::read_text(site.public_folder() + "/" + path); };
  std::set<std::string> paths{before + "head.dsse", before + "index.html", before + "root/1.dsse"};
  for (const auto& [path, digest] : named_by(read("head.dsse"), read)) paths.insert(before + path);
  return paths;
}

inline std::set<std::string> keys_of(const testing_support::FakeStore& store) {
  std::set<std::string> keys;
  for (const auto& [path, object] : store.objects()) keys.insert(path);
  return keys;
}

/// A server with an image, and a store in memory.
class uploads : public testing::Test {
 protected:
  uploads() {
    store_.make_bucket("gold");
    use_key(store_.key());
    site_.manifest(site_.file_image("db19", "the bytes of db19") + upload_entry(store_.address()));
  }
  std::size_t place_of(const std::vector<std::string>& asked, const std::string& begin) const {
    const auto found = std::find_if(asked.begin(), asked.end(), [&](const auto& one) { return one.starts_with(begin); });
    return static_cast<std::size_t>(found - asked.begin());
  }
  std::string bytes_of(const std::string& path) { return store_.objects()["gold/dc1/" + path].bytes; }

  testing_support::TestFolder folder_;
  testing_support::FakeStore store_;
  Site site_{folder_.path(), "oslo"};
};

}  // namespace ingot::scenarios
