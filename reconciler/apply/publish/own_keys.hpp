// This server's private keys: files in its `keys` folder, named for what they sign. "root.pem" and "root-….pem" sign roots,
// "catalog.pem" and "catalog-….pem" heads, "release.pem" and "release-….pem" images; a run that only publishes never opens a root
// key.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/io/disk/files.hpp"
#include "reconciler/trust/keys.hpp"
#include "schema/catalog/root.hpp"

namespace ingot::apply {

enum class KeyRole { root, catalog, release };
std::string_view name_of(KeyRole role);  ///< as the files' names begin

/// The names that init gives.
std::string root_key_path(const std::string& keys);
std::string catalog_key_path(const std::string& keys);

/// A new private file (0600), whole or not at all, durable; never replaces one. Error{local}.
void write_key(io::Files& files, const std::string& path, const trust::PrivateKey& key);
/// A file with a key, private or public, is no longer. Bytes.
inline constexpr std::uint64_t largest_key_file = 16 * 1024;
/// Error{local}: it cannot be read, everybody on this machine can, or it is no Ed25519 key in PEM; the text never shows in the
/// message.
trust::PrivateKey read_key(io::Files& files, const std::string& path);

struct KeyFile {
  std::string path;
  trust::PrivateKey key;
};
struct KeysHere {
  std::vector<KeyFile> keys;          ///< by path
  std::vector<std::string> unusable;  ///< a sentence for each file that holds no key, or none that may be used
};
/// The keys for a role that are in the folder; none if there is no folder.
KeysHere keys_here(io::Files& files, const std::string& folder, KeyRole role);

/// The keys that sign heads: all in the folder that this root names. Error{local} "no-catalog-key": they are fewer than its
/// threshold, so that no reader would accept a head.
using CatalogKeys = std::vector<trust::PrivateKey>;
CatalogKeys load_catalog_keys(io::Files& files, const std::string& folder, const Root& root);

/// Why the folder holds too few files for the catalog keys that this root asks for, as a sentence, by their names alone: no key
/// is read. "": there are enough, or nobody here may look.
std::string why_no_catalog_key(io::Files& files, const std::string& folder, const Root& root);

/// Those of the keys that the role names, in its order.
std::vector<const trust::PrivateKey*> named_by(const Role& role, const std::vector<trust::PrivateKey>& keys);

}  // namespace ingot::apply
