#include "reconciler/exports/put_image.hpp"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "reconciler/exports/contents.hpp"
#include "reconciler/exports/share_bytes.hpp"
#include "reconciler/io/disk/files.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/transfer/restore.hpp"
#include "schema/error.hpp"

namespace ingot::exports {

namespace {

/// Ends the unpacking of what was only to be looked at.
struct Compared {};

std::string place_of(const Order& order) { return order.folder + "/" + order.name; }

Facts sure_facts(const std::string& path, const std::vector<std::string>& changes) {
  auto found = facts_of(path, changes);
  if (auto* facts = std::get_if<Facts>(&found)) return std::move(*facts);
  const auto* unfit = std::get_if<Unfit>(&found);
  throw Error(Fault::local, fmt::format("\"{}\" {}", io::printable(path), unfit ? unfit->why : "is gone"));
}

/// `finish` gets the path of what was made, before it gets its name.
template <class Restorer>
transfer::LeftOut restore_as(const Order& order, const ReadImage& read, transfer::Allowed allowed,
                             const std::function<void(const std::string& made)>& finish) {
  Restorer restorer(place_of(order), {.allowed = allowed, .before_name = finish});
  read([&](std::string_view bytes) { restorer.write(bytes); });
  return restorer.commit();
}

transfer::LeftOut restore(const Order& order, const ReadImage& read, transfer::Allowed allowed,
                          const std::function<void(const std::string& made)>& finish) {
  io::PosixFiles files;
  io::make_folders(files, order.folder);
  return doing(fmt::format("exporting {} to \"{}\"", order.name, io::printable(order.folder)), [&] {
    return order.kind == ImageKind::file ? restore_as<transfer::FileRestorer>(order, read, allowed, finish)
                                         : restore_as<transfer::TreeRestorer>(order, read, allowed, finish);
  });
}

/// One sync for all members.
void sync_all(const std::string& folder) {
  const transfer::Descriptor open(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!open || syncfs(open.get()) != 0) transfer::fail_locally("sync", folder, errno);
}

}  // namespace

Put put_image(const Order& order, const ReadImage& read, const std::function<void(const Facts&)>& remember) {
  require_readable(place_of(order), order.kind == ImageKind::tree, order.access);
  Put put;
  put.left_out = restore(order, read, transfer::Allowed::nothing, [&](const std::string& made) {
    give_access(made, order.access);
    if (!order.like.empty()) put.shared = share_bytes(made, order.like);
    remember(sure_facts(made, order.changes));
  });
  return put;
}

bool is_as_unpacked(const Order& order, const ReadImage& read) {
  if (lets_all_change(order.changes)) {
    const auto found = facts_of(place_of(order), order.changes);
    const auto* const facts = std::get_if<Facts>(&found);
    return facts && facts->top.front() == (order.kind == ImageKind::file ? 'f' : 'd');
  }
  const auto there = contents_of(place_of(order), order.changes);
  if (!there) return false;
  std::optional<Digest> unpacked;
  try {
    restore(order, read, transfer::Allowed::anything, [&](const std::string& made) {
      give_access(made, order.access);
      unpacked = contents_of(made, order.changes);
      throw Compared();
    });
  } catch (const Compared&) { return unpacked == there; }
  return false;
}

void change_access(const Order& order, const std::function<void(const Facts&)>& remember) {
  const std::string place = place_of(order);
  give_access(place, order.access, order.changes);
  const Facts facts = sure_facts(place, order.changes);
  sync_all(order.folder);
  remember(facts);
}

}  // namespace ingot::exports
