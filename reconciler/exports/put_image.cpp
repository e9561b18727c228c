#include "reconciler/exports/put_image.hpp"

#include <fmt/format.h>

#include "reconciler/exports/share_bytes.hpp"
#include "reconciler/io/files.hpp"
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

template <class Restorer>
Put restore(const Order& order, const ReadImage& read, const std::function<void(const Facts&)>& remember) {
  Put put;
  const auto finish = [&](const std::string& made) {
    give_access(made, order.access);
    if (!order.like.empty()) put.shared = share_bytes(made, order.like);
    remember(sure_facts(made, order.changes));
  };
  Restorer restorer(place_of(order), {.allowed = transfer::Allowed::nothing, .before_name = finish});
  read([&](std::string_view bytes) { restorer.write(bytes); });
  put.left_out = restorer.commit();
  return put;
}

}  // namespace

Put put_image(const Order& order, const ReadImage& read, const std::function<void(const Facts&)>& remember) {
  io::PosixFiles files;
  io::make_folders(files, order.folder);
  return doing(fmt::format("exporting {} to \"{}\"", order.name, io::printable(order.folder)), [&] {
    return order.kind == ImageKind::file ? restore<transfer::FileRestorer>(order, read, remember)
                                         : restore<transfer::TreeRestorer>(order, read, remember);
  });
}

bool is_as_unpacked(const Order& order, const ReadImage& read) {
  const auto found = facts_of(place_of(order), order.changes);
  const auto* there = std::get_if<Facts>(&found);
  if (!there) return false;
  Order other = order;
  other.name = transfer::temporary_name(order.name);
  other.like.clear();
  Digest listing;
  try {
    put_image(other, read, [&](const Facts& facts) {
      listing = facts.listing;
      throw Compared();
    });
  } catch (const Compared&) { return listing == there->listing; }
  return false;
}

void change_access(const Order& order, const std::function<void(const Facts&)>& remember) {
  const std::string place = place_of(order);
  give_access(place, order.access);
  remember(sure_facts(place, order.changes));
}

}  // namespace ingot::exports
