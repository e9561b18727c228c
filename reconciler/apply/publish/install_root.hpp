// A next root that enough keys have signed becomes the newest, and a head is signed under it at once. The root is durable
// before a head names it; a run that dies in between leaves the old head, and the next publication signs a new one.
#pragma once

#include <string_view>

#include "reconciler/apply/publish/publish.hpp"
#include "reconciler/io/disk/files.hpp"

namespace ingot::apply {

/// Error{refused}: it is not the next root, or its signatures do not suffice, or it is over, or its catalog keys are not here:
/// then nothing was changed. The newest root once more is fine. A root that revokes keys counts whatever is published: the
/// catalog is made of the state alone. If the published one lists images that the state does not know, Error{refused} "disowned"
/// names them, unless `disown`.
PublishedNow install_root(std::string_view envelope, state::State& state, store::Store& store, io::Files& files,
                          const ServerSection& server, io::Clock& clock, bool disown = false);

}  // namespace ingot::apply
