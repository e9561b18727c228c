// The names inside a store (store/README.md).
#pragma once

#include <string>

#include <sys/types.h>

#include "reconciler/store/store.hpp"

namespace ingot::store::layout {

struct Modes {
  mode_t file;
  mode_t folder;
};

/// Whatever the umask: a web server must read the one, and nobody the other.
constexpr Modes modes_of(Place place) { return place == Place::public_tree ? Modes{0644, 0755} : Modes{0600, 0700}; }
inline constexpr Modes private_modes{0600, 0700};

inline std::string folder_of(Place place) { return place == Place::public_tree ? "public" : "private"; }
inline std::string staging(const std::string& store) { return store + "/staging"; }
inline std::string quarantine(const std::string& store) { return store + "/quarantine"; }
inline std::string parent(const std::string& path) { return path.substr(0, path.rfind('/')); }

/// A file with just these bytes. Error{local}: it cannot be read.
bool holds(io::Files& files, const std::string& path, const Digest& digest);
/// The same; but one that the disk cannot read is none. Error{local}: it cannot be opened.
bool is_whole(io::Files& files, const std::string& path, const Digest& digest);

/// Error{local}: the file is damaged.
[[noreturn]] void refuse_damaged(const std::string& path, const std::string& why);

/// Where a finished image's bytes and its table will be.
Packed packed_of(const transfer::PackedResult& result);

/// Durable.
void give_mode(io::Files& files, const std::string& path, mode_t mode);

}  // namespace ingot::store::layout
