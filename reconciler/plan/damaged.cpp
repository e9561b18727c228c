#include "reconciler/plan/damaged.hpp"

#include <fmt/format.h>

namespace ingot::plan {

std::string what_is_damaged(const DamagedImage& image) {
  return fmt::format("its file \"{}\" of the store {}", image.path, image.why);
}

std::string how_to_mend(const DamagedImage& image) {
  // Nothing is taken away for it: what is taken out may not come back. The same bits are one file, whatever bears them; a copy
  // of the whole entry keeps its `exclude` and `digest`, and a private one tells no peer.
  return image.copy ? "\"ingot verify --repair\" fetches it again if a reachable peer still offers these bytes; or restore the "
                      "file from a backup"
                    : "restore its source as it was when it was added, and run \"ingot verify --repair\"; or restore the file "
                      "from a backup; or add a copy of its [[image]] with the same source, another name and `private = true`: "
                      "both use the same bytes, and the copy can be removed again";
}

}  // namespace ingot::plan
