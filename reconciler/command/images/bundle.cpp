#include "reconciler/command/images/bundle.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "reconciler/io/printable.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/transfer/copy_image.hpp"
#include "schema/error.hpp"

namespace ingot::command {

namespace {

/// A file takes whole clusters, on large FAT and exFAT disks of 32 kB and more.
std::uint64_t room_for(std::uint64_t bytes) {
  constexpr std::uint64_t cluster = 32 * 1024;
  return (bytes + cluster - 1) / cluster * cluster + cluster;
}

std::vector<Piece> files_of(const ImageEntry& entry) {
  if (!entry.packed) return {};
  std::vector<Piece> files{entry.packed->file};
  if (entry.packed->table) files.push_back(*entry.packed->table);
  return files;
}

/// Objects, each once, with all images that have it.
class SharedObjects {
 public:
  void add(BundleObject object) {
    const auto [place, is_new] = places_.emplace(object.piece.digest, objects_.size());
    if (is_new)
      objects_.push_back(std::move(object));
    else
      objects_[place->second].images.push_back(std::move(object.images.front()));
  }
  std::vector<BundleObject> finish() { return std::move(objects_); }

 private:
  std::vector<BundleObject> objects_;
  std::map<Digest, std::size_t> places_;
};

std::string sum_text(const Bundle& bundle, BundleStatus status) {
  std::size_t count = 0;
  std::uint64_t bytes = 0;
  for (const auto& row : bundle.rows) {
    if (row.status != status) continue;
    ++count;
    bytes += row.bytes;
  }
  return count == 0 ? "0 images" : fmt::format("{} image{} ({})", count, count == 1 ? "" : "s", size_text(bytes));
}

}  // namespace

std::string path_on_medium(const Piece& piece) { return "c/" + piece.digest.hex(); }

std::string_view text_of(BundleStatus status) {
  switch (status) {
    case BundleStatus::added: return "added";
    case BundleStatus::there: return "there";
    case BundleStatus::not_here: return "not-here";
    case BundleStatus::not_offered: return "not-offered";
    case BundleStatus::damaged: return "damaged";
  }
  return "";
}

Bundle bundle_of(const plan::BundleChoice& choice, const observe::PublishedTree& tree, const store::Store& store,
                 const store::Medium& medium) {
  Bundle bundle{.rows = {}, .unknown = choice.unknown, .missing = {}};
  SharedObjects coming;
  for (const ImageEntry* image : choice.images) {
    BundleRow row{.image = image->name.text()};
    std::vector<BundleObject> missing, deltas;
    for (const DeltaRef& delta : image->deltas) {
      const std::string path = transfer::object_path(delta.file.digest);
      const auto here = store.path_of(delta.file);
      const bool is_there = medium.has(path, delta.file.length);
      if (here || is_there) row.bytes += delta.file.length;
      if (here && !is_there)
        deltas.push_back({.images = {row.image}, .piece = delta.file, .path = path, .from = *here, .is_delta = true});
    }
    for (const Piece& piece : files_of(*image)) {
      row.bytes += piece.length;
      BundleObject object{.images = {row.image}, .piece = piece, .path = transfer::object_path(piece.digest), .from = ""};
      if (medium.has(object.path, piece.length)) continue;
      const auto here = store.path_of(piece);
      if (here) object.from = *here;
      missing.push_back(std::move(object));
    }
    const bool lacks = std::any_of(missing.begin(), missing.end(), [](const BundleObject& one) { return one.from.empty(); });
    if (!image->packed) {
      row.status = BundleStatus::not_offered;
    } else if (lacks) {
      row.status = BundleStatus::not_here;
    } else if (!missing.empty()) {
      row.status = BundleStatus::added;
      for (auto& object : missing) coming.add(std::move(object));
    }
    if (image->packed && !lacks) {
      for (auto& object : deltas) coming.add(std::move(object));
    }
    bundle.rows.push_back(std::move(row));
  }
  bundle.missing = coming.finish();
  for (const auto& object : bundle.missing) {
    const std::uint64_t begun = std::min(medium.begun(object.path), object.piece.length);
    bundle.needed += room_for(object.piece.length - begun);
  }
  for (const auto& file : tree.pieces) {
    if (!medium.has(path_on_medium(file.piece), file.piece.length)) bundle.needed += room_for(file.piece.length);
  }
  return bundle;
}

void require_room(const Bundle& bundle, const std::string& folder, const std::optional<io::FileLimit>& limit,
                  std::uint64_t available) {
  std::vector<std::string> too_large;
  for (const auto& object : bundle.missing) {
    if (limit && object.piece.length > limit->largest)
      too_large.push_back(fmt::format("{} ({})", fmt::join(object.images, ", "), size_text(object.piece.length)));
  }
  if (!too_large.empty())
    throw Error(Fault::local,
                fmt::format("\"{}\" is a {} file system, where no file can have 4 GiB or more. These images do not fit: {}",
                            io::printable(folder), limit->file_system, fmt::join(too_large, ", ")),
                "format the disk as exFAT or ext4, or choose other images; nothing was written")
        .with_code(Code::does_not_fit)
        .about(folder);
  if (bundle.needed <= available) return;
  throw Error(Fault::local,
              fmt::format("\"{}\" has {} free, and the bundle needs {} more", io::printable(folder), size_text(available),
                          size_text(bundle.needed)),
              "free some space there, or choose fewer images (--series S --latest N, --since SERIAL); nothing was written")
      .with_code(Code::no_space)
      .about(folder);
}

std::vector<BundleObject> objects_on(const store::Medium& medium, const Catalog& catalog) {
  SharedObjects objects;
  for (const auto& image : catalog.images) {
    const auto add = [&](const Piece& piece, bool is_delta) {
      BundleObject object{.images = {image.name.text()},
                          .piece = piece,
                          .path = transfer::object_path(piece.digest),
                          .from = "",
                          .is_delta = is_delta};
      if (medium.is_there(object.path)) objects.add(std::move(object));
    };
    for (const Piece& piece : files_of(image)) add(piece, false);
    for (const DeltaRef& delta : image.deltas) add(delta.file, true);
  }
  return objects.finish();
}

void show_bundle(const Bundle& bundle, const std::string& folder, const Head& head, show::Output& out) {
  out.print("{} serial {} in {}: {} added, {} already there\n", head.name.text(), head.serial, io::printable(folder),
            sum_text(bundle, BundleStatus::added), sum_text(bundle, BundleStatus::there));
  for (const auto& row : bundle.rows) {
    if (row.status == BundleStatus::damaged) out.print("  damaged here: {}\n", row.image);
    if (row.status == BundleStatus::not_here) out.print("  not here: {}\n", row.image);
    if (row.status == BundleStatus::not_offered) out.print("  a copy, not offered: {}\n", row.image);
  }
  out.print(
      "The head is valid until {}. A server that reads the disk after that needs max_age in its [[peer]]: longer than the time "
      "since the head was signed.\n",
      time_text(head.expires));
}

void show_bundle_json(const Bundle& bundle, const std::string& folder, const Head& head, show::Output& out) {
  show::JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.bundle/1");
  json.member("path", folder);
  json.key("server");
  json.begin_object();
  json.member("name", head.name.text());
  json.member("id", head.id.text());
  json.end_object();
  json.member("serial", head.serial);
  json.member("expires", head.expires);
  json.objects_in_line("images", bundle.rows, [&](const auto& row) {
    json.member("name", row.image);
    json.member("status", text_of(row.status));
    json.member("bytes", row.bytes);
  });
  json.values("unknown", bundle.unknown, [&](const auto& name) { return name; });
  json.end_object();
  json.finish();
}

std::size_t BundleCheck::needed_damaged() const {
  return static_cast<std::size_t>(
      std::count_if(damaged.begin(), damaged.end(), [](const Damaged& one) { return one.is_needed; }));
}

void show_check(const BundleCheck& check, show::Output& out) {
  const std::size_t needed = check.needed_damaged(), deltas = check.damaged.size() - needed;
  out.print(
      "{} serial {} in {}: {} file{} of images ({}), {} damaged{}\n", check.server.text(), check.serial,
      io::printable(check.folder), check.files, check.files == 1 ? "" : "s", size_text(check.bytes), needed,
      deltas == 0 ? "" : fmt::format(", and {} delta{}, not needed: the images are there whole", deltas, deltas == 1 ? "" : "s"));
  for (const auto& one : check.damaged) {
    const std::string images = fmt::format("{}", fmt::join(one.images, ", "));
    if (one.unreadable.empty())
      out.print("  damaged: {} ({}{})\n", io::printable(one.path), one.is_needed ? "" : "a delta of ", images);
    else
      out.print("  cannot be read: {} ({}): {}\n", io::printable(one.path), images, io::printable(one.unreadable));
  }
  if (!check.damaged.empty())
    out.print(
        "hint: remove these files and run \"ingot bundle\" again, which writes them; if files cannot be read, use another "
        "disk\n");
}

void show_check_json(const BundleCheck& check, show::Output& out) {
  show::JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.bundlecheck/1");
  json.member("path", check.folder);
  json.member("server", check.server.text());
  json.member("serial", check.serial);
  json.member("files", check.files);
  json.member("bytes", check.bytes);
  json.key("damaged");
  json.begin_array();
  for (const auto& one : check.damaged) {
    for (const auto& image : one.images) {
      json.begin_object();
      json.member("image", image);
      json.member("path", one.path);
      json.member_or_null("unreadable", one.unreadable);
      json.member("needed", one.is_needed);
      json.end_object();
    }
  }
  json.end_array();
  json.end_object();
  json.finish();
}

}  // namespace ingot::command
