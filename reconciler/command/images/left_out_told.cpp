#include "reconciler/command/images/left_out_told.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include "schema/exit_code.hpp"

namespace ingot::command {

int tell_left_out(const transfer::LeftOut& left_out, bool no_special, const console::Session& session) {
  if (const std::uint64_t owners = left_out.count(transfer::Property::owner); owners > 0)
    session.tell(fmt::format("owners of {} members were not restored: {}", owners,
                             geteuid() == 0 ? "the file system cannot keep them" : "only root may change owners"));
  if (left_out.total_but_owners() == 0) return exit_done;
  session.tell("lost: " + left_out.text());
  if (no_special) return exit_done;
  session.tell("hint: unpack it as root, or on another file system; or use --no-special if the image works without them");
  return exit_incomplete;
}

}  // namespace ingot::command
