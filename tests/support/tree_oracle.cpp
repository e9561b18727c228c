#include "tests/support/tree_oracle.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <regex>
#include <sstream>

#include <openssl/evp.h>
#include <nlohmann/json.hpp>

namespace ingot::testing_support {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string hex(const unsigned char* bytes, std::size_t count) {
  static const char* digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += digits[bytes[i] >> 4U];
    text += digits[bytes[i] & 15U];
  }
  return text;
}

std::string sha256_hex(const std::string& bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &length, EVP_sha256(), nullptr);
  return hex(digest, length);
}

std::string unhex(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  return bytes;
}

std::string base64_bytes(const std::string& text) {
  std::string bytes(text.size(), '\0');
  const int count = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                    reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  const auto padding = static_cast<std::size_t>(std::count(text.begin(), text.end(), '='));
  bytes.resize(count < 0 ? 0 : static_cast<std::size_t>(count) - padding);
  return bytes;
}

std::optional<std::string> bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

bool ed25519_holds(const std::string& key, const std::string& bytes, const std::string& signature) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> public_key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(key.data()), key.size()),
      &EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  if (!public_key || EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, public_key.get()) != 1) return false;
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                          reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) == 1;
}

class Walk {
 public:
  explicit Walk(const std::string& folder) : folder_(folder) {}

  PublishedTree all() {
    look_at_the_files();
    const std::optional<std::string> head = bytes_of(folder_ / "head.dsse");
    if (!head) {
      fault("there is no head");
      return tree_;
    }
    try {
      walk_from(*head);
    } catch (const std::exception& error) { fault(std::string("something is malformed: ") + error.what()); }
    return tree_;
  }

 private:
  void fault(const std::string& text) { tree_.faults.push_back(text); }

  void look_at_the_files() {
    static const std::regex form(
        "head\\.dsse|index\\.html|root|root/[0-9]+\\.dsse|c|c/[0-9a-f]{64}|b|b/[0-9a-f]{2}|b/[0-9a-f]{2}/[0-9a-f]{64}");
    for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
      const std::string path = fs::relative(entry.path(), folder_).string();
      const auto mode = static_cast<unsigned>(entry.symlink_status().permissions()) & 0777U;
      if (entry.is_symlink()) fault(path + " is a link");
      if (entry.is_regular_file() && mode != 0644) fault(path + " is not 0644");
      if (entry.is_regular_file() && fs::hard_link_count(entry.path()) != 1) fault(path + " has another hard link");
      if (entry.is_directory() && mode != 0755) fault(path + " is not 0755");
      if (!std::regex_match(path, form)) fault(path + " has no place in a published tree");
    }
  }

  Json signed_payload(const std::string& envelope, const Json& keys) {
    const Json json = Json::parse(envelope);
    const std::string payload = base64_bytes(json.at("payload").get<std::string>());
    const std::string type = json.at("payloadType").get<std::string>();
    const std::string covered =
        "DSSEv1 " + std::to_string(type.size()) + " " + type + " " + std::to_string(payload.size()) + " " + payload;
    const Json known = keys.is_null() ? Json::parse(payload).at("keys") : keys;
    bool holds = false;
    for (const Json& key : known) {
      for (const Json& signature : json.at("signatures")) {
        holds =
            holds || ed25519_holds(unhex(key.get<std::string>()), covered, base64_bytes(signature.at("sig").get<std::string>()));
      }
    }
    if (!holds) fault("no signature holds over a " + type);
    return Json::parse(payload);
  }

  std::string root_file(std::uint64_t version) {
    return bytes_of(folder_ / ("root/" + std::to_string(version) + ".dsse")).value_or("");
  }

  /// The payload of this root, reached from the first one: each is signed by the keys of the one before and by its own.
  Json walk_roots(std::uint64_t to) {
    Json root = signed_payload(root_file(1), nullptr);
    for (std::uint64_t version = 2; version <= to; ++version) {
      const std::string before = base64_bytes(Json::parse(root_file(version - 1)).at("payload").get<std::string>());
      signed_payload(root_file(version), root.at("keys"));
      root = signed_payload(root_file(version), nullptr);
      if (root.at("version") != version) fault("root " + std::to_string(version) + " bears another version");
      if (root.at("previous") != "sha256:" + sha256_hex(before))
        fault("root " + std::to_string(version) + " does not name the one before");
    }
    return root;
  }

  void walk_from(const std::string& head_bytes) {
    tree_.head_digest = sha256_hex(base64_bytes(Json::parse(head_bytes).at("payload").get<std::string>()));
    const std::string root_bytes = root_file(1);
    const std::uint64_t named =
        Json::parse(base64_bytes(Json::parse(head_bytes).at("payload").get<std::string>())).at("root").at("version");
    const Json root = walk_roots(named);
    const Json head = signed_payload(head_bytes, root.at("catalog").at("keys"));
    if (head.at("epoch") != root.at("epoch")) fault("the head bears another epoch than the root that it names");
    tree_.serial = head.at("serial").get<std::uint64_t>();
    tree_.expires = head.at("expires").get<std::string>();
    if (!head.at("previous").is_null()) tree_.previous = head.at("previous").get<std::string>();
    const std::string id = "sha256:" + sha256_hex(base64_bytes(Json::parse(root_bytes).at("payload").get<std::string>()));
    if (head.at("server").at("id") != id) fault("the head is of another server than the root");
    read_index(catalog_piece(head.at("index")));
  }

  std::string piece(const fs::path& path, const Json& named) {
    const std::string digest = named.at("digest").get<std::string>().substr(7);
    const std::optional<std::string> bytes = bytes_of(folder_ / path);
    if (!bytes) {
      fault(path.string() + " is named but not there");
      return "";
    }
    if (bytes->size() != named.at("length").get<std::uint64_t>()) fault(path.string() + " has another length than is said");
    if (sha256_hex(*bytes) != digest) fault(path.string() + " is not what its name says");
    return *bytes;
  }

  std::string catalog_piece(const Json& named) {
    return piece(fs::path("c") / named.at("digest").get<std::string>().substr(7), named);
  }

  void object(const Json& named) {
    const std::string digest = named.at("digest").get<std::string>().substr(7);
    piece(fs::path("b") / digest.substr(0, 2) / digest, named);
  }

  void read_index(const std::string& bytes) {
    std::istringstream lines(bytes);
    std::string line;
    std::getline(lines, line);
    const auto pages = Json::parse(line).at("pages").get<std::size_t>();
    while (std::getline(lines, line)) {
      const Json page = Json::parse(line);
      tree_.pages.push_back(page.at("digest").get<std::string>());
      read_page(catalog_piece(page), page.at("entries").get<std::size_t>());
    }
    if (tree_.pages.size() != pages) fault("the index has another number of pages than it says");
  }

  void read_page(const std::string& bytes, std::size_t entries) {
    std::istringstream lines(bytes);
    std::string line;
    std::getline(lines, line);
    const Json first = Json::parse(line);
    if (first.contains("continues")) series_ = first.at("continues").get<std::string>();
    std::size_t count = 0;
    for (; std::getline(lines, line); ++count) read_entry(Json::parse(line));
    if (count != entries) fault("a page has another number of entries than the index says");
  }

  void read_entry(const Json& entry) {
    if (entry.contains("member")) {
      tree_.series[series_].push_back(entry.at("member").at("name").get<std::string>());
    } else if (entry.contains("series")) {
      series_ = entry.at("series").get<std::string>();
      if (!entry.contains("deleted")) tree_.series[series_];
    } else if (entry.contains("imagetype")) {
      tree_.types.insert(entry.at("imagetype").get<std::string>());
    } else if (entry.contains("deleted")) {
      tree_.tombstones.insert(entry.at("image").get<std::string>());
    } else {
      const auto name = entry.at("image").get<std::string>();
      tree_.images[name] = entry.at("digest").get<std::string>();
      for (const Json& delta : entry.value("deltas", Json::array())) read_delta(name, delta);
      if (entry.at("packed").is_null()) return;
      tree_.offered.insert(name);
      object(entry.at("packed"));
      if (!entry.at("packed").at("table").is_null()) object(entry.at("packed").at("table"));
    }
  }

  void read_delta(const std::string& image, const Json& delta) {
    object(delta);
    const auto base = delta.at("base").at("digest").get<std::string>();
    if (!tree_.deltas.insert(image + " from " + base).second) fault("two deltas make " + image + " of the same image");
  }

  fs::path folder_;
  PublishedTree tree_;
  std::string series_;
};

}  // namespace

PublishedTree read_tree(const std::string& folder) { return Walk(folder).all(); }

}  // namespace ingot::testing_support
