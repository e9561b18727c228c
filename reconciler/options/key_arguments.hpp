// What follows "ingot key" as a value. How the words are split is arguments.cpp's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ingot::options {

struct MakeKey {
  std::string file;
};
struct ShowKeys {
  std::optional<std::string> file;  ///< of a key, a root or releases; none: this server's root
};
/// Keys as they were written: 64 digits, a file, or the first digits.
struct WantedKeys {
  std::vector<std::string> add;
  std::vector<std::string> drop;
  std::optional<std::uint32_t> threshold;
};
/// rotate and revoke.
struct ChangeKeys {
  std::string verb;
  std::vector<std::string> revoke;
  WantedKeys root;
  WantedKeys catalog;
  WantedKeys release;
  std::optional<std::string> expires;  ///< a time, or how long from now
  std::vector<std::string> sign_with;  ///< private keys beside those in `keys`
  std::optional<std::string> out;      ///< for a root that is not complete
  bool yes = false;                    ///< disowns what is published and unknown to the state
};
/// A root, or releases.
struct SignRoot {
  std::string file;
  std::vector<std::string> sign_with;  ///< none: the root or release keys in `keys`
};
struct InstallRoot {
  std::string file;
  bool yes = false;  ///< likewise
};
struct ReleaseImages {
  std::vector<std::string> images;
  std::vector<std::string> sign_with;  ///< private keys beside those in `keys`
  std::optional<std::string> out;      ///< where releases are written that are not to be installed yet
};
using KeyCommand = std::variant<MakeKey, ShowKeys, ChangeKeys, SignRoot, InstallRoot, ReleaseImages>;

/// The options and words as they stand on the command line.
struct WrittenKeyCommand {
  std::vector<std::string> add_root, drop_root, add_catalog, drop_catalog, add_release, drop_release, sign_with;
  std::string root_threshold, catalog_threshold, release_threshold, expires, out;
  bool yes = false;
};

/// Error{usage}.
KeyCommand key_command(const WrittenKeyCommand& written, const std::vector<std::string>& words);

}  // namespace ingot::options
