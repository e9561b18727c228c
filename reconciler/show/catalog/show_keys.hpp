// Keys and roots as text and JSON. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/show/format/style.hpp"
#include "reconciler/trust/next_root.hpp"
#include "schema/catalog/root.hpp"

namespace ingot::show {

/// One public key, and the file of its private key: "" if there is none.
struct ShownKey {
  PublicKey key;
  std::string file;
};
void show_key_json(const ShownKey& key, Output& out);

/// A root: this server's newest, or one in a file.
struct ShownRoot {
  std::string title;  ///< "Root 2 of fpps-1 sha256:…", "keys/root-3.dsse: root 3"
  Root root;
  Time now;
  std::vector<ShownKey> here;                       ///< private keys that are here
  std::optional<std::vector<PublicKey>> signers{};  ///< of a root in a file: who of its keys has signed it
  std::vector<std::string> unusable{};              ///< key files that cannot be used, a sentence each
  std::string next{};                               ///< path of the next root, which waits for signatures; "": none does
};
void show_root(const ShownRoot& shown, const Style& style, Output& out);
void show_root_json(const ShownRoot& shown, Output& out);

/// What became of a next root.
struct ShownNextRoot {
  Root root;
  Root before;
  trust::SignatureCount signatures;
  std::optional<Serial> serial;  ///< of the head that was signed under it; nullopt: it is not installed
  std::string file;              ///< where it waits for signatures, if it does
};
void show_next_root(const ShownNextRoot& shown, const Style& style, Output& out);
void show_next_root_json(const ShownNextRoot& shown, Output& out);

}  // namespace ingot::show
