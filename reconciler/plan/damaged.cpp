#include "reconciler/plan/damaged.hpp"

#include <fmt/format.h>

namespace ingot::plan {

std::string what_is_damaged(const DamagedImage& image) {
  return fmt::format("its file \"{}\" of the store {}", image.path, image.why);
}

std::string how_to_mend(const DamagedImage& image) {
  // Nothing is taken away for it: what is taken out may not come back. The same bits are one file, whatever bears them; a copy
  // of the whole entry keeps its `exclude` and `digest`, and a private one tells no peer.
  return image.copy ? "\"ingot verify --repair\" fetches it again if a peer that can be had still offers these bits; or put the "
                      "file back from a backup"
                    : "put its source back as it was when it was added, and run \"ingot verify --repair\"; or put the file back "
                      "from a backup, or add a copy of "
                      "its [[image]] with the same source under another name, with `private = true`: the same bits serve both, "
                      "and it can be taken out again";
}

}  // namespace ingot::plan
