// Unpacks an image into its place: beside it first, then by one rename. What stands there already is never touched.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/exports/access.hpp"
#include "reconciler/exports/facts.hpp"
#include "reconciler/transfer/left_out.hpp"
#include "schema/image.hpp"

namespace ingot::exports {

/// A place for an image, and how it shall look.
struct Order {
  std::string folder;  ///< `to`: an absolute path; made if it is not there
  std::string name;    ///< of the image: the place is folder/name
  ImageKind kind = ImageKind::tree;
  Access access = {};
  std::vector<std::string> changes = {};  ///< for the facts
  std::string like = {};                  ///< an older export of the same kind, whose blocks may be shared; "": there is none
};

struct Put {
  transfer::LeftOut left_out;
  std::uint64_t shared = 0;  ///< bytes that take no room of their own
};

/// Calls `out` with the image's verified bytes, in order; returns when all are verified as a whole.
using ReadImage = std::function<void(const std::function<void(std::string_view)>& out)>;

/// `remember` is told the facts before the export gets its name: what it throws ends the work, and nothing is left.
/// Error{usage, "in-the-way"}: something stands at the place. The errors of give_access, and what `read` throws.
Put put_image(const Order& order, const ReadImage& read, const std::function<void(const Facts&)>& remember);

/// Whether what is at the place is what the image gives with this owner and mode, to the last byte, but for the members that may
/// change. Unpacks the image beside it for that, and leaves nothing. The errors of give_access, and what `read`
/// throws.
bool is_as_unpacked(const Order& order, const ReadImage& read);

/// Gives owner and mode to an export that is there, but for the members that may change; tells its facts once they are durable.
/// The errors of give_access.
void change_access(const Order& order, const std::function<void(const Facts&)>& remember);

}  // namespace ingot::exports
