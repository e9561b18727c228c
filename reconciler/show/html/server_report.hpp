// The report of one server: bytes copied, the growth of its store and when its disk is full, failures.
#pragma once

#include <optional>

#include "reconciler/history/usage.hpp"
#include "reconciler/plan/observed.hpp"
#include "reconciler/show/format/output.hpp"
#include "schema/catalog/serial.hpp"
#include "schema/digest.hpp"
#include "schema/names.hpp"
#include "schema/text/quantity.hpp"

namespace ingot::show {

struct ServerReport {
  ServerName server;
  ServerId id;
  Time now;
  Serial serial = 0;            ///< of the published head; 0: none
  std::optional<Time> expires;  ///< of that head
  plan::DiskView disk;
  std::uint64_t min_free = 0;  ///< bytes that copies leave free
  history::Usage usage;
};

/// One HTML file. The same report gives the same bytes.
void show_server_report(const ServerReport& report, Output& out);

}  // namespace ingot::show
