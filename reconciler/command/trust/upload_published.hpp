// Stores of the manifest in commands beside apply: what was published goes there as well.
#pragma once

#include "reconciler/apply/uploads/uploads.hpp"
#include "reconciler/site/site.hpp"

namespace ingot::command {

/// How a command beside apply uses stores: within the bandwidth and the requests at once that hold for it, until a signal comes.
class Uploads {
 public:
  /// Both outlive it, and it outlives its places.
  Uploads(site::Site& site, const console::Session& session);
  /// Throws as UploadPlace's constructor does.
  apply::UploadPlace place(const UploadEntry& entry);
  upload::UploadOptions options() const;

 private:
  site::Site& site_;
  const console::Session& session_;
  io::Throttle throttle_;
};

/// To each [[upload]]. One that fails is told as a warning and holds none up; false: there was such a one.
bool upload_published(site::Site& site, const console::Session& session);

}  // namespace ingot::command
