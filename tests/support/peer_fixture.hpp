// A peer for tests: keys, and the signed tree that it publishes, in memory or on disk. Any file of the tree can be
// replaced afterwards, and heads can be signed that no honest publisher would sign.
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reconciler/io/hash.hpp"
#include "reconciler/trust/keys.hpp"
#include "reconciler/trust/verify.hpp"
#include "schema/catalog/card.hpp"
#include "schema/catalog/catalog.hpp"
#include "schema/catalog/root.hpp"
#include "schema/catalog/write_catalog.hpp"
#include "tests/support/catalog_builder.hpp"

namespace ingot::testing_support {

/// Path below the URL → bytes.
using Tree = std::map<std::string, std::string>;

class Publisher {
 public:
  /// A server with a one-key root and one catalog key, as init makes it; nothing is published yet.
  explicit Publisher(std::string_view name, Time now = Time(Seconds(1'795'000'000)))
      : name_(ServerName::of(name)),
        now_(now),
        root_key_(trust::PrivateKey::generate()),
        catalog_key_(trust::PrivateKey::generate()) {
    root_ = {.version = 1,
             .epoch = 1,
             .expires = now + std::chrono::hours(24 * 3650),
             .root = {1, {root_key_.public_key()}},
             .catalog = {1, {catalog_key_.public_key()}},
             .previous = {}};
    id_ = trust::id_of_root(write_root(root_));
    put_root(root_, {&root_key_});
  }

  const ServerId& id() const { return id_; }
  const ServerName& name() const { return name_; }
  const Head& head() const { return head_; }  ///< the last one published
  const Index& index() const { return index_; }
  const Root& root() const { return root_; }  ///< the newest
  Tree& tree() { return tree_; }
  const Tree& tree() const { return tree_; }
  Card card(const std::string& url) const { return {.name = name_, .url = url, .id = id_}; }
  void set_now(Time now) { now_ = now; }
  Time now() const { return now_; }

  /// Publishes this content with the next serial (or `serial`), good for 14 days from now.
  void publish(const Catalog& catalog, std::optional<Serial> serial = {}) {
    put_pages(catalog);
    Head head{.id = id_,
              .name = name_,
              .epoch = root_.epoch,
              .serial = serial.value_or(head_.serial + 1),
              .issued = now_,
              .expires = now_ + std::chrono::hours(24 * 14),
              .root_version = root_.version,
              .index = piece_of(write_index(index_)),
              .previous = {}};
    if (tree_.contains("head.dsse")) head.previous = io::sha256(write_head(head_));
    head_ = head;
    tree_["head.dsse"] = signed_head(head);
  }

  /// An envelope of any head, by the catalog key (or another one).
  std::string signed_head(const Head& head, const trust::PrivateKey* key = nullptr) const {
    return write_envelope(trust::sign_envelope(head_payload_type, write_head(head), {key != nullptr ? key : &catalog_key_}));
  }
  const trust::PrivateKey& catalog_key() const { return catalog_key_; }
  const trust::PrivateKey& root_key() const { return root_key_; }

  /// Puts pages and index of a catalog into the tree, without a head.
  void put_pages(const Catalog& catalog) {
    const Pages pages = write_pages(catalog);
    index_ = pages.index;
    for (std::size_t i = 0; i < pages.bytes.size(); ++i) tree_["c/" + index_.pages[i].piece.digest.hex()] = pages.bytes[i];
    const std::string bytes = write_index(index_);
    tree_["c/" + io::sha256(bytes).hex()] = bytes;
  }

  /// Publishes the next root: a new catalog key, perhaps a new epoch. The next publish() is signed by it.
  void rotate_catalog_key(bool new_epoch = false) {
    catalog_key_ = trust::PrivateKey::generate();
    Root next = root_;
    next.previous = io::sha256(write_root(root_));
    ++next.version;
    if (new_epoch) ++next.epoch;
    next.catalog = {1, {catalog_key_.public_key()}};
    root_ = next;
    put_root(root_, {&root_key_});
  }
  /// The root as it stands, but with another end; for version 1 this makes another server.
  void publish_root_with(std::uint64_t version, Time expires) {
    Root next = root_;
    if (version > 1) next.previous = io::sha256(write_root(root_));
    next.version = version;
    next.expires = expires;
    root_ = next;
    put_root(root_, {&root_key_});
    if (version == 1) id_ = trust::id_of_root(write_root(root_));
  }

  /// Publishes this root, whatever it says, signed by the root key (and perhaps others). The next heads name it.
  void publish_root(const Root& root, std::vector<const trust::PrivateKey*> others = {}) {
    root_ = root;
    others.insert(others.begin(), &root_key_);
    put_root(root_, others);
  }
  /// What may follow the newest root, but for what a test changes of it.
  Root next_root() const {
    Root next = root_;
    next.previous = io::sha256(write_root(root_));
    ++next.version;
    return next;
  }

  /// Writes the tree below `folder` and removes what is no longer in it.
  void write_to(const std::filesystem::path& folder) const {
    namespace fs = std::filesystem;
    fs::create_directories(folder);
    for (const auto& [path, bytes] : tree_) {
      fs::create_directories((folder / path).parent_path());
      std::ofstream(folder / path, std::ios::binary | std::ios::trunc) << bytes;
    }
    std::vector<fs::path> gone;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file() && !tree_.contains(fs::relative(entry.path(), folder).string())) gone.push_back(entry.path());
    }
    for (const auto& path : gone) fs::remove(path);
  }

  static Piece piece_of(std::string_view bytes) { return {.digest = io::sha256(bytes), .length = bytes.size()}; }

 private:
  void put_root(const Root& root, const std::vector<const trust::PrivateKey*>& keys) {
    tree_["root/" + std::to_string(root.version) + ".dsse"] =
        write_envelope(trust::sign_envelope(root_payload_type, write_root(root), keys));
  }

  ServerName name_;
  Time now_;
  trust::PrivateKey root_key_;
  trust::PrivateKey catalog_key_;
  Root root_;
  ServerId id_;
  Head head_{.id = {},
             .name = ServerName::of("none"),
             .epoch = 1,
             .serial = 0,
             .issued = {},
             .expires = {},
             .root_version = 1,
             .index = {},
             .previous = {}};
  Index index_;
  Tree tree_;
};

}  // namespace ingot::testing_support
