// What was published beside an apply goes to the stores of the manifest as well.
#pragma once

#include "reconciler/apply/uploads/uploads.hpp"
#include "reconciler/site/site.hpp"

namespace ingot::command {

apply::UploadContext upload_context(site::Site& site, const console::Session& session);

/// To each [[upload]]. One that fails is told as a warning and holds none up; false: there was such a one.
bool upload_published(site::Site& site, const console::Session& session);

}  // namespace ingot::command
