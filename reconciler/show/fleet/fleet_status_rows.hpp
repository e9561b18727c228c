// What is shown of fleet status in every format for people: the words of a cell, and who wants what and why.
#pragma once

#include <string>
#include <vector>

#include "reconciler/fleet/fleet_status.hpp"
#include "schema/text/quantity.hpp"

namespace ingot::show {

struct FleetStatus {
  const std::vector<fleet::FleetWord>& servers;
  const std::vector<fleet::FleetImage>& images;
  Time now;
  bool every_want = false;  ///< show also what is here and wanted, and what is not wanted; else only what is missing
};

/// "present, wanted", "waiting, wanted", "absent, not wanted", "present" if nobody knows whether it is wanted.
std::string holding_text(const fleet::FleetHolding& held);

/// An image on a server, wanted or not, in printable words.
struct WantRow {
  std::string server;
  std::string image;
  std::string origin;
  std::string state;   ///< "present", "waiting" …
  std::string wanted;  ///< "yes", "no", "unknown"
  std::string why;     ///< the rule with its place, or why the rule leaves it out
  bool is_lacking = false;
};
/// What is missing comes first. Own images are not among them.
std::vector<WantRow> want_rows(const FleetStatus& status);

/// Server, answer, serial, when it was signed, its age, whether its wants are published, and what is wrong with it: printable.
std::vector<std::string> server_row(const fleet::FleetWord& server, Time now);

/// A sentence that names the servers of which nobody knows what they want; "": there are none.
std::string unknown_wants(const std::vector<fleet::FleetWord>& servers);

}  // namespace ingot::show
