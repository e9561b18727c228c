#include "reconciler/command/trust/upload_published.hpp"

#include <fmt/format.h>

#include "reconciler/io/interrupt.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"

namespace ingot::command {

Uploads::Uploads(site::Site& site, const console::Session& session)
    : site_(site), session_(session), throttle_(session.clock, site.manifest.limits.bandwidth) {}

apply::UploadPlace Uploads::place(const UploadEntry& entry) {
  return {entry,
          {.state = site_.state, .store = site_.store, .files = site_.files, .clock = session_.clock},
          apply::manner_with(throttle_, io::throw_if_interrupted)};
}

upload::UploadOptions Uploads::options() const {
  return {.parallel = session_.flags.parallel.value_or(site_.manifest.limits.parallel),
          .progress = {},
          .may_go_on = io::throw_if_interrupted};
}

bool upload_published(site::Site& site, const console::Session& session) {
  Uploads uploads(site, session);
  bool all = true;
  for (const UploadEntry& entry : site.manifest.uploads) {
    try {
      uploads.place(entry).upload(uploads.options());
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
