#include "reconciler/command/trust/upload_published.hpp"

#include <fmt/format.h>

#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"

namespace ingot::command {

apply::UploadContext upload_context(site::Site& site, const console::Session& session) {
  return {.state = site.state, .store = site.store, .files = site.files, .clock = session.clock};
}

bool upload_published(site::Site& site, const console::Session& session) {
  bool all = true;
  for (const UploadEntry& entry : site.manifest.uploads) {
    try {
      apply::UploadPlace(entry, upload_context(site, session))
          .upload({.parallel = site.manifest.limits.parallel, .progress = {}, .may_go_on = io::throw_if_interrupted});
    } catch (const Error& error) {  // what was published is published: the next apply uploads it
      if (error.fault() != Fault::incomplete && error.fault() != Fault::manifest) throw;
      session.warn(io::printable(
          fmt::format("upload.{}: {}{}{}", entry.name.text(), error.text(), error.mend().empty() ? "" : "; ", error.mend())));
      all = false;
    }
  }
  return all;
}

}  // namespace ingot::command
