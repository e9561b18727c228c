#include "reconciler/apply/publish/own_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "reconciler/io/disk/secret_file.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot::apply {
namespace {

bool is_for(KeyRole role, std::string_view file) {
  const std::string_view begin = name_of(role);
  if (!file.starts_with(begin) || !file.ends_with(".pem")) return false;
  file.remove_prefix(begin.size());
  return file == ".pem" || file.front() == '-';
}

/// A key that everybody on this machine can read, or write, is nobody's secret. A group may share one: so credentials are handed
/// to a service.
void refuse_a_key_for_all(io::Files& files, const std::string& path) {
  const mode_t mode = files.open(path, io::OpenFor::read)->status().mode;
  if ((mode & 0007) == 0) return;
  throw Error(
      Fault::local,
      fmt::format("everybody on this machine can read the private key \"{}\" (mode {:04o})", io::printable(path), mode),
      fmt::format(
          "chmod 600 \"{0}\"; if somebody may have read it, replace the key: \"ingot key make\" and \"ingot key revoke {0}\"",
          io::printable(path)))
      .about(path);
}

/// What is in the folder instead of the keys that are wanted, as a sentence.
std::string what_is_here(const KeysHere& here, const std::string& folder) {
  if (here.keys.empty() && here.unusable.empty())
    return fmt::format("there is no \"{}\"", io::printable(catalog_key_path(folder)));
  std::string text;
  for (const KeyFile& file : here.keys) {
    text += fmt::format("{}\"{}\" is the key {}", text.empty() ? "" : ", ", io::printable(file.path),
                        key_text(file.key.public_key()));
  }
  for (const std::string& why : here.unusable) text += (text.empty() ? "" : ", ") + why;
  return text;
}

}  // namespace

std::string_view name_of(KeyRole role) {
  switch (role) {
    case KeyRole::root: return "root";
    case KeyRole::catalog: return "catalog";
    case KeyRole::release: return "release";
  }
  return "";
}

std::string root_key_path(const std::string& keys) { return keys + "/root.pem"; }
std::string catalog_key_path(const std::string& keys) { return keys + "/catalog.pem"; }

void write_key(io::Files& files, const std::string& path, const trust::PrivateKey& key) {
  if (io::write_new_file(files, path, key.to_pem(), 0600)) return;
  throw Error(Fault::local, fmt::format("\"{}\" is there already", io::printable(path)),
              "ingot never overwrites a key: give the new one another name");
}

trust::PrivateKey read_key(io::Files& files, const std::string& path) {
  const std::string file = io::followed_secret(files, path);
  refuse_a_key_for_all(files, file);
  return trust::PrivateKey::from_pem(io::read_file(files, file, largest_key_file), fmt::format("\"{}\"", io::printable(path)));
}

KeysHere keys_here(io::Files& files, const std::string& folder, KeyRole role) {
  KeysHere here;
  if (!files.status(folder)) return here;
  for (const std::string& name : files.list(folder)) {
    if (!is_for(role, name)) continue;
    const std::string path = folder + "/" + name;
    try {
      here.keys.push_back({.path = path, .key = read_key(files, path)});
    } catch (const Error& error) {
      if (error.fault() != Fault::local) throw;
      here.unusable.push_back(error.mend().empty() ? error.text() : fmt::format("{} ({})", error.text(), error.mend()));
    }
  }
  return here;
}

CatalogKeys load_catalog_keys(io::Files& files, const std::string& folder, const Root& root) {
  KeysHere here = keys_here(files, folder, KeyRole::catalog);
  CatalogKeys keys;
  for (KeyFile& file : here.keys) {
    if (holds(root.catalog.keys, file.key.public_key())) keys.push_back(std::move(file.key));
  }
  if (keys.size() >= root.catalog.threshold) return keys;
  // Once more for the keys that moved; what could not be used the first time is the reason, whatever can be used now.
  const std::vector<std::string> unusable = std::move(here.unusable);
  here = keys_here(files, folder, KeyRole::catalog);
  if (!unusable.empty()) here.unusable = unusable;
  throw Error(Fault::local,
              fmt::format("\"{}\" holds {} of the catalog keys that root {} names, and a head needs {}: {}",
                          io::printable(folder), keys.size(), root.version, root.catalog.threshold, what_is_here(here, folder)),
              fmt::format("restore the key from its backup, or set `keys` to its folder; if it is lost, make a new one with "
                          "\"ingot key make {0}/catalog-2.pem\" and \"ingot key rotate --add-catalog {0}/catalog-2.pem\"",
                          io::printable(folder)))
      .with_code(Code::no_catalog_key)
      .about(folder);
}

std::string why_no_catalog_key(io::Files& files, const std::string& folder, const Root& root) {
  try {
    if (!files.status(folder)) return fmt::format("the folder of keys, \"{}\", is not there", io::printable(folder));
    const auto names = files.list(folder);
    const auto found = std::ranges::count_if(names, [](const std::string& name) { return is_for(KeyRole::catalog, name); });
    if (static_cast<std::size_t>(found) >= root.catalog.threshold) return "";
    return fmt::format("\"{}\" holds {} catalog keys (catalog.pem, catalog-….pem), and a head needs {}", io::printable(folder),
                       found, root.catalog.threshold);
  } catch (const Error&) {  // another user's: whoever applies may read it
    return "";
  }
}

std::vector<const trust::PrivateKey*> named_by(const Role& role, const std::vector<trust::PrivateKey>& keys) {
  std::vector<const trust::PrivateKey*> named;
  for (const PublicKey& wanted : role.keys) {
    const auto found = std::ranges::find_if(keys, [&](const trust::PrivateKey& key) { return key.public_key() == wanted; });
    if (found != keys.end()) named.push_back(&*found);
  }
  return named;
}

}  // namespace ingot::apply
