// What a bundle is to carry, what of it is on the disk already, and how that is shown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/io/disk/file_system.hpp"
#include "reconciler/observe/published_tree.hpp"
#include "reconciler/plan/bundle_choice.hpp"
#include "reconciler/show/format/output.hpp"
#include "reconciler/store/medium.hpp"
#include "reconciler/store/store.hpp"

namespace ingot::command {

/// A file of an image: its packed bytes, their table, or a delta that makes it of another image.
struct BundleObject {
  std::vector<std::string> images;  ///< all that have it: images with the same bytes share their files
  Piece piece;
  std::string path;       ///< on the medium
  std::string from;       ///< here
  bool is_delta = false;  ///< nothing depends on it: the image is there whole
};

enum class BundleStatus {
  added,        ///< by this run
  there,        ///< it was on the medium already
  not_here,     ///< its bytes are not in the store
  not_offered,  ///< the catalog lists a copy without its bytes, as it is not redistributed
  damaged,      ///< its bytes in the store are not what the catalog names
};
std::string_view text_of(BundleStatus status);  ///< "added" …

struct BundleRow {
  std::string image;
  BundleStatus status = BundleStatus::there;
  std::uint64_t bytes = 0;  ///< of its files, deltas too
};

struct Bundle {
  std::vector<BundleRow> rows;        ///< of the images that were chosen
  std::vector<std::string> unknown;   ///< names that the catalog does not have
  std::vector<BundleObject> missing;  ///< files that are not on the medium yet, each once
  std::uint64_t needed = 0;           ///< bytes that they and the catalog take there
};

Bundle bundle_of(const plan::BundleChoice& choice, const observe::PublishedTree& tree, const store::Store& store,
                 const store::Medium& medium);
/// Error{local}: the disk cannot take the bundle. `limit` is that of its file system, `available` its free bytes.
void require_room(const Bundle& bundle, const std::string& folder, const std::optional<io::FileLimit>& limit,
                  std::uint64_t available);
/// The files of the catalog's images that are on the medium, whatever their length; each once.
std::vector<BundleObject> objects_on(const store::Medium& medium, const Catalog& catalog);
/// "c/<64 hex>"
std::string path_on_medium(const Piece& piece);

void show_bundle(const Bundle& bundle, const std::string& folder, const Head& head, show::Output& out);
/// ingot.bundle/1
void show_bundle_json(const Bundle& bundle, const std::string& folder, const Head& head, show::Output& out);

/// What `bundle --verify` found.
struct BundleCheck {
  std::string folder;
  ServerName server;
  Serial serial = 0;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  struct Damaged {
    std::vector<std::string> images;  ///< all that have the file
    std::string path;
    std::string unreadable = {};  ///< why it cannot be read; "": it can, and is not what the catalog says
    bool is_needed = true;        ///< false: a delta
  };
  std::vector<Damaged> damaged{};
  std::size_t needed_damaged() const;  ///< how many of them are no deltas
};
void show_check(const BundleCheck& check, show::Output& out);
/// ingot.bundlecheck/1
void show_check_json(const BundleCheck& check, show::Output& out);

}  // namespace ingot::command
