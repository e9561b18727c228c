#include "reconciler/upload/tree_files.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "reconciler/io/hash.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/transfer/copy_image.hpp"
#include "schema/catalog/parse_catalog.hpp"
#include "schema/catalog/root.hpp"
#include "schema/error.hpp"

namespace ingot::upload {

namespace {

constexpr std::uint64_t longest_page = 64 * 1024 * 1024;

/// Collects the files of one tree.
class Walk {
 public:
  Walk(io::Files& files, std::string folder) : files_(files), folder_(std::move(folder)) {}

  TreeFiles all(const Head& head) {
    tree_.serial = head.serial;
    for (std::uint64_t version = 1; add_if_there(fmt::format("root/{}.dsse", version), Layer::roots); ++version) {}
    add_catalog(head);
    add_if_there(page_path, Layer::index);
    if (!add_if_there(head_path, Layer::head)) fail(head_path, "is missing");
    auto& files = tree_.files;
    std::sort(files.begin(), files.end(), [](const TreeFile& one, const TreeFile& other) {
      return std::tie(one.layer, one.path) < std::tie(other.layer, other.path);
    });
    files.erase(std::unique(files.begin(), files.end()), files.end());  // images with the same bytes share their files
    return std::move(tree_);
  }

 private:
  [[noreturn]] void fail(const std::string& path, const std::string& why) const {
    throw Error(Fault::local, fmt::format("\"{}/{}\" {}", io::printable(folder_), path, why),
                "run \"ingot publish\", which makes it anew");
  }

  static std::string piece_path(const Piece& piece) { return "c/" + piece.digest.hex(); }

  /// A file whose bytes are named by nothing but its place.
  bool add_if_there(const std::string& path, Layer layer) {
    const auto bytes = io::read_file_if_there(files_, folder_ + "/" + path, longest_page);
    if (!bytes) return false;
    tree_.files.push_back({.path = path, .piece = {.digest = io::sha256(*bytes), .length = bytes->size()}, .layer = layer});
    return true;
  }

  std::string read(const Piece& piece) const {
    auto bytes = io::read_file_if_there(files_, folder_ + "/" + piece_path(piece), piece.length);
    if (!bytes || io::sha256(*bytes) != piece.digest) fail(piece_path(piece), bytes ? "is damaged" : "is missing");
    return *std::move(bytes);
  }

  void add(const std::string& path, const Piece& piece, Layer layer) {
    tree_.files.push_back({.path = path, .piece = piece, .layer = layer});
  }

  void add_object(const Piece& piece) { add(transfer::object_path(piece.digest), piece, Layer::bytes); }

  void add_image(const ImageEntry& image) {
    for (const DeltaRef& delta : image.deltas) add_object(delta.file);
    if (!image.packed) return;
    add_object(image.packed->file);
    if (image.packed->table) add_object(*image.packed->table);
  }

  void add_catalog(const Head& head) {
    const auto index = parse_index(read(head.index));
    if (!std::holds_alternative<Index>(index)) fail(piece_path(head.index), "is damaged");
    add(piece_path(head.index), head.index, Layer::index);
    if (head.state) add(piece_path(*head.state), *head.state, Layer::pages);
    PageReader reader(head.id, head.serial,
                      PageVisitor{.image = [this](ImageEntry&& image) { add_image(image); },
                                  .deleted_image = {},
                                  .series = {},
                                  .member = {},
                                  .deleted_series = {},
                                  .type = {}});
    for (const PageRef& page : std::get<Index>(index).pages) {
      if (reader.read(page, read(page.piece))) fail(piece_path(page.piece), "is damaged");
      add(piece_path(page.piece), page.piece, Layer::pages);
    }
  }

  io::Files& files_;
  std::string folder_;
  TreeFiles tree_;
};

}  // namespace

TreeFiles tree_files(io::Files& files, const std::string& folder, const Head& head) { return Walk(files, folder).all(head); }

ObjectHeaders served_as(const std::string& path) {
  const bool changes = path == head_path || path == page_path;
  return {.content_type = path == page_path ? "text/html; charset=utf-8" : "application/octet-stream",
          .cache_control = changes ? "no-cache" : "public, max-age=31536000, immutable"};
}

}  // namespace ingot::upload
